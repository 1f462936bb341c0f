// Vector loops that oneDNN has no fused form for, one source compiled per instruction set.
//
// Conventions, for every function of the table:
// - Buffers never overlap unless a comment says "in place allowed"; none needs alignment.
// - Results are the same bits for every variant (except for dense layers in Float32 and products of matrices, see there):
//   floating contraction is off, reductions run over 16 fixed lanes in Float64 and are folded in one fixed order, and
//   transcendental functions are our own polynomials rather than libm's. (NaN's sign and payload are not promised.)
// - A count of zero is valid and writes nothing (sums write zeros).
//
// Activation layout. A 4-D activation (n, c, h, w) is stored as [n][ceil(c/b)][h*w][b] for a channel
// block b: b = 1 is plain NCHW, b = 8 or 16 is oneDNN's nChw8c / nChw16c, whose padded channels hold
// zeros and must be written as zeros. A 2-D activation (n, c) is b = c, hw = 1.
//
// Activations stored as bfloat16 are the upper halves of Float32. A kernel computes on them what it computes on the same
// values in Float32, and rounds each result once when it is stored: to the nearest, ties to even, subnormal numbers kept,
// NaN staying NaN. The forms _bf16, and those that take dt_activation or a flag, read and write them.
#ifndef DTRAIN_CKERNELS_H
#define DTRAIN_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "Philox.h"
#include "UpdateRules.h"

typedef enum { DT_ISA_BASELINE = 0, DT_ISA_AVX2 = 1, DT_ISA_AVX512 = 2 } dt_isa;

// n examples, c real channels, hw pixels per channel, block b as described above; bfloat16: how the activations of a
// call are stored, all of them (see there). Coefficients, moments, sums and parameters are not activations.
typedef struct {
    int64_t n, c, hw, block;
    bool bfloat16;
} dt_activation;

// A pooling window over an activation: input (h, w), output (oh, ow), square or not.
typedef struct {
    int64_t h, w, oh, ow;
    int64_t kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
} dt_window;

typedef enum {
    DT_NEGATE, DT_EXP, DT_LOG, DT_SQRT, DT_RECIPROCAL, DT_TANH, DT_SIGMOID, DT_ERF,
    DT_RELU,        // x <= 0 ? 0 : x, so NaN stays
    DT_STEP,        // x > 0 ? 1 : 0
    DT_SIGN,        // -1, 0, 1; NaN stays
    DT_ABS, DT_SQUARE,
    DT_LEAKY_RELU,  // x > 0 ? x : p*x
    DT_GELU,        // x/2 (1 + erf(x/sqrt 2))
    DT_SOFTPLUS,    // log(1 + exp(x))
    DT_CLAMP,       // x held between -p and p; NaN stays
    DT_SCALE,       // p*x
    DT_OFFSET,      // x + p
    DT_SIN, DT_COS,
    DT_POWER_OF,    // x^p, as DT_POWER
} dt_unary;

// The gradient forms take a as stated and b = dy, and give dx.
typedef enum {
    DT_ADD, DT_SUBTRACT, DT_MULTIPLY, DT_DIVIDE,
    DT_MAXIMUM,              // NaN if either is NaN
    DT_RELU_GRADIENT,        // a = y (or x): a > 0 ? b : 0
    DT_LEAKY_RELU_GRADIENT,  // a = x: a > 0 ? b : p*b
    DT_SIGMOID_GRADIENT,     // a = y: b*a*(1-a)
    DT_TANH_GRADIENT,        // a = y: b*(1-a*a)
    DT_GELU_GRADIENT,        // a = x: b*(Phi(a) + a*phi(a))
    DT_POWER,                // a^b by the rules of C's pow: NaN of a negative number unless b is an integer, 1 if b is 0
    DT_MINIMUM,              // NaN if either is NaN
    DT_LESS, DT_LESS_EQUAL, DT_EQUAL,  // 1 or 0, which it is of NaN
} dt_binary;

// A shard's operands of a dense layer's weight gradient: output gradients dy in columns, and inputs, of which feature c
// of example i is x[c/32*strip_stride + i*row_stride + c%32]: strips, or whole rows.
typedef struct {
    const float *x, *dy;
    int64_t m, row_stride, strip_stride;
} dt_dense_shard;

// What stands around the middle axis: zeros, or the elements that torch.nn.functional.pad repeats there.
typedef enum { DT_PAD_ZERO, DT_PAD_REFLECT, DT_PAD_REPLICATE, DT_PAD_CIRCULAR } dt_padding;

// Bytes of scratch memory that batch_matmul needs, whatever the number of products.
static inline int64_t dt_batch_matmul_scratch(int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b) {
    (void)m, (void)n, (void)transpose_a, (void)transpose_b;
    return k * 32 * (int64_t)sizeof(float);
}

// Attention of `heads` heads of head_dim features: example n's queries stand at positions n*queries ..< (n+1)*queries
// of rows of padded_queries elements, its keys likewise, and head h's features are rows h*head_dim ..< (h+1)*head_dim.
typedef struct {
    int64_t examples, queries, keys, heads, head_dim, padded_queries, padded_keys;
    bool causal;  // Query i sees keys 0 ... i only; there are as many queries as keys.
    // Each example's own numbers of queries (0 or more) and of keys (1 or more), NULL for all of them.
    const int32_t *query_lengths, *key_lengths;
    // Dropout of weights, none at rate 0: the weight of query i and key j is element (head*queries + i)*keys + j of
    // dropout's mask for the example. At rate 0 indices may be NULL.
    float rate;
    dt_philox_key key;
    uint32_t tag;
    const int64_t *indices;
} dt_attention;

// Keys and queries that attention works on at once.
enum { DT_ATTENTION_KEYS = 128, DT_ATTENTION_QUERIES = 32 };

// Bytes of scratch memory that attention and its gradient need: four copies of a head's keys, and little more.
static inline int64_t dt_attention_scratch(const dt_attention *a) {
    const int64_t width = (a->head_dim + 15) / 16 * 16, tile = DT_ATTENTION_KEYS * (int64_t)DT_ATTENTION_QUERIES;
    const int64_t keys = (a->keys + DT_ATTENTION_KEYS - 1) / DT_ATTENTION_KEYS * DT_ATTENTION_KEYS;
    const int64_t blocks = 4 * keys * width + 5 * width * DT_ATTENTION_QUERIES, lines = 16 * (DT_ATTENTION_KEYS + 48);
    return (blocks + 3 * tile + lines + 16) * (int64_t)sizeof(float);
}

// Doubles of scratch memory that the gradient of a norm on columns of k features needs.
static inline int64_t dt_norm_columns_scratch(int64_t k) { return 32 * k; }

// Doubles of scratch memory that group norm needs for c channels, which are `padded` with padding.
static inline int64_t dt_group_norm_scratch(int64_t c, int64_t padded) { return 1 + 6 * c + 4 * padded; }

// The most values that a tree over shards keeps at once.
enum { DT_DENSE_DEPTH = 24 };

// One direction of one recurrent layer, with torch's formulas and order of gates (LSTM i, f, g, o; GRU r, z, n), whose
// state is zero before the first step.
typedef enum { DT_RNN_TANH, DT_RNN_RELU, DT_LSTM, DT_GRU } dt_recurrent_kind;

// T steps of N examples; reversed walks from the last step to the first. lengths[n], 0 ... T, are the steps of example
// n: from there on its state and its output are zero, so that a reversed walk begins at its own last step. NULL: all T.
typedef struct {
    dt_recurrent_kind kind;
    int64_t steps, examples, inputs, hidden;
    bool reversed;
    const int32_t *lengths;
    // [N][H]: h, and an LSTM's c, from which the walk begins; NULL for zeros.
    const float *first_state, *first_cell;
} dt_recurrent;

// G, the gates, each with rows of its own in weights and biases.
static inline int64_t dt_recurrent_gates(dt_recurrent_kind kind) { return kind == DT_LSTM ? 4 : kind == DT_GRU ? 3 : 1; }

// What the gradient needs of a unit at a step: the gates and the cell's state of an LSTM; the gates and the state's part
// of the n gate of a GRU.
static inline int64_t dt_recurrent_reserve_rows(dt_recurrent_kind kind) {
    return kind == DT_LSTM ? 5 : kind == DT_GRU ? 4 : 0;
}

// Floats of the reserve, [T][N][reserve rows][U], U = H rounded up to 16.
static inline int64_t dt_recurrent_reserve(const dt_recurrent *r) {
    return r->steps * r->examples * dt_recurrent_reserve_rows(r->kind) * ((r->hidden + 15) / 16 * 16);
}

// Steps whose inputs are multiplied together.
static inline int64_t dt_recurrent_block(const dt_recurrent *r) {
    return r->examples < 1 || r->examples > 32 ? 1 : 32 / r->examples;
}

// Bytes of scratch memory that either direction needs: packed weights, and rows of a few steps.
static inline int64_t dt_recurrent_scratch(const dt_recurrent *r) {
    const int64_t padded = (r->hidden + 15) / 16 * 16, columns = dt_recurrent_gates(r->kind) * padded;
    const int64_t forward = (r->inputs + r->hidden) * columns + 4 * padded
        + r->examples * (2 * padded + 16 + dt_recurrent_block(r) * (4 * padded + 16));
    const int64_t gradient = columns * padded + r->examples * (columns + 16 + 2 * padded);
    return (forward > gradient ? forward : gradient) * 4 + 64;
}

// Rows and columns of a tile of correlations, and the examples that are whitened together.
enum { DT_TILE = 64, DT_WHITEN_GROUP = 8 };

typedef struct dt_kernels {
    dt_isa isa;

    // ---- element-wise; in place allowed (y may be x, a or b) ----
    void (*unary)(dt_unary op, int64_t count, const float *x, float p, float *y);
    void (*binary)(dt_binary op, int64_t count, const float *a, const float *b, float p, float *y);
    void (*unary_bf16)(dt_unary op, int64_t count, const uint16_t *x, float p, uint16_t *y);
    void (*binary_bf16)(dt_binary op, int64_t count, const uint16_t *a, const uint16_t *b, float p, uint16_t *y);
    void (*unary_f64)(dt_unary op, int64_t count, const double *x, double p, double *y);
    void (*binary_f64)(dt_binary op, int64_t count, const double *a, const double *b, double p, double *y);
    void (*fill)(int64_t count, float value, float *y);
    // y = condition != 0 ? a : b; in place allowed (y may be any of the three).
    void (*select)(int64_t count, const float *condition, const float *a, const float *b, float *y);
    void (*to_f64)(int64_t count, const float *x, double *y);
    void (*to_f32)(int64_t count, const double *x, float *y);
    // Rounds; y may start where x does.
    void (*to_bf16)(int64_t count, const float *x, uint16_t *y);
    // x may be the upper half of y, so that both end together.
    void (*from_bf16)(int64_t count, const uint16_t *x, float *y);

    // ---- shape: x viewed as [outer][middle][inner] ----
    void (*sum_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, float *y);   // y [outer][inner], Float64 inside
    void (*sum_middle_f64)(const double *x, int64_t outer, int64_t middle, int64_t inner, double *y);
    void (*sum_middle_bf16)(const uint16_t *x, int64_t outer, int64_t middle, int64_t inner, float *y);
    // The largest, NaN if one is NaN, -infinity over an empty middle.
    void (*max_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, float *y);
    void (*repeat_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, float *y); // x [outer][inner] -> y [outer][middle][inner]
    void (*repeat_middle_f64)(const double *x, int64_t outer, int64_t middle, int64_t inner, double *y);
    // y = x + bias[middle], then ReLU if asked; in place allowed.
    void (*bias_add)(const float *x, const float *bias, int64_t outer, int64_t middle, int64_t inner, bool relu, float *y);
    void (*bias_add_bf16)(const uint16_t *x, const float *bias, int64_t outer, int64_t middle, int64_t inner, bool relu, uint16_t *y);
    // y has dimension d of size shape[permutation[d]]; rank at most 6.
    void (*permute)(const float *x, int rank, const int64_t *shape, const int64_t *permutation, float *y);

    // ---- moves along the middle axis of [outer][middle][inner] ----
    // y [outer][count][inner] = places first ..< first + count of x.
    void (*slice_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, int64_t first, int64_t count, float *y);
    void (*slice_middle_bf16)(const uint16_t *x, int64_t outer, int64_t middle, int64_t inner, int64_t first, int64_t count, uint16_t *y);
    // Places first ..< first + middle of y [outer][total][inner] = x; the rest of y stays.
    void (*place_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, int64_t total, int64_t first, float *y);
    void (*place_middle_bf16)(const uint16_t *x, int64_t outer, int64_t middle, int64_t inner, int64_t total, int64_t first, uint16_t *y);
    // y [outer][before + middle + after][inner]; before and after are below middle to reflect, at most middle to go round.
    void (*pad_middle)(const float *x, int64_t outer, int64_t middle, int64_t inner, int64_t before, int64_t after, dt_padding mode, float *y);
    void (*pad_middle_bf16)(const uint16_t *x, int64_t outer, int64_t middle, int64_t inner, int64_t before, int64_t after, dt_padding mode, uint16_t *y);
    // dx [outer][middle][inner] from dy of pad_middle's y: an element's own gradient plus those of its repetitions in order,
    // added in Float32.
    void (*pad_middle_gradient)(const float *dy, int64_t outer, int64_t middle, int64_t inner, int64_t before, int64_t after, dt_padding mode, float *dx);
    // y = the sum of x up to each place, or from it on if reversed, added in that order in Float64; in place allowed.
    void (*cumulative_sum)(const float *x, int64_t outer, int64_t middle, int64_t inner, bool reversed, float *y);

    // ---- rows of a table by number; one below 0 or beyond the last is no row ----
    // y[i] = table[indices[i]], or zeros; rows are width elements.
    void (*gather_rows)(const float *table, int64_t rows, int64_t width, const int32_t *indices, int64_t count, float *y);
    void (*gather_rows_bf16)(const uint16_t *table, int64_t rows, int64_t width, const int32_t *indices, int64_t count, uint16_t *y);
    // table [rows][width] = zeros, then table[indices[i]] += dy[i] in order.
    void (*scatter_add_rows)(const float *dy, const int32_t *indices, int64_t count, int64_t width, int64_t rows, float *table);

    // ---- c[i] [m][n] = op(a[i]) op(b[i]) for `batches` products, op being the transpose where told: a is [m][k] or [k][m],
    // b is [k][n] or [n][k]. An element is the sum that dense layers compute, so here too baseline's bits differ. scratch
    // holds dt_batch_matmul_scratch(m, n, k, transpose_a, transpose_b) bytes. ----
    void (*batch_matmul)(const float *a, const float *b, int64_t batches, int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b, void *scratch, float *c);

    // ---- dense layers on m examples; weights w and dw row-major [n][k], n outputs and k inputs. Activations stand in
    // columns: [k][P], P = m rounded up to 16, the padded examples being unspecified. An element is the sum of chunks
    // of 256 neighbouring terms, each a chain of fused multiply-adds from zero in order, whatever m is. The baseline
    // variant, which has no such instruction, rounds every product: here its bits differ from the others'. ----
    // y [n][P] = relu?(w x + bias), bias may be NULL.
    void (*dense_forward)(const float *x, const float *w, const float *bias, int64_t m, int64_t n, int64_t k, bool relu, float *y);
    // dx [k][P] = w^T dy
    void (*dense_input_gradient)(const float *dy, const float *w, int64_t m, int64_t n, int64_t k, float *dx);
    // Rows n0 ..< n1 of dw: dy x^T of each shard, one chain over its examples, combined by a postfix program over the
    // shards: s >= 0 pushes shard s, -1 adds the two topmost; at most DT_DENSE_DEPTH values at a time. With
    // `rounds` every shard's part and every sum is rounded as add_bfloat16 does. Each element is written once, past the
    // caches if it streams. Unless k is a multiple of 16, x must be in strips.
    void (*dense_weight_gradient)(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0, int64_t n1, int64_t k, bool rounds, bool streams, float *dw);
    // db[j] = the sum of row j of dy over its m examples, Float64 inside.
    void (*dense_bias_gradient)(const float *dy, int64_t m, int64_t n, float *db);
    // Conversions between row-major [m][k] (rows), columns, whose padding becomes zero, and strips [ceil(k/32)][m][32],
    // whose columns behind k are zero.
    void (*rows_to_columns)(const float *x, int64_t m, int64_t k, float *y);
    void (*columns_to_rows)(const float *x, int64_t m, int64_t k, float *y);
    void (*rows_to_strips)(const float *x, int64_t m, int64_t k, float *y);
    void (*columns_to_strips)(const float *x, int64_t m, int64_t k, float *y);

    // ---- the same on bfloat16 operands (uint16_t), sums in Float32. Two terms of a sum are one *pair*, multiplied and
    // added as vdpbf16ps does: the second term, then the first, each sum rounded once, denormal numbers counting as zero. An
    // element is the sum of chunks of 256 pairs, each a chain from zero. All variants have the same bits. Layouts, m examples
    // and k features:
    // pairs [ceil(k/2)][P][2], a feature behind k being zero; strips [ceil(k/32)][ceil(m/2)][32][2], pairs of examples,
    // zeros behind m and k; transposed [k][P], zeros behind m. ----
    // y [n][P] = relu?(w x + bias), bias may be NULL, from x in pairs and weights in rows; y is bfloat16 in pairs, or Float32.
    void (*dense_forward_bf16)(const uint16_t *x, const uint16_t *rows, const float *bias, int64_t m, int64_t n, int64_t k, bool relu, bool in_pairs, void *y);
    // dx = w^T dy, both in pairs, from weights in panels.
    void (*dense_input_gradient_bf16)(const uint16_t *dy, const uint16_t *panels, int64_t m, int64_t n, int64_t k, uint16_t *dx);
    // dense_weight_gradient from x in strips and dy transposed; the strides of a shard count pairs.
    void (*dense_weight_gradient_bf16)(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0, int64_t n1, int64_t k, bool rounds, bool streams, float *dw);
    // dense_bias_gradient of dy transposed.
    void (*dense_bias_gradient_bf16)(const uint16_t *dy, int64_t m, int64_t n, float *db);
    // Weights w [n][k] rounded to rows [n][ceil(k/2)][2], a weight behind k being zero, and pairs first ..< end of
    // rows packed to panels, which hold k*ceil(n/2) pairs.
    void (*round_weights)(const float *w, int64_t n, int64_t k, uint16_t *rows);
    void (*pack_weights)(const uint16_t *rows, int64_t n, int64_t k, int64_t first, int64_t end, uint16_t *panels);
    // Conversions between bfloat16 rows [m][k], pairs, whose padding becomes zero, strips and transposed.
    void (*rows_to_pairs)(const uint16_t *x, int64_t m, int64_t k, uint16_t *y);
    void (*pairs_to_rows)(const uint16_t *x, int64_t m, int64_t k, uint16_t *y);
    void (*pairs_to_transposed)(const uint16_t *x, int64_t m, int64_t k, uint16_t *y);
    void (*rows_to_strips_bf16)(const uint16_t *x, int64_t m, int64_t k, uint16_t *y);
    void (*pairs_to_strips)(const uint16_t *x, int64_t m, int64_t k, uint16_t *y);

    // ---- recurrent layers; x [T][N][F], y and dy [T][N][H], w_ih [G*H][F], w_hh [G*H][H], b_ih and b_hh [G*H] or NULL;
    // scratch has dt_recurrent_scratch bytes. An example's results are the same bits whatever stands beside it, and, as of
    // dense layers, differ in the baseline variant. ----
    // y and, unless it is NULL, the reserve of dt_recurrent_reserve floats, which the gradient reads.
    void (*recurrent)(const dt_recurrent *r, const float *x, const float *w_ih, const float *w_hh, const float *b_ih, const float *b_hh, float *y, float *reserve, void *scratch);
    // dgates [T][N][G*H], the gradient of w_ih x + b_ih, and dhidden, that of w_hh h + b_hh, both zero where an example is
    // over. Only a GRU's differ: dhidden is NULL for the others, and so may be the reserve where it has no floats.
    void (*recurrent_gradient)(const dt_recurrent *r, const float *w_hh, const float *y, const float *reserve, const float *dy, float *dgates, float *dhidden, void *scratch);

    // ---- rows: x [n][k]; one whose label is negative has no loss, no gradient, and is not correct ----
    void (*softmax)(const float *x, int64_t n, int64_t k, float *y);
    void (*log_softmax)(const float *x, int64_t n, int64_t k, float *y);
    void (*softmax_gradient)(const float *y, const float *dy, int64_t n, int64_t k, float *dx);      // dx = y*(dy - sum(dy*y))
    void (*log_softmax_gradient)(const float *y, const float *dy, int64_t n, int64_t k, float *dx);  // dx = dy - exp(y)*sum(dy)
    // loss[i] = logsumexp(x[i]) - x[i][label[i]]
    void (*cross_entropy)(const float *x, const int32_t *labels, int64_t n, int64_t k, float *loss);
    // dx[i][j] = dloss[i]*(softmax(x[i])[j] - (j == label[i]))
    void (*cross_entropy_gradient)(const float *x, const int32_t *labels, const float *dloss, int64_t n, int64_t k, float *dx);
    void (*one_hot)(const int32_t *labels, int64_t n, int64_t k, float *y);
    // The number of rows whose first largest element stands at the label. NaN counts as largest.
    double (*count_correct)(const float *x, const int32_t *labels, int64_t n, int64_t k);

    // ---- dropout: example i's element e (0 <= e < width) is kept when word e%4 of
    // philox(key, {e/4, tag, low half of examples[i], high half}) is >= rate*2^32;
    // the mask is 0 or 1/(1-rate), rounded once from Float64 ----
    void (*dropout_mask)(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width, float rate, float *mask);
    void (*dropout)(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width, float rate, const float *x, float *y); // y = x*mask; in place allowed
    void (*dropout_bf16)(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width, float rate, const uint16_t *x, uint16_t *y);

    // ---- batch norm; P = padded channels = ceil(c/block)*block ----
    // moments[1 + 2c]: count, mean per channel, M2 per channel.
    void (*channel_moments)(const void *x, dt_activation l, double *moments);
    // coefficients[5*P]: mean rounded to Float32 (hi), mean - hi (lo), 1/sqrt(M2/count + eps), gamma*inv_std, beta;
    // gamma or beta may be NULL (1 and 0); padded channels get zeros.
    void (*batch_norm_coefficients)(const double *moments, const float *gamma, const float *beta, double eps, int64_t c, int64_t padded, float *coefficients);
    // The same from running statistics: hi = mean, lo = 0, inv_std from variance.
    void (*batch_norm_running_coefficients)(const float *mean, const float *variance, const float *gamma, const float *beta, double eps, int64_t c, int64_t padded, float *coefficients);
    // y = ((x-hi)-lo)*scale + beta, then ReLU if asked; in place allowed.
    void (*batch_norm)(const void *x, dt_activation l, const float *coefficients, bool relu, void *y);
    // sums[2c]: sum of dy', then of dy'*xhat, dy' = dy where y > 0 (recomputed from x) if relu, else dy.
    void (*batch_norm_gradient_sums)(const void *x, const void *dy, dt_activation l, const float *coefficients, bool relu, double *sums);
    // means[2*P] = sums/count, padded with zeros.
    void (*batch_norm_gradient_means)(const double *sums, double count, int64_t c, int64_t padded, float *means);
    // dx = scale*(dy' - mean(dy') - xhat*mean(dy'*xhat)); in place allowed (dx may be dy).
    void (*batch_norm_gradient)(const void *x, const void *dy, dt_activation l, const float *coefficients, const float *means, bool relu, void *dx);
    // y = batch_norm(x) + addend, then ReLU if asked; in place allowed (y may be x or addend).
    void (*batch_norm_add)(const void *x, const void *addend, dt_activation l, const float *coefficients, bool relu, void *y);
    // passed = dy where y > 0, and batch_norm_gradient_sums of it without ReLU; in place allowed (passed may be dy).
    void (*batch_norm_add_gradient_sums)(const void *x, const void *y, const void *dy, dt_activation l, const float *coefficients, void *passed, double *sums);
    // out = a merged with b; [1 + 2c] each; an empty part (count 0) returns the other unchanged; in place allowed.
    void (*merge_moments)(const double *a, const double *b, int64_t c, double *out);

    // ---- group norm: every example's groups of c/groups neighbouring channels have moments of their own; as many
    // groups as channels make instance norm. scratch holds dt_group_norm_scratch(c, P) doubles. ----
    // y = (x - mean)/sqrt(variance + eps)*gamma + beta, then ReLU if asked; in place allowed.
    void (*group_norm)(const void *x, dt_activation l, int64_t groups, const float *gamma, const float *beta, double eps, bool relu, double *scratch, void *y);
    // dx, dgamma[c] and dbeta[c], dy' = dy where y > 0 (recomputed from x) if relu; in place allowed (dx may be dy).
    void (*group_norm_gradient)(const void *x, const void *dy, dt_activation l, int64_t groups, const float *gamma, const float *beta, double eps, bool relu, double *scratch, void *dx, float *dgamma, float *dbeta);

    // ---- layer norm: rows of x [n][k] have moments of their own; gamma and beta [k] ----
    // y = (x - mean)/sqrt(variance + eps)*gamma + beta; in place allowed.
    void (*layer_norm)(const float *x, const float *gamma, const float *beta, double eps, int64_t n, int64_t k, float *y);
    void (*layer_norm_bf16)(const uint16_t *x, const float *gamma, const float *beta, double eps, int64_t n, int64_t k, uint16_t *y);
    // dx, dgamma[k] and dbeta[k], the last two unless dgamma is NULL; scratch holds 3*n floats.
    void (*layer_norm_gradient)(const float *x, const float *dy, const float *gamma, double eps, int64_t n, int64_t k, float *scratch, float *dx, float *dgamma, float *dbeta);
    void (*layer_norm_gradient_bf16)(const uint16_t *x, const uint16_t *dy, const float *gamma, double eps, int64_t n, int64_t k, float *scratch, uint16_t *dx, float *dgamma, float *dbeta);

    // y = x/sqrt(mean(x^2) + eps)*gamma, gamma may be NULL; in place allowed.
    void (*rms_norm)(const float *x, const float *gamma, double eps, int64_t n, int64_t k, float *y);
    // dx, and dgamma[k] unless it is NULL; scratch holds n floats; in place allowed (dx may be dy) if dgamma is NULL.
    void (*rms_norm_gradient)(const float *x, const float *dy, const float *gamma, double eps, int64_t n, int64_t k, float *scratch, float *dx, float *dgamma);

    // ---- the same on columns [k][P] of `rows` positions, P = rows rounded up to 16; padding is unspecified. gamma and
    // beta may be NULL (1 and 0). Moments are chains over features in Float64, where rows have 16 lanes. ----
    // In place allowed.
    void (*layer_norm_columns)(const float *x, const float *gamma, const float *beta, double eps, int64_t rows, int64_t k, float *y);
    void (*rms_norm_columns)(const float *x, const float *gamma, double eps, int64_t rows, int64_t k, float *y);
    // dx, and unless NULL dgamma[k] and dbeta[k], sums in Float64 over 16 lanes of positions; scratch holds
    // dt_norm_columns_scratch(k) doubles and may be NULL if no sums are wanted; in place allowed (dx may be dy or x).
    void (*layer_norm_columns_gradient)(const float *x, const float *dy, const float *gamma, double eps, int64_t rows, int64_t k, double *scratch, float *dx, float *dgamma, float *dbeta);
    void (*rms_norm_columns_gradient)(const float *x, const float *dy, const float *gamma, double eps, int64_t rows, int64_t k, double *scratch, float *dx, float *dgamma);

    // ---- attention on columns: weights p = softmax of q^T k/sqrt(head_dim) over the keys a query sees, y = v p. q, y,
    // dq [heads*head_dim][padded_queries]; k, v, dk, dv [heads*head_dim][padded_keys]; padding is neither read nor
    // written. An example's results depend on that example alone, bit for bit. Products are fused as in dense layers
    // and exponentials are exp_f32's, so the baseline's bits differ. Where an example has no queries or keys,
    // results are zeros, and its values are not read. scratch holds dt_attention_scratch(a) bytes. ----
    // lse [examples][heads][queries] = log of the sum of exp of scores, not wanted if NULL; in place allowed (y may be
    // q).
    void (*attention)(const dt_attention *a, const float *q, const float *k, const float *v, float *y, float *lse, void *scratch);
    // From y and lse of attention; in place allowed (dq, dk and dv may be q, k and v, or dq may be dy).
    void (*attention_gradient)(const dt_attention *a, const float *q, const float *k, const float *v, const float *y, const float *lse, const float *dy, float *dq, float *dk, float *dv, void *scratch);

    // ---- pooling on an activation; h*w = l.hw is the input's ----
    // y = the window's first largest element (padding never wins; NaN wins), indices = its offset kh*kernel_w + kw.
    // Paddings are below the kernel's sizes, so that every window sees the input, and a kernel has at most 256 taps.
    void (*max_pool)(const void *x, dt_activation l, dt_window w, void *y, uint8_t *indices);
    // x[window position indices[o]] += dy[o]; dx is zeroed first. The adjoint of max_pool_gather.
    void (*max_pool_scatter)(const void *dy, const uint8_t *indices, dt_activation l, dt_window w, void *dx);
    void (*max_pool_gather)(const void *x, const uint8_t *indices, dt_activation l, dt_window w, void *y);
    // Mean over the window, padding counted as zeros (torch's count_include_pad=True).
    void (*average_pool)(const void *x, dt_activation l, dt_window w, void *y);
    void (*average_pool_scatter)(const void *dy, dt_activation l, dt_window w, void *dx);

    // ---- batch norm, ReLU if asked, and max pooling in one; coefficients and means as above ----
    // Whether these two fit an activation and a window: blocks of 8 and 16, 2x2 windows of stride 2 without padding.
    bool (*batch_norm_max_pool_fits)(dt_activation l, dt_window w);
    // y and indices as max_pool of batch_norm(x).
    void (*batch_norm_max_pool)(const void *x, dt_activation l, dt_window w, const float *coefficients, bool relu, void *y, uint8_t *indices);
    // batch_norm_gradient_sums of the gradient max_pool_scatter makes of dy, adding only the windows' winners.
    void (*batch_norm_max_pool_gradient_sums)(const void *x, const void *dy, const uint8_t *indices, dt_activation l, dt_window w, const float *coefficients, bool relu, double *sums);
    // batch_norm_gradient of the gradient max_pool_scatter makes of dy; in place allowed (dx may be x).
    void (*batch_norm_max_pool_gradient)(const void *x, const void *dy, const uint8_t *indices, dt_activation l, dt_window w, const float *coefficients, const float *means, bool relu, void *dx);

    // ---- parameters: the steps of UpdateRules.h. A pointer after g is a state array that the comment of the step's
    // struct names; it may be any address if the options leave the array unused. ----
    void (*sgd)(dt_sgd h, int64_t count, float *w, const float *g, float *velocity);
    void (*adam)(dt_adam h, int64_t count, float *w, const float *g, float *m, float *v);
    void (*amsgrad)(dt_adam h, int64_t count, float *w, const float *g, float *m, float *v, float *largest);
    void (*nadam)(dt_nadam h, int64_t count, float *w, const float *g, float *m, float *v);
    void (*radam)(dt_radam h, int64_t count, float *w, const float *g, float *m, float *v);
    void (*adamax)(dt_adamax h, int64_t count, float *w, const float *g, float *m, float *norm);
    void (*adagrad)(dt_adagrad h, int64_t count, float *w, const float *g, float *sum);
    void (*rmsprop)(dt_rmsprop h, int64_t count, float *w, const float *g, float *square, float *velocity, float *mean);
    void (*adadelta)(dt_adadelta h, int64_t count, float *w, const float *g, float *square, float *delta);
    void (*delta_bar_delta)(dt_delta_bar_delta h, int64_t count, float *w, const float *g, float *rate, float *mean);
    void (*lars)(dt_lars h, int64_t count, float *w, const float *g, float *velocity);
    // These two overwrite the gradient with a direction.
    void (*lamb_direction)(dt_adam h, int64_t count, const float *w, float *g, float *m, float *v);
    void (*swats_direction)(dt_swats h, int64_t count, const float *w, float *g, float *m, float *v);
    // slow += alpha*(w - slow); w = slow.
    void (*lookahead)(float alpha, int64_t count, float *w, float *slow);
    // x = x < -limit ? -limit : x > limit ? limit : x, so that NaN stays.
    void (*clamp)(int64_t count, float limit, float *x);
    // Sum of products in Float64 over 16 lanes folded in a fixed order; a may be b.
    double (*dot)(int64_t count, const float *a, const float *b);
    // Sum of squares in Float64 over 16 lanes folded in a fixed order.
    double (*sum_of_squares)(int64_t count, const float *x);
    // out = a + b; in place allowed.
    void (*add)(int64_t count, const float *a, const float *b, float *out);
    void (*add_f64)(int64_t count, const double *a, const double *b, double *out);
    // sum += factor*x, the product rounded before it is added.
    void (*add_scaled)(int64_t count, float factor, const float *x, float *sum);

    // ---- bfloat16 values kept as Float32 with 16 zero bits below; rounding is to nearest, ties to even ----
    void (*round_bfloat16)(int64_t count, float *x);
    // out = round(round(a) + round(b)); in place allowed.
    void (*add_bfloat16)(int64_t count, const float *a, const float *b, float *out);

    // ---- making batches: example i of the result is stored example rows[i], width elements each, channel of
    // element e = e / channel_width; result = lookup or affine map, rounded once from Float64 ----
    // y = (float)(((double)x - center[channel]) * factor[channel]); for bytes, table[channel*256 + x] holds the same
    // values, and a variant uses whichever is faster.
    void (*gather_u8)(const uint8_t *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width, const double *center, const double *factor, const float *table, float *y);
    void (*gather_f32)(const float *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width, const double *center, const double *factor, float *y);
    void (*gather_f64)(const double *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width, const double *center, const double *factor, float *y);

    // ---- random changes of one image of c planes of h*w; outside it lies fill[channel]; buffers must not overlap ----
    // Reverses the order of columns, or of rows if vertical; in place.
    void (*augment_flip)(float *x, int64_t c, int64_t h, int64_t w, bool vertical);
    // y[i][j] = x[i-down][j-right].
    void (*augment_move)(const float *x, int64_t c, int64_t h, int64_t w, int64_t down, int64_t right, const float *fill, float *y);
    // Turns counter-clockwise about the middle, by an angle with this cosine and sine; bilinear, in Float64.
    void (*augment_rotate)(const float *x, int64_t c, int64_t h, int64_t w, double cosine, double sine, const float *fill, float *y);
    // Fills a rectangle that lies inside; in place.
    void (*augment_erase)(float *x, int64_t c, int64_t h, int64_t w, int64_t top, int64_t left, int64_t rows, int64_t columns, const float *fill);

    // ---- whitening ----
    // z = (x - center)*factor, each element with its own.
    void (*standardize_u8)(const uint8_t *x, int64_t count, const double *center, const double *factor, double *z);
    void (*standardize_f32)(const float *x, int64_t count, const double *center, const double *factor, double *z);
    void (*standardize_f64)(const double *x, int64_t count, const double *center, const double *factor, double *z);
    // c [DT_TILE][DT_TILE] = a^T b of a and b [m][DT_TILE], rows added in order.
    void (*tile_products)(const double *a, const double *b, int64_t m, double *c);
    // x [n][k] becomes z w in place, z = (x - center)*factor (or x where these are NULL); sums in Float64 over features
    // in order, so an example's result does not depend on the other examples. strips holds w [k][k], from feature to
    // output, as strips[j/16][k][16] with zeros behind the last column; scratch has k*DT_WHITEN_GROUP elements.
    void (*whiten)(const float *strips, int64_t k, const double *center, const double *factor, int64_t n, double *scratch, float *x);

    // ---- comparing copies ----
    // A hash of the bits of x, NaNs included. A single changed element always changes it, several almost always
    // (hash.h).
    uint64_t (*hash)(int64_t count, const float *x);
} dt_kernels;

// The highest instruction set this processor and operating system can run.
dt_isa dt_isa_detect(void);
// Whether the processor has AVX-512's instruction for products of bfloat16 numbers.
bool dt_has_bfloat16(void);
// The table for an instruction set; traps if the processor cannot run it.
const dt_kernels *dt_kernels_for(dt_isa isa);
// The same without that instruction, whose results are computed in another way: the bits are equal.
const dt_kernels *dt_kernels_emulating(dt_isa isa);
const char *dt_isa_name(dt_isa isa);  // "baseline", "avx2", "avx512"

#ifdef __cplusplus
}
#endif
#endif

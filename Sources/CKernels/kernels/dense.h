// Matrix products of dense layers on the few rows of a shard.
//
// Activations stand *in columns*: a matrix of m examples and k features as [k][P], P = m rounded up to 16, so that
// the examples are vectors, and weights, row-major (outputs, inputs), are only read as scalars: neither is copied
// or packed. The P - m padded examples are computed like the others and mean nothing.
//
// A product is made of register tiles of a few outputs and one or two vectors of examples, or half a vector where no more
// are left. Every element is the same sum in the same order wherever it stands in a tile and whatever m is: chunks of
// DENSE_CHUNK neighbouring terms, each one chain of fused multiply-adds from zero, added up in order.
#ifndef DTRAIN_KERNELS_DENSE_H
#define DTRAIN_KERNELS_DENSE_H

#include "common.h"
#include "bfloat16.h"
#include "permute.h"

#define DENSE_CHUNK 256

// Outputs of a tile and vectors of examples: as many accumulators as leave registers for operands.
#if defined(DT_VARIANT_WIDE)
#define DENSE_ROWS 14
#define DENSE_VECTORS 2
#elif defined(DT_VARIANT_FMA)
#define DENSE_ROWS 6
#define DENSE_VECTORS 1
#else
#define DENSE_ROWS 3
#define DENSE_VECTORS 1
#endif

// Calls body(rows) with the constant that equals count, from 1 to DENSE_ROWS or to half of it.
#define DENSE_CASE(rows, body) \
    case rows: body(rows); break;
#if DENSE_ROWS == 14
#define DENSE_FIRST_CASES(body)                                                             \
    DENSE_CASE(1, body) DENSE_CASE(2, body) DENSE_CASE(3, body) DENSE_CASE(4, body)         \
    DENSE_CASE(5, body) DENSE_CASE(6, body) DENSE_CASE(7, body)
#define DENSE_OTHER_CASES(body)                                                             \
    DENSE_CASE(8, body) DENSE_CASE(9, body) DENSE_CASE(10, body) DENSE_CASE(11, body)       \
    DENSE_CASE(12, body) DENSE_CASE(13, body) DENSE_CASE(14, body)
#elif DENSE_ROWS == 6
#define DENSE_FIRST_CASES(body) DENSE_CASE(1, body) DENSE_CASE(2, body) DENSE_CASE(3, body)
#define DENSE_OTHER_CASES(body) DENSE_CASE(4, body) DENSE_CASE(5, body) DENSE_CASE(6, body)
#else
#define DENSE_FIRST_CASES(body) DENSE_CASE(1, body)
#define DENSE_OTHER_CASES(body) DENSE_CASE(2, body) DENSE_CASE(3, body)
#endif
#define DENSE_DISPATCH(count, body) \
    switch (count) { DENSE_FIRST_CASES(body) DENSE_OTHER_CASES(body) default: break; }
#define DENSE_PAIR_DISPATCH(count, body) \
    switch (count) { DENSE_FIRST_CASES(body) default: break; }

// What one term of a sum is made of: two Float32 numbers, or two pairs of bfloat16 numbers (dense_bfloat16.h).
typedef enum { DENSE_FLOATS, DENSE_PAIRS } dense_terms;

// c + a * b for pairs: the product of the upper numbers is added first, then that of the lower ones, each sum rounded once.
// The instruction and the other two ways give the same bits where denormal numbers count as zero.
DT_INLINE f32x16 dense_multiply_add_pairs(f32x16 a, f32x16 b, f32x16 c) {
#if defined(DT_VARIANT_BFLOAT16)
    typedef __bf16 bf16x32 __attribute__((vector_size(64)));
    typedef float f32x16_plain __attribute__((vector_size(64)));
    return (f32x16)__builtin_ia32_dpbf16ps_512((f32x16_plain)c, (bf16x32)a, (bf16x32)b);
#else
    const u32x16 left = f32_to_bits(a), right = f32_to_bits(b);
    const f32x16 upper_left = bits_to_f32(left & 0xFFFF0000u), upper_right = bits_to_f32(right & 0xFFFF0000u);
    const f32x16 lower_left = bits_to_f32(left << 16), lower_right = bits_to_f32(right << 16);
#if defined(DT_VARIANT_FMA)
    c = __builtin_elementwise_fma(upper_left, upper_right, c);
    return __builtin_elementwise_fma(lower_left, lower_right, c);
#else
    // Products of bfloat16 numbers are exact in Float64. A sum that is rounded there and then to Float32 is what rounding
    // once gives: sixteen bits and twenty-four either overlap within Float64's fifty-three, or the smaller term is too
    // small to tell a tie.
    c = narrow(widen(upper_left) * widen(upper_right) + widen(c));
    return narrow(widen(lower_left) * widen(lower_right) + widen(c));
#endif
#endif
}

// Half a vector stands in the lower lanes of a whole one, whose upper lanes mean nothing and cost nothing.
#define DENSE_HALF (DT_LANES / 2)
typedef float f32x8 __attribute__((ext_vector_type(8)));
typedef f32x8 f32x8_unaligned __attribute__((aligned(4), may_alias));

DT_INLINE f32x8 lower_half(f32x16 v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7); }

DT_INLINE f32x16 as_lower_half(f32x8 v) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1);
}

DT_INLINE f32x16 dense_accumulate_half(f32x16 a, f32x16 b, f32x16 c, dense_terms kind) {
#if defined(DT_VARIANT_BFLOAT16)
    if (kind == DENSE_PAIRS) {
        typedef __bf16 bf16x16 __attribute__((vector_size(32)));
        typedef float f32x8_plain __attribute__((vector_size(32)));
        const f32x8_plain left = (f32x8_plain)lower_half(a), right = (f32x8_plain)lower_half(b);
        const f32x8_plain sum = (f32x8_plain)lower_half(c);
        return as_lower_half((f32x8)__builtin_ia32_dpbf16ps_256(sum, (bf16x16)left, (bf16x16)right));
    }
#else
    if (kind == DENSE_PAIRS) { return dense_multiply_add_pairs(a, b, c); }
#endif
#if defined(DT_VARIANT_FMA)
    return as_lower_half(__builtin_elementwise_fma(lower_half(a), lower_half(b), lower_half(c)));
#else
    return as_lower_half(lower_half(a) * lower_half(b) + lower_half(c));
#endif
}

// c + a * b in the first `lanes` lanes, DT_LANES or DENSE_HALF.
DT_INLINE f32x16 dense_accumulate(f32x16 a, f32x16 b, f32x16 c, int lanes, dense_terms kind) {
    if (lanes == DENSE_HALF) { return dense_accumulate_half(a, b, c, kind); }
    return kind == DENSE_PAIRS ? dense_multiply_add_pairs(a, b, c) : multiply_add_f32(a, b, c);
}

DT_INLINE int64_t dense_padded(int64_t m) { return (m + DT_LANES - 1) / DT_LANES * DT_LANES; }

DT_INLINE void dense_clear(f32x16 (*acc)[DENSE_VECTORS], int rows, int vectors) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) { acc[r][v] = 0.0f; }
    }
}

DT_INLINE f32x16 dense_load(const float *x, int lanes) {
    return lanes == DENSE_HALF ? as_lower_half(*(const f32x8_unaligned *)x) : load_f32(x);
}

// Behind half a vector nothing is written.
DT_INLINE void dense_save(float *y, f32x16 v, int lanes) {
    if (lanes == DENSE_HALF) {
        *(f32x8_unaligned *)y = lower_half(v);
    } else {
        store_f32(y, v);
    }
}

// Adds one term to a tile: acc[r][v] += w[r] * x[v]. Base addresses are three rows apart, so that few registers
// suffice.
DT_INLINE void dense_term(f32x16 (*acc)[DENSE_VECTORS], const float *x, const float *w, int64_t row_stride, int rows,
                          int vectors, int lanes, dense_terms kind) {
    f32x16 columns[DENSE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) { columns[v] = dense_load(x + v * DT_LANES, lanes); }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        const float *base = w + (r / 3) * (3 * row_stride);
        const f32x16 weight = base[(r % 3) * row_stride];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            acc[r][v] = dense_accumulate(weight, columns[v], acc[r][v], lanes, kind);
        }
    }
}

// How far ahead weights are prefetched: along rows in vectors; across rows in terms, first from memory and then from
// the second-level cache, which may hold few rows of a matrix whose rows are a large power of two apart.
#define DENSE_AHEAD_ALONG (4 * DT_LANES)
#define DENSE_AHEAD_FAR 48
#define DENSE_AHEAD_NEAR 8

// Adds `terms` of the `left` terms that remain of a tile. Term t reads x + t*x_stride and w + r*row_stride +
// t*term_stride; one of the two strides of w is 1. The next tile begins `wrap` elements after the place where another
// term of this one would be.
DT_INLINE void dense_chain(f32x16 (*acc)[DENSE_VECTORS], const float *x, int64_t x_stride, const float *w,
                           int64_t row_stride, int64_t term_stride, int64_t terms, int64_t left, int64_t wrap,
                           int rows, int vectors, int lanes, dense_terms kind) {
    if (term_stride == 1) {
        // A cache line of each row serves sixteen terms; each term prefetches the line that one of the rows needs
        // later.
        for (; terms >= DT_LANES; terms -= DT_LANES, left -= DT_LANES) {
            const float *later = w + DENSE_AHEAD_ALONG + (left > DENSE_AHEAD_ALONG ? 0 : wrap);
            for (int u = 0; u < DT_LANES; u++) {
                __builtin_prefetch(later, 0, 3);
                later += row_stride;
                dense_term(acc, x, w, row_stride, rows, vectors, lanes, kind);
                x += x_stride;
                w += 1;
            }
        }
        for (; terms > 0; terms--) {
            dense_term(acc, x, w, row_stride, rows, vectors, lanes, kind);
            x += x_stride;
            w += 1;
        }
        return;
    }
    for (; terms > 0; terms--, left--) {
        const float *later = w + DENSE_AHEAD_FAR * term_stride + (left > DENSE_AHEAD_FAR ? 0 : wrap);
        const float *soon = w + DENSE_AHEAD_NEAR * term_stride + (left > DENSE_AHEAD_NEAR ? 0 : wrap);
        __builtin_prefetch(later, 0, 2);
        __builtin_prefetch(later + rows - 1, 0, 2);
        __builtin_prefetch(soon, 0, 3);
        __builtin_prefetch(soon + rows - 1, 0, 3);
        dense_term(acc, x, w, row_stride, rows, vectors, lanes, kind);
        x += x_stride;
        w += term_stride;
    }
}

// The arguments of a product, the same for all of its tiles. One of the two strides of w is a constant to the compiler,
// so both are passed separately.
typedef struct {
    const float *x, *w, *bias;
    int64_t terms, m, padded, outputs;
    bool relu;
    float *y;
} dense_task;

// Adds one chunk of terms, from `first` on, to a tile at y, where earlier chunks left their sum; after the last chunk
// adds the bias and applies ReLU. x, w and bias point to the tile's operands.
DT_INLINE void dense_tile(const dense_task *t, const float *x, const float *w, const float *bias, float *y,
                          int64_t row_stride, int64_t term_stride, int64_t wrap, int64_t first, int rows,
                          int vectors, int lanes) {
    f32x16 acc[DENSE_ROWS][DENSE_VECTORS];
    dense_clear(acc, rows, vectors);
    const int64_t left = t->terms - first;
    const bool is_last = left <= DENSE_CHUNK;
    dense_chain(acc, x, t->padded, w, row_stride, term_stride, is_last ? left : DENSE_CHUNK, left, wrap, rows,
                vectors, lanes, DENSE_FLOATS);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *target = y + r * t->padded + v * DT_LANES;
            f32x16 s = acc[r][v];
            if (first > 0) { s = dense_load(target, lanes) + s; }
            if (is_last && bias) { s = s + bias[r]; }
            dense_save(target, is_last && t->relu ? relu_f32(s) : s, lanes);
        }
    }
}

// dense_tile for numbers of rows and of vectors of examples that are known only at run time.
DT_INLINE void dense_any_tile(const dense_task *t, int64_t row_stride, int64_t term_stride, int64_t j, int64_t rows,
                              int64_t i, int64_t first) {
    const float *x = t->x + first * t->padded + i, *w = t->w + j * row_stride + first * term_stride;
    const float *bias = t->bias ? t->bias + j : NULL;
    float *y = t->y + j * t->padded + i;
    const int64_t wrap = rows * row_stride - t->terms * term_stride;
    if (t->padded - i >= DENSE_VECTORS * DT_LANES) {
#define DENSE_WIDE(n) dense_tile(t, x, w, bias, y, row_stride, term_stride, wrap, first, n, DENSE_VECTORS, DT_LANES)
        DENSE_DISPATCH(rows, DENSE_WIDE)
#undef DENSE_WIDE
    } else if (t->m - i > DENSE_HALF) {
#define DENSE_NARROW(n) dense_tile(t, x, w, bias, y, row_stride, term_stride, wrap, first, n, 1, DT_LANES)
        DENSE_DISPATCH(rows, DENSE_NARROW)
#undef DENSE_NARROW
    } else {
#define DENSE_HALVED(n) dense_tile(t, x, w, bias, y, row_stride, term_stride, wrap, first, n, 1, DENSE_HALF)
        DENSE_DISPATCH(rows, DENSE_HALVED)
#undef DENSE_HALVED
    }
}

// The rows of the next tile, at most `most`, if `left` rows remain: all tiles are about equally high.
DT_INLINE int64_t dense_rows(int64_t left, int64_t most) {
    const int64_t tiles = (left + most - 1) / most;
    return (left + tiles - 1) / tiles;
}

// Computes all tiles, reading weights in place. term_stride is a constant to the compiler.
DT_INLINE void dense_product(const dense_task *t, int64_t row_stride, int64_t term_stride, int64_t most) {
    for (int64_t j = 0, rows; j < t->outputs; j += rows) {
        rows = dense_rows(t->outputs - j, most);
        for (int64_t i = 0; i < t->padded; i += DENSE_VECTORS * DT_LANES) {
            for (int64_t first = 0; first == 0 || first < t->terms; first += DENSE_CHUNK) {
                dense_any_tile(t, row_stride, term_stride, j, rows, i, first);
            }
        }
    }
}

static void dense_forward(const float *x, const float *w, const float *bias, int64_t m, int64_t n, int64_t k,
                          bool relu, float *y) {
    const dense_task t = {x, w, bias, k, m, dense_padded(m), n, relu, y};
    // Rows a multiple of 4 KB apart fall into one set of a first-level cache of eight ways.
    dense_product(&t, k, 1, k % 1024 == 0 && DENSE_ROWS > 7 ? 7 : DENSE_ROWS);
}

static void dense_input_gradient(const float *dy, const float *w, int64_t m, int64_t n, int64_t k, float *dx) {
    const dense_task t = {dy, w, NULL, n, m, dense_padded(m), k, false, dx};
    dense_product(&t, 1, k, DENSE_ROWS);
}

// ---- weight gradients ----

// The columns of a strip, and the columns whose strips stay in the second-level cache while all rows are worked on.
#define DENSE_STRIP 32
#define DENSE_BLOCK 256

// The rows of a tile: two shards' tiles fit into the registers, so that neighbouring shards are added there.
#define DENSE_PAIR_ROWS (DENSE_ROWS / 2)

// A shard's operands of a tile: the inputs of a strip, and the output gradients of the tile's rows. Terms are examples, or
// pairs of them.
typedef struct {
    const float *x, *dy;
    int64_t padded, m, row_stride;
} dense_operands;

DT_INLINE dense_operands dense_operands_of(const dt_dense_shard *s, int64_t row, int64_t column, dense_terms kind) {
    const int64_t each = kind == DENSE_PAIRS ? 2 : 1, padded = dense_padded(s->m) / each;
    return (dense_operands){s->x + column / DENSE_STRIP * s->strip_stride + column % DENSE_STRIP,
                            s->dy + row * padded, padded, (s->m + each - 1) / each, s->row_stride};
}

// Adds terms first ..< last of one shard to its tile.
DT_INLINE void dense_outer(f32x16 (*acc)[DENSE_VECTORS], dense_operands s, int64_t first, int64_t last, int rows,
                           int vectors, dense_terms kind) {
    for (int64_t i = first; i < last; i++) {
        dense_term(acc, s.x + i * s.row_stride, s.dy + i, s.padded, rows, vectors, DT_LANES, kind);
    }
}

// Rounds a tile to bfloat16, for sums over shards that are rounded.
DT_INLINE void dense_round(f32x16 (*acc)[DENSE_VECTORS], int rows, int vectors) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) { acc[r][v] = bfloat16_rounded(acc[r][v]); }
    }
}

// acc = the sum of two shards' tiles. Only little code may stand between two chains, because the processor overlaps it
// with a chain's multiply-adds only while both fit into its window. So shards of different sizes, which are rare, are
// handled out of line.
DT_INLINE void dense_outer_pair(f32x16 (*acc)[DENSE_VECTORS], dense_operands a, dense_operands b, bool rounds,
                                int rows, int vectors, dense_terms kind) {
    f32x16 other[DENSE_PAIR_ROWS][DENSE_VECTORS];
    dense_clear(acc, rows, vectors);
    dense_clear(other, rows, vectors);
    const int64_t both = a.m < b.m ? a.m : b.m;
    const float *ax = a.x, *bx = b.x, *ay = a.dy, *by = b.dy, *end = a.dy + both;
#pragma clang loop unroll(disable)
    while (ay != end) {
        dense_term(acc, ax, ay, a.padded, rows, vectors, DT_LANES, kind);
        dense_term(other, bx, by, b.padded, rows, vectors, DT_LANES, kind);
        ax += a.row_stride;
        bx += b.row_stride;
        ay++;
        by++;
    }
    if (__builtin_expect(a.m != b.m, 0)) {
        dense_outer(acc, a, both, a.m, rows, vectors, kind);
        dense_outer(other, b, both, b.m, rows, vectors, kind);
    }
    if (rounds) {
        dense_round(acc, rows, vectors);
        dense_round(other, rows, vectors);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) { acc[r][v] = acc[r][v] + other[r][v]; }
    }
    if (rounds) { dense_round(acc, rows, vectors); }
}

// A tile in memory: the left half of a sum, waiting for its right half.
typedef f32x16_unaligned dense_slot[DENSE_PAIR_ROWS][DENSE_VECTORS];

DT_INLINE void dense_store(f32x16 (*acc)[DENSE_VECTORS], dense_slot slot, int rows, int vectors) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) { slot[r][v] = acc[r][v]; }
    }
}

// acc = slot + acc
DT_INLINE void dense_add_left(f32x16 (*acc)[DENSE_VECTORS], dense_slot slot, bool rounds, int rows, int vectors) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) { acc[r][v] = slot[r][v] + acc[r][v]; }
    }
    if (rounds) { dense_round(acc, rows, vectors); }
}

DT_INLINE void dense_write(f32x16 (*acc)[DENSE_VECTORS], int64_t columns, bool streams, float *dw, int64_t dw_stride,
                           int rows, int vectors) {
    if (columns == vectors * DT_LANES) {
        streams = streams && (uintptr_t)dw % sizeof(f32x16) == 0 && dw_stride % DT_LANES == 0;
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                float *target = dw + r * dw_stride + v * DT_LANES;
                if (streams) {
                    __builtin_nontemporal_store(acc[r][v], (f32x16 *)target);
                } else {
                    store_f32(target, acc[r][v]);
                }
            }
        }
        return;
    }
    dense_slot tile;
    dense_store(acc, tile, rows, vectors);
    for (int r = 0; r < rows; r++) { memcpy(dw + r * dw_stride, tile[r], (size_t)columns * sizeof(float)); }
}

// Whether the program's next three steps add two shards.
DT_INLINE bool dense_is_pair(const int32_t *program, int64_t left) {
    return left >= 3 && program[0] >= 0 && program[1] >= 0 && program[2] < 0;
}

// Combines the shards of one tile by the tree: pairs of pairs (the only case if shards divide evenly), pairs, and
// single shards, each added to the left halves that wait for it.
DT_INLINE void dense_gradient_tile(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t row,
                                   int64_t column, int64_t columns, bool rounds, bool streams, float *dw,
                                   int64_t dw_stride, int rows, int vectors, dense_terms kind) {
    dense_slot stack[DT_DENSE_DEPTH];
    f32x16 acc[DENSE_PAIR_ROWS][DENSE_VECTORS];
    int height = 0;
#define DENSE_SHARD(place) dense_operands_of(shards + program[place], row, column, kind)
    for (int64_t p = 0;;) {
        if (dense_is_pair(program + p, length - p)) {
            dense_outer_pair(acc, DENSE_SHARD(p), DENSE_SHARD(p + 1), rounds, rows, vectors, kind);
            p += 3;
            if (dense_is_pair(program + p, length - p) && length - p > 3 && program[p + 3] < 0) {
                dense_store(acc, stack[height], rows, vectors);
                dense_outer_pair(acc, DENSE_SHARD(p), DENSE_SHARD(p + 1), rounds, rows, vectors, kind);
                dense_add_left(acc, stack[height], rounds, rows, vectors);
                p += 4;
            }
        } else {
            const dense_operands a = DENSE_SHARD(p);
            dense_clear(acc, rows, vectors);
            dense_outer(acc, a, 0, a.m, rows, vectors, kind);
            if (rounds) { dense_round(acc, rows, vectors); }
            p += 1;
        }
        for (; p < length && program[p] < 0; p++) { dense_add_left(acc, stack[--height], rounds, rows, vectors); }
        if (p == length) { break; }
        dense_store(acc, stack[height++], rows, vectors);
    }
#undef DENSE_SHARD
    dense_write(acc, columns, streams, dw, dw_stride, rows, vectors);
}

DT_INLINE void dense_gradient(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0,
                              int64_t n1, int64_t k, bool rounds, bool streams, float *dw, dense_terms kind) {
    const int64_t width = DENSE_VECTORS * DT_LANES;
    for (int64_t block = 0; block < k; block += DENSE_BLOCK) {
        const int64_t end = block + DENSE_BLOCK < k ? block + DENSE_BLOCK : k;
        for (int64_t j = n0, rows; j < n1; j += rows) {
            rows = dense_rows(n1 - j, DENSE_PAIR_ROWS);
            for (int64_t c = block; c < end; c += width) {
                const int64_t columns = end - c < width ? end - c : width;
                float *target = dw + j * k + c;
                if (columns > DT_LANES) {
#define DENSE_WIDE(n) \
    dense_gradient_tile(shards, program, length, j, c, columns, rounds, streams, target, k, n, DENSE_VECTORS, kind)
                    DENSE_PAIR_DISPATCH(rows, DENSE_WIDE)
#undef DENSE_WIDE
                } else {
#define DENSE_NARROW(n) \
    dense_gradient_tile(shards, program, length, j, c, columns, rounds, streams, target, k, n, 1, kind)
                    DENSE_PAIR_DISPATCH(rows, DENSE_NARROW)
#undef DENSE_NARROW
                }
            }
        }
    }
#if defined(__x86_64__)
    // Stores past the caches are not ordered with the later store that tells others that they are done.
    if (streams) { __builtin_ia32_sfence(); }
#endif
}

static void dense_weight_gradient(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0,
                                  int64_t n1, int64_t k, bool rounds, bool streams, float *dw) {
    dense_gradient(shards, program, length, n0, n1, k, rounds, streams, dw, DENSE_FLOATS);
}

static void dense_bias_gradient(const float *dy, int64_t m, int64_t n, float *db) {
    const int64_t padded = dense_padded(m);
    for (int64_t j = 0; j < n; j++, dy += padded) {
        f64x16 sum = 0.0;
        int64_t i = 0;
        for (; i + DT_LANES <= m; i += DT_LANES) { sum += widen(load_f32(dy + i)); }
        if (i < m) { sum += widen(load_partial_f32(dy + i, m - i, 0.0f)); }
        db[j] = (float)fold_sum(sum);
    }
}

// ---- layouts ----

static void rows_to_columns(const float *x, int64_t m, int64_t k, float *y) {
    const int64_t padded = dense_padded(m);
    transpose_plane(x, k, m, k, y, padded);
    for (int64_t c = 0; c < k && padded > m; c++) {
        memset(y + c * padded + m, 0, (size_t)(padded - m) * sizeof(float));
    }
}

static void columns_to_rows(const float *x, int64_t m, int64_t k, float *y) {
    transpose_plane(x, dense_padded(m), k, m, y, k);
}

// The columns of a last, narrow strip that lie behind k are zeros.
DT_INLINE void dense_clear_strip(int64_t m, int64_t k, float *y) {
    if (k % DENSE_STRIP == 0) { return; }
    memset(y + k / DENSE_STRIP * (m * DENSE_STRIP), 0, (size_t)(m * DENSE_STRIP) * sizeof(float));
}

static void rows_to_strips(const float *x, int64_t m, int64_t k, float *y) {
    dense_clear_strip(m, k, y);
    for (int64_t c = 0; c < k; c += DENSE_STRIP, y += m * DENSE_STRIP) {
        const size_t width = (size_t)(k - c < DENSE_STRIP ? k - c : DENSE_STRIP);
        for (int64_t r = 0; r < m; r++) { memcpy(y + r * DENSE_STRIP, x + r * k + c, width * sizeof(float)); }
    }
}

static void columns_to_strips(const float *x, int64_t m, int64_t k, float *y) {
    const int64_t padded = dense_padded(m);
    dense_clear_strip(m, k, y);
    for (int64_t c = 0; c < k; c += DENSE_STRIP) {
        const int64_t width = k - c < DENSE_STRIP ? k - c : DENSE_STRIP;
        transpose_plane(x + c * padded, padded, width, m, y + c * m, DENSE_STRIP);
    }
}

#endif

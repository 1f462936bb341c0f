/* The oneDNN calls this project uses, the same over oneDNN 2.6 and 3.x.

   A plan creates layouts, primitives and calls once; a step then only runs calls, and nothing here
   allocates while a call runs. Tensors are float32; those of a convolution may be bfloat16, with sums in
   float32. Dimensions are counted in elements, in the logical order given below whatever the layout:
   activations (examples, channels, height, width), filters (out, in, height, width), with groups > 1
   (groups, out / groups, in / groups, height, width), dense weights (outputs, inputs), matrices (rows,
   columns).

   Functions that return od_status record, on failure, what went wrong for od_last_error().
   Results do not depend on the thread or on the alignment of a pointer, because every primitive is
   created and run with one OpenMP thread; with more threads oneDNN would sum in another order. */
#ifndef CONEDNN_H
#define CONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a function ended. OD_UNIMPLEMENTED: the request is valid, but this oneDNN has no implementation
   of it (for example Winograd for a shape it does not cover), so another choice may be tried. */
typedef enum { OD_OK = 0, OD_FAILED = 1, OD_UNIMPLEMENTED = 2 } od_status;

/* One sentence about the calling thread's last failure; valid until its next failing call. */
const char *od_last_error(void);

/* ---- Process and threads ------------------------------------------------------------------------- */

/* Instruction sets that od_set_max_isa can cap code generation to. */
enum { OD_ISA_BASELINE = 0, OD_ISA_AVX2 = 1, OD_ISA_AVX512 = 2, OD_ISA_AVX512_BFLOAT16 = 3 };

/* Caps the instruction set to level, one of OD_ISA_*; must precede every other call that reaches oneDNN.
   OD_ISA_AVX512 leaves out the later extensions, which float32 does not use; OD_ISA_AVX512_BFLOAT16 adds
   products of bfloat16 pairs (vdpbf16ps), and float32 results keep their bytes. Fails after such a call. */
int od_set_max_isa(int level);

/* The highest level of OD_ISA_* that oneDNN will use here. Asking fixes it, as creating a primitive does. */
int od_isa(void);

/* The version of the loaded oneDNN library, such as "2.6.3". */
const char *od_version(void);

/* Limits oneDNN to one thread when called from this thread. OpenMP keeps this limit per thread and does
   not inherit it, so every thread that creates or runs a primitive calls this first; without it the
   process is stopped with one line of explanation, since results would silently differ. */
void od_set_thread(void);

/* The OpenMP threads a primitive would use on the calling thread: 1 after od_set_thread. */
int od_thread_limit(void);

/* ---- Layouts ------------------------------------------------------------------------------------- */

/* Types of the elements of a tensor. */
enum { OD_FLOAT32 = 0, OD_BFLOAT16 = 1 };

/* Where the elements of a tensor lie in memory, and what they are: dimensions, strides, blocks, type. The
   functions that take no type describe float32. */
typedef struct od_layout od_layout;

/* Row-major contiguous layout of `rank` (1 to 6) dimensions. */
int od_layout_plain_of(int type, int rank, const int64_t *dims, od_layout **layout);
int od_layout_plain(int rank, const int64_t *dims, od_layout **layout);

/* Layout with the given stride, in elements, for every dimension. */
int od_layout_strided_of(
    int type, int rank, const int64_t *dims, const int64_t *strides, od_layout **layout);
int od_layout_strided(int rank, const int64_t *dims, const int64_t *strides, od_layout **layout);

/* nChw8c or nChw16c for block 8 or 16: the channels of one position lie side by side, block by block.
   When channels are not a multiple of block the last block is padded. Whoever writes such a tensor must
   keep the padding zero; primitives do so for their results. */
int od_layout_channels_blocked_of(int type, const int64_t *dims, int block, od_layout **layout);
int od_layout_channels_blocked(const int64_t *dims, int block, od_layout **layout);

/* An independent copy of a layout. */
int od_layout_copy(const od_layout *source, od_layout **layout);

/* True when both describe elements of the same type at the same places. */
bool od_layout_equal(const od_layout *a, const od_layout *b);

/* Bytes a tensor of this layout occupies, padding included. */
size_t od_layout_bytes(const od_layout *layout);

/* OD_FLOAT32 or OD_BFLOAT16; -1 for any other type, which only scratch memory has. */
int od_layout_type(const od_layout *layout);

/* 1 for row-major contiguous (nchw when rank is 4), 8 or 16 for nChw8c or nChw16c, -1 for nhwc, 0 for any
   other. A tensor that is both row-major and nhwc (one channel, or one position) is row-major. */
int od_layout_block(const od_layout *layout);

/* Releases a layout; NULL is allowed. */
void od_layout_free(od_layout *layout);

/* ---- Primitives ---------------------------------------------------------------------------------- */

/* One operation with fixed shapes and layouts, ready to run; immutable, usable by several threads. */
typedef struct od_primitive od_primitive;

/* Positions of the arguments of each kind of primitive, in od_call_create, od_call_set and
   od_primitive_layout. Positions do not move when a primitive has no bias: its slot is then ignored. */
enum { OD_FORWARD_SRC = 0, OD_FORWARD_WEIGHTS = 1, OD_FORWARD_BIAS = 2, OD_FORWARD_DST = 3 };
enum { OD_BACKWARD_DATA_DIFF_DST = 0, OD_BACKWARD_DATA_WEIGHTS = 1, OD_BACKWARD_DATA_DIFF_SRC = 2 };
enum {
    OD_BACKWARD_WEIGHTS_SRC = 0,
    OD_BACKWARD_WEIGHTS_DIFF_DST = 1,
    OD_BACKWARD_WEIGHTS_DIFF_WEIGHTS = 2,
    OD_BACKWARD_WEIGHTS_DIFF_BIAS = 3
};
enum { OD_MATMUL_A = 0, OD_MATMUL_B = 1, OD_MATMUL_BIAS = 2, OD_MATMUL_C = 3 };
enum { OD_REORDER_FROM = 0, OD_REORDER_TO = 1 };

/* More slots than any primitive has. */
enum { OD_MAX_ARGUMENTS = 4 };

/* A fused ReLU turns NaN into 0. To notice divergence by NaN, look at the loss or at gradients of weights that
   no fused ReLU follows, or do not fuse. */

/* How a convolution is computed; OD_AUTO lets oneDNN choose between the others. Winograd transforms round
   differently from OD_DIRECT; oneDNN 2 has them with AVX-512 for 3x3 kernels of stride 1, oneDNN 3 has
   none. */
enum { OD_DIRECT = 0, OD_WINOGRAD = 1, OD_AUTO = 2 };

/* A two-dimensional convolution (cross-correlation) without dilation. `type` is that of images, filters and
   output gradients, and of results that are images. Bias, weight gradients and bias gradients are float32
   always, as are sums: a bfloat16 result is rounded once, to nearest even. OD_BFLOAT16 has no Winograd form
   and is OD_UNIMPLEMENTED below OD_ISA_AVX512; at that level, oneDNN imitates by several instructions the one
   that OD_ISA_AVX512_BFLOAT16 has. */
typedef struct {
    int64_t examples, in_channels, height, width;
    int64_t out_channels, kernel_height, kernel_width;
    int64_t stride_height, stride_width;
    int64_t padding_top, padding_left, padding_bottom, padding_right;
    int64_t groups;
    int type;
} od_convolution_shape;

/* Output height and width of a convolution; fails where the kernel does not fit. */
int od_convolution_output(const od_convolution_shape *shape, int64_t *height, int64_t *width);

/* dst = src * weights (+ bias) (then ReLU). oneDNN chooses layouts that are NULL; ask
   od_primitive_layout. Bias is always contiguous (out_channels). */
int od_convolution_forward(
    const od_convolution_shape *shape, int algorithm, bool has_bias, bool relu,
    const od_layout *src, const od_layout *weights, const od_layout *dst, od_primitive **primitive);

/* diff_src from diff_dst and weights. */
int od_convolution_backward_data(
    const od_convolution_shape *shape, int algorithm,
    const od_layout *diff_dst, const od_layout *weights, const od_layout *diff_src,
    od_primitive **primitive);

/* diff_weights (and diff_bias, contiguous) from src and diff_dst; overwrites, does not accumulate. */
int od_convolution_backward_weights(
    const od_convolution_shape *shape, int algorithm, bool has_bias,
    const od_layout *src, const od_layout *diff_dst, const od_layout *diff_weights,
    od_primitive **primitive);

/* A dense layer: src (examples, inputs), weights (outputs, inputs), dst (examples, outputs). */
typedef struct {
    int64_t examples, inputs, outputs;
} od_inner_product_shape;

/* dst = src . weights^T (+ bias) (then ReLU). NULL layouts: oneDNN chooses. */
int od_inner_product_forward(
    const od_inner_product_shape *shape, bool has_bias, bool relu,
    const od_layout *src, const od_layout *weights, const od_layout *dst, od_primitive **primitive);

/* diff_src = diff_dst . weights. */
int od_inner_product_backward_data(
    const od_inner_product_shape *shape,
    const od_layout *diff_dst, const od_layout *weights, const od_layout *diff_src,
    od_primitive **primitive);

/* diff_weights = diff_dst^T . src, diff_bias = column sums of diff_dst; overwrites. */
int od_inner_product_backward_weights(
    const od_inner_product_shape *shape, bool has_bias,
    const od_layout *src, const od_layout *diff_dst, const od_layout *diff_weights,
    od_primitive **primitive);

/* C (m, n) = op(A) . op(B) (+ bias (n)) (then ReLU), all row-major; op(A) is (m, k), stored (k, m) when
   trans_a; op(B) is (k, n), stored (n, k) when trans_b. weights_any lets oneDNN choose B's layout
   (trans_b is then ignored); ask od_primitive_layout and reorder into it. */
int od_matmul_create(
    int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b, bool has_bias, bool relu,
    bool weights_any, od_primitive **primitive);

/* Copies a tensor from one layout to another of the same dimensions, and between float32 and bfloat16.
   Rounds to nearest even. Numbers below float32's normal range become 0 with OD_ISA_AVX512_BFLOAT16 and keep
   their value with OD_ISA_AVX512; lower levels convert by plain loops, which lose the sign of 0 as well. */
int od_reorder_create(const od_layout *from, const od_layout *to, od_primitive **primitive);

/* Layout of the argument at a position, owned by the primitive; NULL when it has no such argument. */
const od_layout *od_primitive_layout(const od_primitive *primitive, int argument);

/* The number of arguments: the length of the array that od_call_create reads. */
int od_primitive_argument_count(const od_primitive *primitive);

/* Bytes of scratch memory one run needs, 64-byte aligned for speed; 0 when none. */
size_t od_primitive_scratchpad_bytes(const od_primitive *primitive);

/* oneDNN's name of the chosen implementation, such as "jit:avx512_core". */
const char *od_primitive_name(const od_primitive *primitive);

/* Releases a primitive, after every call made from it; NULL is allowed. */
void od_primitive_free(od_primitive *primitive);

/* ---- Calls --------------------------------------------------------------------------------------- */

/* A primitive bound to pointers. One call runs on one thread at a time; different calls of one primitive
   may run at the same time with different scratch memory. */
typedef struct od_call od_call;

/* Binds a primitive to `od_primitive_argument_count` pointers in the order given with its kind. A pointer
   may be NULL until od_call_set gives it a value. The primitive must outlive the call. */
int od_call_create(const od_primitive *primitive, void *const *arguments, od_call **call);

/* Changes the pointer of one argument, without allocating. */
int od_call_set(od_call *call, int argument, void *pointer);

/* Runs to completion on the calling thread; scratchpad has od_primitive_scratchpad_bytes, or is NULL when
   that is 0. */
int od_call_run(od_call *call, void *scratchpad);

/* Releases a call; NULL is allowed. */
void od_call_free(od_call *call);

/* C = alpha op(A) op(B) + beta C, row-major with row lengths lda, ldb, ldc, as in BLAS; shapes as in
   od_matmul_create. oneDNN may use temporary memory of its own. */
int od_sgemm(
    bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k,
    float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
    float beta, float *c, int64_t ldc);

#ifdef __cplusplus
}
#endif

#endif

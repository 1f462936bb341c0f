/* A chain of oneDNN primitives and the memory between them, run forward and then backward.

   Steps are appended in forward order; the backward steps run from the last appended to the first, so a layer
   appends what runs first in its backward pass last. Shapes: N examples, C channels, H height, W width. Every
   failure ends the program with one line. */
#ifndef ONEDNN_CHAIN_H
#define ONEDNN_CHAIN_H

#include "COneDNN.h"

#include <oneapi/dnnl/dnnl.h>

#if DNNL_VERSION_MAJOR < 3

enum { CHAIN_MAX_STEPS = 128, CHAIN_MAX_ARGUMENTS = 8 };

/* One primitive with its memory: of the project's shim, or made here from oneDNN's own interface. */
typedef struct {
    od_call *call;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[CHAIN_MAX_ARGUMENTS];
    int argument_count;
} chain_step;

/* Everything one thread needs to run the training step of a network, without loss, optimizer and data. */
typedef struct {
    chain_step forward[CHAIN_MAX_STEPS], backward[CHAIN_MAX_STEPS];
    int forward_count, backward_count;
    void *scratch;
    size_t scratch_bytes;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int block;             /* channels of a block of the activations: 16 with AVX-512, else 8 */
    bool tries_winograd;
    int winograd_count;    /* primitives that are Winograd's */
} chain;

/* Activations (N, C, H, W) between two layers and their gradient, in one layout: blocked, or row-major. */
typedef struct {
    int64_t n, c, h, w;
    bool is_blocked;
    float *value, *gradient;
} chain_image;

/* An empty chain; limits the calling thread to one OpenMP thread. */
void chain_create(chain *c, bool tries_winograd);

/* One training step: all forward steps, then all backward steps. */
void chain_run(chain *c);

/* Ends the program unless status is success; what names the request. */
void chain_require(dnnl_status_t status, const char *what);

/* Ends the program with what the shim last recorded unless code is OD_OK. */
void chain_require_shim(int code, const char *what);

/* Memory, 64-byte aligned, filled with numbers between -0.5 and 0.5. */
void *chain_memory(size_t bytes);

/* Memory for activations and their gradient. */
chain_image chain_make_image(
    const chain *c, int64_t n, int64_t channels, int64_t h, int64_t w, bool is_blocked);

/* The shim's layout of activations; the caller frees it. */
od_layout *chain_layout(const chain *c, const chain_image *x);

/* A step of the shim's primitive. A NULL pointer among those of its arguments gets memory of its own;
   arguments that the primitive does not have are ignored. */
chain_step chain_shim_step(chain *c, od_primitive *primitive, int count, void **pointers);

/* A step of a primitive made here, still without arguments. */
chain_step chain_own_step(dnnl_primitive_desc_t description);

/* Binds one more argument, DNNL_ARG_*, of a primitive made here. */
void chain_bind(
    const chain *c, chain_step *step, int argument, const dnnl_memory_desc_t *description, void *pointer);

/* Appends steps. */
void chain_append_forward(chain *c, chain_step step);
void chain_append_backward(chain *c, chain_step step);

/* ---- Layers (Layers.c): each appends its steps and returns its output ---- */

/* A convolution without bias, padded by half its kernel; needs_gradient: whether the input's gradient is
   wanted. */
chain_image chain_convolution(
    chain *c, chain_image x, int64_t outputs, int64_t kernel, int64_t stride, bool needs_gradient);

/* Batch norm by these examples' own moments, with fused ReLU. */
chain_image chain_batch_norm(chain *c, chain_image x);

/* Pooling over windows of the given size that do not overlap. */
chain_image chain_pooling(chain *c, chain_image x, dnnl_alg_kind_t kind, int64_t window);

/* A dense layer with bias on the flattened input, with ReLU where asked. */
chain_image chain_dense(chain *c, chain_image x, int64_t outputs, bool has_relu, bool needs_gradient);

#endif

#endif

/* What the files of this target share; nothing here leaves it. */
#ifndef CONEDNN_INTERNAL_H
#define CONEDNN_INTERNAL_H

#include "COneDNN.h"

#include <oneapi/dnnl/dnnl.h>

#pragma GCC visibility push(hidden)

/* oneDNN 2 keeps memory descriptors by value, oneDNN 3 behind a pointer that must be destroyed. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t odi_descriptor;
#else
typedef const dnnl_memory_desc_t *odi_descriptor;
#endif

struct od_layout {
    dnnl_memory_desc_t memory;
};

/* The bound of every array over dimensions in this target. */
enum { ODI_MAX_RANK = 6 };

struct od_primitive {
    dnnl_primitive_t handle;
    int argument_count;
    int names[OD_MAX_ARGUMENTS];           /* DNNL_ARG_*, by position */
    od_layout *layouts[OD_MAX_ARGUMENTS];  /* NULL: no such argument */
    od_layout *scratchpad;
    char *implementation;
};

/* A layout's type, strides and blocks. `blocked` is false for formats that strides cannot describe. */
typedef struct {
    bool blocked;
    dnnl_data_type_t type;
    int rank;
    int inner_count;
    int64_t offset;
    int64_t dims[DNNL_MAX_NDIMS], padded[DNNL_MAX_NDIMS], strides[DNNL_MAX_NDIMS];
    int64_t inner_sizes[DNNL_MAX_NDIMS], inner_dims[DNNL_MAX_NDIMS];
} odi_blocking;

/* ---- Errors and process state (Environment.c) ---- */

/* Records a message and returns OD_FAILED. */
int odi_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* OD_OK for success; otherwise records what failed and why. */
int odi_check(dnnl_status_t status, const char *what);

/* Stops the process unless oneDNN is limited to one thread here. */
void odi_require_thread(void);

/* The process's CPU engine, made on first use; NULL with a message when oneDNN has none. */
dnnl_engine_t odi_engine(void);

/* The calling thread's stream, made on first use and released when the thread ends; NULL on failure. */
dnnl_stream_t odi_stream(void);

/* ---- Layouts (Layout.c) ---- */

/* A layout oneDNN is free to choose. */
int odi_layout_any(int type, int rank, const int64_t *dims, od_layout **layout);

/* An owned copy of a descriptor. */
int odi_layout_wrap(odi_descriptor descriptor, od_layout **layout);

/* An owned copy of `given` after checking its type and dimensions, or an any-layout when it is NULL. */
int odi_layout_given(
    const od_layout *given, int type, int rank, const int64_t *dims, const char *name, od_layout **layout);

/* ---- Primitives (Primitive.c) ---- */

/* What one creation holds until its primitive exists; empty fields are NULL. In a backward creation the
   layouts are those of the gradients, and hint is the forward descriptor it is made from. */
typedef struct {
    od_layout *src, *weights, *bias, *dst;
    dnnl_primitive_attr_t attributes;
    dnnl_primitive_desc_t hint, descriptor;
} odi_creation;

void odi_release(odi_creation *creation);

/* Attributes of every primitive here: scratch memory from the caller, no operand of lower precision than its
   layout says, ReLU if asked. */
int odi_attributes(bool relu, dnnl_primitive_attr_t *attributes);

/* Turns a descriptor into a primitive; names are DNNL_ARG_* by position, 0 for an absent argument.
   The caller still owns the descriptor. */
int odi_primitive_make(
    dnnl_primitive_desc_t descriptor, int argument_count, const int *names, od_primitive **primitive);

/* ---- What differs between oneDNN 2 and 3 (Version2.c, Version3.c) ---- */

odi_descriptor odi_layout_descriptor(const od_layout *layout);
dnnl_status_t odi_memory_strided(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims,
    const int64_t *strides);
dnnl_status_t odi_memory_tagged(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims, dnnl_format_tag_t tag);
dnnl_status_t odi_memory_copy(dnnl_memory_desc_t *memory, odi_descriptor source);
void odi_memory_release(dnnl_memory_desc_t *memory);
void odi_memory_blocking(const od_layout *layout, odi_blocking *blocking);
dnnl_status_t odi_append_relu(dnnl_post_ops_t operations);

/* The geometry of a convolution as oneDNN takes it. */
typedef struct {
    dnnl_alg_kind_t algorithm;
    dnnl_dims_t strides, padding_before, padding_after;
} odi_convolution_geometry;

/* src/dst/weights/bias stand for their gradients in the backward descriptors; bias NULL: none;
   hint is the forward descriptor of the same operation. */
dnnl_status_t odi_describe_convolution_forward(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *geometry, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_convolution_backward_data(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *geometry, const od_layout *src,
    const od_layout *weights, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_convolution_backward_weights(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *geometry, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_inner_product_forward(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_inner_product_backward_data(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *dst, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_inner_product_backward_weights(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes);
dnnl_status_t odi_describe_matmul(
    dnnl_primitive_desc_t *descriptor, const od_layout *a, const od_layout *b, const od_layout *bias,
    const od_layout *c, dnnl_primitive_attr_t attributes);

#pragma GCC visibility pop

#endif

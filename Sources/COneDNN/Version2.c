/* The parts of oneDNN 2's interface that version 3 changed: memory descriptors by value, and primitives
   described in two stages. */
#include "Internal.h"

#if DNNL_VERSION_MAJOR < 3

#include <string.h>

odi_descriptor odi_layout_descriptor(const od_layout *layout) { return layout ? &layout->memory : NULL; }

dnnl_status_t odi_memory_strided(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims,
    const int64_t *strides) {
    return dnnl_memory_desc_init_by_strides(memory, rank, dims, type, strides);
}

dnnl_status_t odi_memory_tagged(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(memory, rank, dims, type, tag);
}

dnnl_status_t odi_memory_copy(dnnl_memory_desc_t *memory, odi_descriptor source) {
    *memory = *source;
    return dnnl_success;
}

void odi_memory_release(dnnl_memory_desc_t *memory) { (void)memory; }

void odi_memory_blocking(const od_layout *layout, odi_blocking *b) {
    const dnnl_memory_desc_t *memory = &layout->memory;
    memset(b, 0, sizeof *b);
    b->type = memory->data_type;
    b->rank = memory->ndims;
    memcpy(b->dims, memory->dims, sizeof b->dims);
    b->blocked = memory->format_kind == dnnl_blocked;
    if (!b->blocked) return;
    const dnnl_blocking_desc_t *blocks = &memory->format_desc.blocking;
    b->offset = memory->offset0;
    b->inner_count = blocks->inner_nblks;
    memcpy(b->padded, memory->padded_dims, sizeof b->padded);
    memcpy(b->strides, blocks->strides, sizeof b->strides);
    memcpy(b->inner_sizes, blocks->inner_blks, sizeof b->inner_sizes);
    memcpy(b->inner_dims, blocks->inner_idxs, sizeof b->inner_dims);
}

dnnl_status_t odi_append_relu(dnnl_post_ops_t operations) {
    return dnnl_post_ops_append_eltwise(operations, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
}

/* The second stage, common to all: choose an implementation for an operation descriptor. */
static dnnl_status_t choose(
    dnnl_primitive_desc_t *descriptor, dnnl_status_t status, const void *operation,
    dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t hint) {
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(
        descriptor, (const_dnnl_op_desc_t)operation, attributes, odi_engine(), hint);
}

dnnl_status_t odi_describe_convolution_forward(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes) {
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_forward_desc_init(
        &operation, dnnl_forward_training, g->algorithm, odi_layout_descriptor(src),
        odi_layout_descriptor(weights), odi_layout_descriptor(bias), odi_layout_descriptor(dst), g->strides,
        g->padding_before, g->padding_after);
    return choose(descriptor, status, &operation, attributes, NULL);
}

dnnl_status_t odi_describe_convolution_backward_data(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_backward_data_desc_init(
        &operation, g->algorithm, odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(dst), g->strides, g->padding_before, g->padding_after);
    return choose(descriptor, status, &operation, attributes, hint);
}

dnnl_status_t odi_describe_convolution_backward_weights(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    dnnl_convolution_desc_t operation;
    const dnnl_status_t status = dnnl_convolution_backward_weights_desc_init(
        &operation, g->algorithm, odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(bias), odi_layout_descriptor(dst), g->strides, g->padding_before,
        g->padding_after);
    return choose(descriptor, status, &operation, attributes, hint);
}

dnnl_status_t odi_describe_inner_product_forward(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes) {
    dnnl_inner_product_desc_t operation;
    const dnnl_status_t status = dnnl_inner_product_forward_desc_init(
        &operation, dnnl_forward_training, odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(bias), odi_layout_descriptor(dst));
    return choose(descriptor, status, &operation, attributes, NULL);
}

dnnl_status_t odi_describe_inner_product_backward_data(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *dst, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attributes) {
    dnnl_inner_product_desc_t operation;
    const dnnl_status_t status = dnnl_inner_product_backward_data_desc_init(
        &operation, odi_layout_descriptor(src), odi_layout_descriptor(weights), odi_layout_descriptor(dst));
    return choose(descriptor, status, &operation, attributes, hint);
}

dnnl_status_t odi_describe_inner_product_backward_weights(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    dnnl_inner_product_desc_t operation;
    const dnnl_status_t status = dnnl_inner_product_backward_weights_desc_init(
        &operation, odi_layout_descriptor(src), odi_layout_descriptor(weights), odi_layout_descriptor(bias),
        odi_layout_descriptor(dst));
    return choose(descriptor, status, &operation, attributes, hint);
}

dnnl_status_t odi_describe_matmul(
    dnnl_primitive_desc_t *descriptor, const od_layout *a, const od_layout *b, const od_layout *bias,
    const od_layout *c, dnnl_primitive_attr_t attributes) {
    dnnl_matmul_desc_t operation;
    const dnnl_status_t status = dnnl_matmul_desc_init(
        &operation, odi_layout_descriptor(a), odi_layout_descriptor(b), odi_layout_descriptor(bias),
        odi_layout_descriptor(c));
    return choose(descriptor, status, &operation, attributes, NULL);
}

#endif

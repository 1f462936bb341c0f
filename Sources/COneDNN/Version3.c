/* The same functions as Version2.c over oneDNN 3: memory descriptors are owned pointers, and primitives
   are described in one call. */
#include "Internal.h"

#if DNNL_VERSION_MAJOR >= 3

#include <string.h>

odi_descriptor odi_layout_descriptor(const od_layout *layout) { return layout ? layout->memory : NULL; }

dnnl_status_t odi_memory_strided(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims,
    const int64_t *strides) {
    return dnnl_memory_desc_create_with_strides(memory, rank, dims, type, strides);
}

dnnl_status_t odi_memory_tagged(
    dnnl_memory_desc_t *memory, dnnl_data_type_t type, int rank, const int64_t *dims, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_create_with_tag(memory, rank, dims, type, tag);
}

dnnl_status_t odi_memory_copy(dnnl_memory_desc_t *memory, odi_descriptor source) {
    return dnnl_memory_desc_clone(memory, source);
}

void odi_memory_release(dnnl_memory_desc_t *memory) { dnnl_memory_desc_destroy(*memory); }

/* Copies an array of `count` that oneDNN lends; false when it has none. */
static bool query_array(odi_descriptor memory, dnnl_query_t what, int count, int64_t *values) {
    const dnnl_dims_t *lent = NULL;
    if (dnnl_memory_desc_query(memory, what, (void *)&lent) != dnnl_success || !lent) return false;
    memcpy(values, *lent, (size_t)count * sizeof *values);
    return true;
}

void odi_memory_blocking(const od_layout *layout, odi_blocking *b) {
    odi_descriptor memory = layout->memory;
    dnnl_format_kind_t kind = dnnl_format_kind_undef;
    memset(b, 0, sizeof *b);
    if (dnnl_memory_desc_query(memory, dnnl_query_data_type, &b->type) != dnnl_success) return;
    if (dnnl_memory_desc_query(memory, dnnl_query_ndims_s32, &b->rank) != dnnl_success) return;
    if (!query_array(memory, dnnl_query_dims, b->rank, b->dims)) return;
    if (dnnl_memory_desc_query(memory, dnnl_query_format_kind, &kind) != dnnl_success) return;
    if (kind != dnnl_blocked) return;
    b->blocked =
        dnnl_memory_desc_query(memory, dnnl_query_submemory_offset_s64, &b->offset) == dnnl_success
        && dnnl_memory_desc_query(memory, dnnl_query_inner_nblks_s32, &b->inner_count) == dnnl_success
        && query_array(memory, dnnl_query_padded_dims, b->rank, b->padded)
        && query_array(memory, dnnl_query_strides, b->rank, b->strides)
        && (b->inner_count == 0
            || (query_array(memory, dnnl_query_inner_blks, b->inner_count, b->inner_sizes)
                && query_array(memory, dnnl_query_inner_idxs, b->inner_count, b->inner_dims)));
}

dnnl_status_t odi_append_relu(dnnl_post_ops_t operations) {
    return dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_relu, 0.0f, 0.0f);
}

static const dnnl_dims_t no_dilation = {0};

dnnl_status_t odi_describe_convolution_forward(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes) {
    return dnnl_convolution_forward_primitive_desc_create(
        descriptor, odi_engine(), dnnl_forward_training, g->algorithm, odi_layout_descriptor(src),
        odi_layout_descriptor(weights), odi_layout_descriptor(bias), odi_layout_descriptor(dst), g->strides,
        no_dilation, g->padding_before, g->padding_after, attributes);
}

dnnl_status_t odi_describe_convolution_backward_data(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    return dnnl_convolution_backward_data_primitive_desc_create(
        descriptor, odi_engine(), g->algorithm, odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(dst), g->strides, no_dilation, g->padding_before, g->padding_after, hint,
        attributes);
}

dnnl_status_t odi_describe_convolution_backward_weights(
    dnnl_primitive_desc_t *descriptor, const odi_convolution_geometry *g, const od_layout *src,
    const od_layout *weights, const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    return dnnl_convolution_backward_weights_primitive_desc_create(
        descriptor, odi_engine(), g->algorithm, odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(bias), odi_layout_descriptor(dst), g->strides, no_dilation, g->padding_before,
        g->padding_after, hint, attributes);
}

dnnl_status_t odi_describe_inner_product_forward(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_attr_t attributes) {
    return dnnl_inner_product_forward_primitive_desc_create(
        descriptor, odi_engine(), dnnl_forward_training, odi_layout_descriptor(src),
        odi_layout_descriptor(weights), odi_layout_descriptor(bias), odi_layout_descriptor(dst), attributes);
}

dnnl_status_t odi_describe_inner_product_backward_data(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *dst, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attributes) {
    return dnnl_inner_product_backward_data_primitive_desc_create(
        descriptor, odi_engine(), odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(dst), hint, attributes);
}

dnnl_status_t odi_describe_inner_product_backward_weights(
    dnnl_primitive_desc_t *descriptor, const od_layout *src, const od_layout *weights,
    const od_layout *bias, const od_layout *dst, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attributes) {
    return dnnl_inner_product_backward_weights_primitive_desc_create(
        descriptor, odi_engine(), odi_layout_descriptor(src), odi_layout_descriptor(weights),
        odi_layout_descriptor(bias), odi_layout_descriptor(dst), hint, attributes);
}

dnnl_status_t odi_describe_matmul(
    dnnl_primitive_desc_t *descriptor, const od_layout *a, const od_layout *b, const od_layout *bias,
    const od_layout *c, dnnl_primitive_attr_t attributes) {
    return dnnl_matmul_primitive_desc_create(
        descriptor, odi_engine(), odi_layout_descriptor(a), odi_layout_descriptor(b),
        odi_layout_descriptor(bias), odi_layout_descriptor(c), attributes);
}

#endif

/* The layers of a chain: which primitives each is, and what memory they share. */
#include "Chain.h"

#if DNNL_VERSION_MAJOR < 3


/* Takes a primitive that was asked for as Winograd's, or says that it must be asked for as a direct one. */
static bool took_winograd(chain *c, int code) {
    if (code == OD_UNIMPLEMENTED) return false;
    chain_require_shim(code, "a convolution by Winograd's algorithm");
    c->winograd_count++;
    return true;
}

chain_image chain_convolution(
    chain *c, chain_image x, int64_t outputs, int64_t kernel, int64_t stride, bool needs_gradient) {
    const int64_t padding = kernel / 2;
    const od_convolution_shape shape = {
        .examples = x.n, .in_channels = x.c, .height = x.h, .width = x.w, .out_channels = outputs,
        .kernel_height = kernel, .kernel_width = kernel, .stride_height = stride, .stride_width = stride,
        .padding_top = padding, .padding_left = padding, .padding_bottom = padding, .padding_right = padding,
        .groups = 1};
    int64_t height = 0, width = 0;
    chain_require_shim(od_convolution_output(&shape, &height, &width), "sizing a convolution");
    const chain_image y = chain_make_image(c, x.n, outputs, height, width, true);
    od_layout *from = chain_layout(c, &x), *to = chain_layout(c, &y);
    const bool tries = c->tries_winograd && kernel == 3 && stride == 1;

    /* Weights stand in the layout each primitive prefers; having them there is not part of the time. */
    od_primitive *forward = NULL, *weights = NULL, *data = NULL;
    if (!tries
        || !took_winograd(
            c, od_convolution_forward(&shape, OD_WINOGRAD, false, false, from, NULL, to, &forward)))
        chain_require_shim(
            od_convolution_forward(&shape, OD_DIRECT, false, false, from, NULL, to, &forward),
            "a convolution");
    chain_append_forward(c, chain_shim_step(c, forward, 4, (void *[]){x.value, NULL, NULL, y.value}));

    if (!tries
        || !took_winograd(
            c, od_convolution_backward_weights(&shape, OD_WINOGRAD, false, from, to, NULL, &weights)))
        chain_require_shim(
            od_convolution_backward_weights(&shape, OD_DIRECT, false, from, to, NULL, &weights),
            "a convolution's weight gradient");
    chain_append_backward(c, chain_shim_step(c, weights, 4, (void *[]){x.value, y.gradient, NULL, NULL}));

    if (needs_gradient) {
        if (!tries
            || !took_winograd(c, od_convolution_backward_data(&shape, OD_WINOGRAD, to, NULL, from, &data)))
            chain_require_shim(
                od_convolution_backward_data(&shape, OD_DIRECT, to, NULL, from, &data),
                "a convolution's input gradient");
        chain_append_backward(c, chain_shim_step(c, data, 3, (void *[]){y.gradient, NULL, x.gradient}));
    }
    od_layout_free(from);
    od_layout_free(to);
    return y;
}

static dnnl_memory_desc_t describe(const chain *c, const chain_image *x) {
    dnnl_memory_desc_t description;
    const dnnl_dims_t dims = {x->n, x->c, x->h, x->w};
    chain_require(
        dnnl_memory_desc_init_by_tag(
            &description, 4, dims, dnnl_f32, c->block == 16 ? dnnl_nChw16c : dnnl_nChw8c),
        "describing activations");
    return description;
}

static void *workspace_memory(const dnnl_memory_desc_t *description) {
    return chain_memory(dnnl_memory_desc_get_size(description));
}

chain_image chain_batch_norm(chain *c, chain_image x) {
    const chain_image y = chain_make_image(c, x.n, x.c, x.h, x.w, true);
    const unsigned flags = dnnl_use_scaleshift | dnnl_fuse_norm_relu;
    const float epsilon = 1e-5f;
    const dnnl_dims_t channel_dims = {x.c}, pair_dims = {2, x.c};
    const dnnl_memory_desc_t data = describe(c, &x);
    dnnl_memory_desc_t channels, pairs;
    chain_require(dnnl_memory_desc_init_by_tag(&channels, 1, channel_dims, dnnl_f32, dnnl_a), "moments");
    chain_require(dnnl_memory_desc_init_by_tag(&pairs, 2, pair_dims, dnnl_f32, dnnl_ab), "scales and shifts");

    dnnl_batch_normalization_desc_t forward_operation, backward_operation;
    dnnl_primitive_desc_t forward_description, backward_description;
    chain_require(
        dnnl_batch_normalization_forward_desc_init(
            &forward_operation, dnnl_forward_training, &data, epsilon, flags),
        "describing batch norm");
    chain_require(
        dnnl_primitive_desc_create(&forward_description, &forward_operation, NULL, c->engine, NULL),
        "choosing batch norm");
    chain_require(
        dnnl_batch_normalization_backward_desc_init(
            &backward_operation, dnnl_backward, &data, &data, epsilon, flags),
        "describing batch norm's gradient");
    chain_require(
        dnnl_primitive_desc_create(
            &backward_description, &backward_operation, NULL, c->engine, forward_description),
        "choosing batch norm's gradient");

    const dnnl_memory_desc_t *mask_layout =
        dnnl_primitive_desc_query_md(forward_description, dnnl_query_workspace_md, 0);
    const size_t channel_bytes = dnnl_memory_desc_get_size(&channels);
    void *mean = chain_memory(channel_bytes), *variance = chain_memory(channel_bytes);
    void *scales = chain_memory(2 * channel_bytes), *mask = workspace_memory(mask_layout);

    chain_step forward = chain_own_step(forward_description);
    chain_bind(c, &forward, DNNL_ARG_SRC, &data, x.value);
    chain_bind(c, &forward, DNNL_ARG_MEAN, &channels, mean);
    chain_bind(c, &forward, DNNL_ARG_VARIANCE, &channels, variance);
    chain_bind(c, &forward, DNNL_ARG_SCALE_SHIFT, &pairs, scales);
    chain_bind(c, &forward, DNNL_ARG_DST, &data, y.value);
    chain_bind(c, &forward, DNNL_ARG_WORKSPACE, mask_layout, mask);
    chain_append_forward(c, forward);

    chain_step backward = chain_own_step(backward_description);
    chain_bind(c, &backward, DNNL_ARG_SRC, &data, x.value);
    chain_bind(c, &backward, DNNL_ARG_MEAN, &channels, mean);
    chain_bind(c, &backward, DNNL_ARG_VARIANCE, &channels, variance);
    chain_bind(c, &backward, DNNL_ARG_SCALE_SHIFT, &pairs, scales);
    chain_bind(c, &backward, DNNL_ARG_WORKSPACE, mask_layout, mask);
    chain_bind(c, &backward, DNNL_ARG_DIFF_DST, &data, y.gradient);
    chain_bind(c, &backward, DNNL_ARG_DIFF_SRC, &data, x.gradient);
    chain_bind(c, &backward, DNNL_ARG_DIFF_SCALE_SHIFT, &pairs, chain_memory(2 * channel_bytes));
    chain_append_backward(c, backward);
    return y;
}

chain_image chain_pooling(chain *c, chain_image x, dnnl_alg_kind_t kind, int64_t window) {
    const chain_image y = chain_make_image(c, x.n, x.c, x.h / window, x.w / window, true);
    const dnnl_memory_desc_t from = describe(c, &x), to = describe(c, &y);
    const dnnl_dims_t size = {window, window}, none = {0, 0};
    dnnl_pooling_desc_t forward_operation, backward_operation;
    dnnl_primitive_desc_t forward_description, backward_description;
    chain_require(
        dnnl_pooling_forward_desc_init(
            &forward_operation, dnnl_forward_training, kind, &from, &to, size, size, none, none),
        "describing pooling");
    chain_require(
        dnnl_primitive_desc_create(&forward_description, &forward_operation, NULL, c->engine, NULL),
        "choosing pooling");
    chain_require(
        dnnl_pooling_backward_desc_init(&backward_operation, kind, &from, &to, size, size, none, none),
        "describing pooling's gradient");
    chain_require(
        dnnl_primitive_desc_create(
            &backward_description, &backward_operation, NULL, c->engine, forward_description),
        "choosing pooling's gradient");

    /* Only max pooling remembers positions. */
    const dnnl_memory_desc_t *positions = kind == dnnl_pooling_max
        ? dnnl_primitive_desc_query_md(forward_description, dnnl_query_workspace_md, 0) : NULL;
    void *places = positions ? workspace_memory(positions) : NULL;
    chain_step forward = chain_own_step(forward_description), backward = chain_own_step(backward_description);
    chain_bind(c, &forward, DNNL_ARG_SRC, &from, x.value);
    chain_bind(c, &forward, DNNL_ARG_DST, &to, y.value);
    if (positions) chain_bind(c, &forward, DNNL_ARG_WORKSPACE, positions, places);
    chain_append_forward(c, forward);
    chain_bind(c, &backward, DNNL_ARG_DIFF_DST, &to, y.gradient);
    chain_bind(c, &backward, DNNL_ARG_DIFF_SRC, &from, x.gradient);
    if (positions) chain_bind(c, &backward, DNNL_ARG_WORKSPACE, positions, places);
    chain_append_backward(c, backward);
    return y;
}

/* A fused ReLU's gradient, in place on the output's gradient: it is 0 where the output is. */
static void append_relu_gradient(chain *c, const chain_image *y) {
    const dnnl_dims_t dims = {y->n, y->c};
    dnnl_memory_desc_t data;
    dnnl_eltwise_desc_t forward_operation, backward_operation;
    dnnl_primitive_desc_t hint, description;
    const dnnl_alg_kind_t kind = dnnl_eltwise_relu_use_dst_for_bwd;
    chain_require(dnnl_memory_desc_init_by_tag(&data, 2, dims, dnnl_f32, dnnl_ab), "describing ReLU");
    chain_require(
        dnnl_eltwise_forward_desc_init(&forward_operation, dnnl_forward_training, kind, &data, 0, 0),
        "describing ReLU");
    chain_require(
        dnnl_primitive_desc_create(&hint, &forward_operation, NULL, c->engine, NULL), "choosing ReLU");
    chain_require(
        dnnl_eltwise_backward_desc_init(&backward_operation, kind, &data, &data, 0, 0),
        "describing ReLU's gradient");
    chain_require(
        dnnl_primitive_desc_create(&description, &backward_operation, NULL, c->engine, hint),
        "choosing ReLU's gradient");
    chain_step step = chain_own_step(description);
    chain_bind(c, &step, DNNL_ARG_DST, &data, y->value);
    chain_bind(c, &step, DNNL_ARG_DIFF_DST, &data, y->gradient);
    chain_bind(c, &step, DNNL_ARG_DIFF_SRC, &data, y->gradient);
    chain_append_backward(c, step);
}

chain_image chain_dense(chain *c, chain_image x, int64_t outputs, bool has_relu, bool needs_gradient) {
    /* The order of the flattened features does not change the work: blocked activations stay as they lie. */
    const od_inner_product_shape shape = {.examples = x.n, .inputs = x.c * x.h * x.w, .outputs = outputs};
    const chain_image y = chain_make_image(c, x.n, outputs, 1, 1, false);
    const int64_t in[2] = {shape.examples, shape.inputs}, out[2] = {shape.examples, shape.outputs};
    od_layout *from = NULL, *to = NULL;
    chain_require_shim(od_layout_plain(2, in, &from), "describing a dense layer's input");
    chain_require_shim(od_layout_plain(2, out, &to), "describing a dense layer's output");
    od_primitive *forward = NULL, *weights = NULL, *data = NULL;
    chain_require_shim(
        od_inner_product_forward(&shape, true, has_relu, from, NULL, to, &forward), "a dense layer");
    chain_append_forward(c, chain_shim_step(c, forward, 4, (void *[]){x.value, NULL, NULL, y.value}));
    chain_require_shim(
        od_inner_product_backward_weights(&shape, true, from, to, NULL, &weights),
        "a dense layer's weight gradient");
    chain_append_backward(c, chain_shim_step(c, weights, 4, (void *[]){x.value, y.gradient, NULL, NULL}));
    if (needs_gradient) {
        chain_require_shim(
            od_inner_product_backward_data(&shape, to, NULL, from, &data), "a dense layer's input gradient");
        chain_append_backward(c, chain_shim_step(c, data, 3, (void *[]){y.gradient, NULL, x.gradient}));
    }
    if (has_relu) append_relu_gradient(c, &y);
    od_layout_free(from);
    od_layout_free(to);
    return y;
}

#endif

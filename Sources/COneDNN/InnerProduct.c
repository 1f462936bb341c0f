/* Dense layers as oneDNN's inner product: forward and both gradients. */
#include "Internal.h"

static int prepare(
    odi_creation *c, const od_inner_product_shape *s, const od_layout *src, const od_layout *weights,
    const od_layout *dst, bool has_bias, bool relu) {
    const int64_t src_dims[] = {s->examples, s->inputs}, weights_dims[] = {s->outputs, s->inputs};
    const int64_t dst_dims[] = {s->examples, s->outputs};
    odi_require_thread();
    if (!odi_engine()) return OD_FAILED;
    int code = odi_layout_given(src, OD_FLOAT32, 2, src_dims, "a dense layer's input", &c->src);
    if (code == OD_OK)
        code = odi_layout_given(weights, OD_FLOAT32, 2, weights_dims, "a dense layer's weights", &c->weights);
    if (code == OD_OK)
        code = odi_layout_given(dst, OD_FLOAT32, 2, dst_dims, "a dense layer's output", &c->dst);
    if (code == OD_OK && has_bias) code = od_layout_plain(1, &s->outputs, &c->bias);
    if (code == OD_OK) code = odi_attributes(relu, &c->attributes);
    return code;
}

/* The forward descriptor that gradients are created from. */
static int prepare_hint(odi_creation *c, const od_inner_product_shape *shape) {
    odi_creation forward = {0};
    int code = prepare(&forward, shape, NULL, NULL, NULL, false, false);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_inner_product_forward(
                &c->hint, forward.src, forward.weights, NULL, forward.dst, forward.attributes),
            "describing the dense layer whose gradient is wanted");
    odi_release(&forward);
    return code;
}

int od_inner_product_forward(
    const od_inner_product_shape *shape, bool has_bias, bool relu,
    const od_layout *src, const od_layout *weights, const od_layout *dst, od_primitive **primitive) {
    const int names[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, has_bias ? DNNL_ARG_BIAS : 0, DNNL_ARG_DST};
    odi_creation c = {0};
    int code = prepare(&c, shape, src, weights, dst, has_bias, relu);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_inner_product_forward(
                &c.descriptor, c.src, c.weights, c.bias, c.dst, c.attributes),
            "describing a dense layer");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 4, names, primitive);
    odi_release(&c);
    return code;
}

int od_inner_product_backward_data(
    const od_inner_product_shape *shape,
    const od_layout *diff_dst, const od_layout *weights, const od_layout *diff_src,
    od_primitive **primitive) {
    const int names[] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC};
    odi_creation c = {0};
    int code = prepare(&c, shape, diff_src, weights, diff_dst, false, false);
    if (code == OD_OK) code = prepare_hint(&c, shape);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_inner_product_backward_data(
                &c.descriptor, c.src, c.weights, c.dst, c.hint, c.attributes),
            "describing a dense layer's input gradient");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 3, names, primitive);
    odi_release(&c);
    return code;
}

int od_inner_product_backward_weights(
    const od_inner_product_shape *shape, bool has_bias,
    const od_layout *src, const od_layout *diff_dst, const od_layout *diff_weights,
    od_primitive **primitive) {
    const int names[] = {
        DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, has_bias ? DNNL_ARG_DIFF_BIAS : 0};
    odi_creation c = {0};
    int code = prepare(&c, shape, src, diff_weights, diff_dst, has_bias, false);
    if (code == OD_OK) code = prepare_hint(&c, shape);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_inner_product_backward_weights(
                &c.descriptor, c.src, c.weights, c.bias, c.dst, c.hint, c.attributes),
            "describing a dense layer's weight gradient");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 4, names, primitive);
    odi_release(&c);
    return code;
}

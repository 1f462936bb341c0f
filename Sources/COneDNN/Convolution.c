/* Convolution: forward and both gradients. */
#include "Internal.h"

#include <inttypes.h>

/* The logical dimensions of a convolution's tensors, and the type of all but bias and weight gradients. */
typedef struct {
    int type;
    int weights_rank;
    int64_t src[4], weights[5], bias[1], dst[4];
} tensor_dims;

static int output_size(
    const char *name, int64_t size, int64_t kernel, int64_t stride, int64_t before, int64_t after,
    int64_t *out) {
    if (size < 1 || kernel < 1 || stride < 1 || before < 0 || after < 0)
        return odi_fail(
            "convolution %s: size %" PRId64 ", kernel %" PRId64 ", stride %" PRId64 " must be at least 1 and "
            "paddings %" PRId64 ", %" PRId64 " at least 0", name, size, kernel, stride, before, after);
    if (size + before + after < kernel)
        return odi_fail(
            "convolution %s: kernel %" PRId64 " exceeds the padded size %" PRId64, name, kernel,
            size + before + after);
    *out = (size + before + after - kernel) / stride + 1;
    return OD_OK;
}

int od_convolution_output(const od_convolution_shape *s, int64_t *height, int64_t *width) {
    const int code = output_size(
        "height", s->height, s->kernel_height, s->stride_height, s->padding_top, s->padding_bottom, height);
    if (code != OD_OK) return code;
    return output_size(
        "width", s->width, s->kernel_width, s->stride_width, s->padding_left, s->padding_right, width);
}

/* When the stride leaves a remainder no window reaches the last rows or columns. oneDNN's implementations
   expect the padding after the last element to end where the last window ends, below 0 if need be. */
static int64_t padding_after(int64_t out, int64_t stride, int64_t kernel, int64_t size, int64_t before) {
    return (out - 1) * stride + kernel - size - before;
}

static int geometry_of(
    const od_convolution_shape *s, int algorithm, tensor_dims *dims, odi_convolution_geometry *geometry) {
    static const dnnl_alg_kind_t algorithms[] = {
        dnnl_convolution_direct, dnnl_convolution_winograd, dnnl_convolution_auto};
    int64_t out_height = 0, out_width = 0;
    const int code = od_convolution_output(s, &out_height, &out_width);
    if (code != OD_OK) return code;
    if (algorithm < OD_DIRECT || algorithm > OD_AUTO)
        return odi_fail("convolution algorithm %d is not OD_DIRECT, OD_WINOGRAD or OD_AUTO", algorithm);
    if (s->type != OD_FLOAT32 && s->type != OD_BFLOAT16)
        return odi_fail("convolution: type %d is not OD_FLOAT32 or OD_BFLOAT16", s->type);
    if (s->groups < 1 || s->in_channels % s->groups != 0 || s->out_channels % s->groups != 0)
        return odi_fail(
            "convolution: %" PRId64 " groups must divide %" PRId64 " input and %" PRId64 " output channels",
            s->groups, s->in_channels, s->out_channels);
    const int64_t out = s->out_channels / s->groups, in = s->in_channels / s->groups;
    *dims = (tensor_dims){
        .type = s->type,
        .weights_rank = s->groups > 1 ? 5 : 4,
        .src = {s->examples, s->in_channels, s->height, s->width},
        .bias = {s->out_channels},
        .dst = {s->examples, s->out_channels, out_height, out_width},
    };
    int64_t *w = dims->weights;
    if (s->groups > 1) *w++ = s->groups;
    w[0] = out, w[1] = in, w[2] = s->kernel_height, w[3] = s->kernel_width;
    *geometry = (odi_convolution_geometry){
        .algorithm = algorithms[algorithm],
        .strides = {s->stride_height, s->stride_width},
        .padding_before = {s->padding_top, s->padding_left},
        .padding_after =
            {padding_after(out_height, s->stride_height, s->kernel_height, s->height, s->padding_top),
             padding_after(out_width, s->stride_width, s->kernel_width, s->width, s->padding_left)},
    };
    return OD_OK;
}

static int prepare(
    odi_creation *c, const tensor_dims *dims, int weights_type, const od_layout *src,
    const od_layout *weights, const od_layout *dst, bool has_bias, bool relu) {
    odi_require_thread();
    if (!odi_engine()) return OD_FAILED;
    int code = odi_layout_given(src, dims->type, 4, dims->src, "a convolution's input", &c->src);
    if (code == OD_OK)
        code = odi_layout_given(
            weights, weights_type, dims->weights_rank, dims->weights, "a convolution's weights", &c->weights);
    if (code == OD_OK)
        code = odi_layout_given(dst, dims->type, 4, dims->dst, "a convolution's output", &c->dst);
    if (code == OD_OK && has_bias) code = od_layout_plain(1, dims->bias, &c->bias);
    if (code == OD_OK) code = odi_attributes(relu, &c->attributes);
    return code;
}

/* Backward descriptors need a forward descriptor of the same operation. Its layouts do not matter to the
   CPU implementations, so oneDNN chooses them. */
static int prepare_hint(odi_creation *c, const tensor_dims *dims, const odi_convolution_geometry *geometry) {
    odi_creation forward = {0};
    int code = prepare(&forward, dims, dims->type, NULL, NULL, NULL, false, false);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_convolution_forward(
                &c->hint, geometry, forward.src, forward.weights, NULL, forward.dst, forward.attributes),
            "describing the convolution whose gradient is wanted");
    odi_release(&forward);
    return code;
}

int od_convolution_forward(
    const od_convolution_shape *shape, int algorithm, bool has_bias, bool relu,
    const od_layout *src, const od_layout *weights, const od_layout *dst, od_primitive **primitive) {
    const int names[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, has_bias ? DNNL_ARG_BIAS : 0, DNNL_ARG_DST};
    tensor_dims dims;
    odi_convolution_geometry geometry;
    odi_creation c = {0};
    int code = geometry_of(shape, algorithm, &dims, &geometry);
    if (code == OD_OK) code = prepare(&c, &dims, dims.type, src, weights, dst, has_bias, relu);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_convolution_forward(
                &c.descriptor, &geometry, c.src, c.weights, c.bias, c.dst, c.attributes),
            "describing a convolution");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 4, names, primitive);
    odi_release(&c);
    return code;
}

int od_convolution_backward_data(
    const od_convolution_shape *shape, int algorithm,
    const od_layout *diff_dst, const od_layout *weights, const od_layout *diff_src,
    od_primitive **primitive) {
    const int names[] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC};
    tensor_dims dims;
    odi_convolution_geometry geometry;
    odi_creation c = {0};
    int code = geometry_of(shape, algorithm, &dims, &geometry);
    if (code == OD_OK) code = prepare(&c, &dims, dims.type, diff_src, weights, diff_dst, false, false);
    if (code == OD_OK) code = prepare_hint(&c, &dims, &geometry);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_convolution_backward_data(
                &c.descriptor, &geometry, c.src, c.weights, c.dst, c.hint, c.attributes),
            "describing a convolution's input gradient");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 3, names, primitive);
    odi_release(&c);
    return code;
}

int od_convolution_backward_weights(
    const od_convolution_shape *shape, int algorithm, bool has_bias,
    const od_layout *src, const od_layout *diff_dst, const od_layout *diff_weights,
    od_primitive **primitive) {
    const int names[] = {
        DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, has_bias ? DNNL_ARG_DIFF_BIAS : 0};
    tensor_dims dims;
    odi_convolution_geometry geometry;
    odi_creation c = {0};
    int code = geometry_of(shape, algorithm, &dims, &geometry);
    if (code == OD_OK)
        code = prepare(&c, &dims, OD_FLOAT32, src, diff_weights, diff_dst, has_bias, false);
    if (code == OD_OK) code = prepare_hint(&c, &dims, &geometry);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_convolution_backward_weights(
                &c.descriptor, &geometry, c.src, c.weights, c.bias, c.dst, c.hint, c.attributes),
            "describing a convolution's weight gradient");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 4, names, primitive);
    odi_release(&c);
    return code;
}

// The bare chain of oneDNN primitives of one training step, for comparison: convolutions on blocked layouts, batch norm
// with fused ReLU and local statistics, pooling, dense layers; forward, backward by data and backward by weights. No
// data, loss, optimizer or exchange; residual additions are left out; filters stand in the primitives' layouts already.
//
// Use: onednn-chain WORKLOAD EXAMPLES [SECONDS] [winograd]; prints samples per second on one core as JSON.
#include "COneDNN.h"

#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if DNNL_VERSION_MAJOR >= 3

int main(void) {
    fprintf(stderr, "onednn-chain: written for oneDNN 2, this is %s\n", od_version());
    return 1;
}

#else

enum { MAX_STEPS = 256, MAX_ARGUMENTS = 8 };

typedef struct {
    od_call *call;           // a primitive of the project's shim,
    dnnl_primitive_t own;    // or one made here
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    int count;
} step;

static struct {
    step forward[MAX_STEPS], backward[MAX_STEPS];
    int forwards, backwards;
    size_t scratch_bytes;
    void *scratch;
    int block, algorithm;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
} chain;

static void fail(const char *what) {
    fprintf(stderr, "onednn-chain: %s: %s\n", what, od_last_error());
    exit(1);
}

static void need(dnnl_status_t status, const char *what) {
    if (status != dnnl_success) {
        fprintf(stderr, "onednn-chain: %s: oneDNN status %d\n", what, status);
        exit(1);
    }
}

// Memory of small numbers that are not all the same.
static void *memory(size_t bytes) {
    float *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) { exit(1); }
    for (size_t i = 0; i < (bytes + 3) / 4; i++) { p[i] = (float)(i * 7919 % 1000) / 1000 - 0.5f; }
    return p;
}

// An image on its way through the chain, and its gradient.
typedef struct {
    int64_t n, c, h, w;
    bool blocked;
    float *value, *gradient;
} image;

static od_layout *layout_of(image x) {
    const int64_t dims[4] = {x.n, x.c, x.h, x.w};
    od_layout *made = NULL;
    const int code = x.blocked ? od_layout_channels_blocked(dims, chain.block, &made) : od_layout_plain(4, dims, &made);
    if (code != OD_OK) { fail("layout"); }
    return made;
}

static image make_image(int64_t n, int64_t c, int64_t h, int64_t w, bool blocked) {
    image x = {n, c, h, w, blocked, NULL, NULL};
    od_layout *layout = layout_of(x);
    x.value = memory(od_layout_bytes(layout));
    x.gradient = memory(od_layout_bytes(layout));
    od_layout_free(layout);
    return x;
}

static step call(od_primitive *primitive, int arguments, void **pointers) {
    for (int i = 0; i < arguments; i++) {
        if (!pointers[i]) { pointers[i] = memory(od_layout_bytes(od_primitive_layout(primitive, i))); }
    }
    const size_t scratch = od_primitive_scratchpad_bytes(primitive);
    if (scratch > chain.scratch_bytes) { chain.scratch_bytes = scratch; }
    step s = {0};
    if (od_call_create(primitive, pointers, &s.call) != OD_OK) { fail("call"); }
    return s;
}

static image convolution(image x, int64_t out, int64_t kernel, int64_t stride, bool first) {
    const int64_t padding = kernel / 2;
    const od_convolution_shape s = {x.n, x.c, x.h, x.w, out, kernel, kernel, stride, stride, padding, padding,
                                    kernel == 1 ? 0 : padding - (stride - 1), kernel == 1 ? 0 : padding - (stride - 1), 1};
    const image y = make_image(x.n, out, x.h / stride, x.w / stride, true);
    od_layout *from = layout_of(x), *to = layout_of(y);
    const bool fast = chain.algorithm == OD_WINOGRAD && kernel == 3 && stride == 1 && x.c >= 16;
    const int algorithm = fast ? OD_WINOGRAD : OD_DIRECT;
    od_primitive *forward, *data, *weights;
    if (od_convolution_forward(&s, algorithm, false, false, from, NULL, to, &forward) != OD_OK
        || od_convolution_backward_weights(&s, algorithm, false, from, to, NULL, &weights) != OD_OK) {
        fail("convolution");
    }
    chain.forward[chain.forwards++] = call(forward, 4, (void *[]){x.value, NULL, (void *)1, y.value});
    // Backward steps run from the last to the first.
    if (!first) {
        if (od_convolution_backward_data(&s, algorithm, to, NULL, from, &data) != OD_OK) { fail("input gradient"); }
        chain.backward[chain.backwards++] = call(data, 3, (void *[]){y.gradient, NULL, x.gradient});
    }
    chain.backward[chain.backwards++] = call(weights, 4, (void *[]){x.value, y.gradient, NULL, (void *)1});
    return y;
}

static void add(step *s, int name, const dnnl_memory_desc_t *description, void *pointer) {
    dnnl_memory_t made;
    need(dnnl_memory_create(&made, description, chain.engine, pointer), "memory");
    s->arguments[s->count++] = (dnnl_exec_arg_t){name, made};
}

static dnnl_memory_desc_t describe(image x) {
    dnnl_memory_desc_t d;
    const dnnl_dims_t dims = {x.n, x.c, x.h, x.w};
    const dnnl_format_tag_t tag = chain.block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
    need(dnnl_memory_desc_init_by_tag(&d, 4, dims, dnnl_f32, tag), "description");
    return d;
}

static image batch_norm(image x) {
    const image y = make_image(x.n, x.c, x.h, x.w, true);
    const dnnl_memory_desc_t data = describe(x);
    dnnl_memory_desc_t channels, pairs;
    need(dnnl_memory_desc_init_by_tag(&channels, 1, (dnnl_dims_t){x.c}, dnnl_f32, dnnl_a), "channels");
    need(dnnl_memory_desc_init_by_tag(&pairs, 2, (dnnl_dims_t){2, x.c}, dnnl_f32, dnnl_ab), "scales");
    const unsigned flags = dnnl_use_scaleshift | dnnl_fuse_norm_relu;
    dnnl_batch_normalization_desc_t forward, backward;
    dnnl_primitive_desc_t made, gradient;
    need(dnnl_batch_normalization_forward_desc_init(&forward, dnnl_forward_training, &data, 1e-5f, flags), "batch norm");
    need(dnnl_primitive_desc_create(&made, &forward, NULL, chain.engine, NULL), "batch norm");
    need(dnnl_batch_normalization_backward_desc_init(&backward, dnnl_backward, &data, &data, 1e-5f, flags),
         "batch norm gradient");
    need(dnnl_primitive_desc_create(&gradient, &backward, NULL, chain.engine, made), "batch norm gradient");
    const dnnl_memory_desc_t *workspace = dnnl_primitive_desc_query_md(made, dnnl_query_workspace_md, 0);
    void *mask = memory(dnnl_memory_desc_get_size(workspace)), *scales = memory((size_t)x.c * 8);
    float *mean = memory((size_t)x.c * 4), *variance = memory((size_t)x.c * 4);
    step s = {0}, b = {0};
    need(dnnl_primitive_create(&s.own, made), "batch norm");
    add(&s, DNNL_ARG_SRC, &data, x.value);
    add(&s, DNNL_ARG_MEAN, &channels, mean);
    add(&s, DNNL_ARG_VARIANCE, &channels, variance);
    add(&s, DNNL_ARG_SCALE_SHIFT, &pairs, scales);
    add(&s, DNNL_ARG_DST, &data, y.value);
    add(&s, DNNL_ARG_WORKSPACE, workspace, mask);
    chain.forward[chain.forwards++] = s;
    need(dnnl_primitive_create(&b.own, gradient), "batch norm gradient");
    add(&b, DNNL_ARG_SRC, &data, x.value);
    add(&b, DNNL_ARG_MEAN, &channels, mean);
    add(&b, DNNL_ARG_VARIANCE, &channels, variance);
    add(&b, DNNL_ARG_SCALE_SHIFT, &pairs, scales);
    add(&b, DNNL_ARG_DIFF_DST, &data, y.gradient);
    add(&b, DNNL_ARG_WORKSPACE, workspace, mask);
    add(&b, DNNL_ARG_DIFF_SRC, &data, x.gradient);
    add(&b, DNNL_ARG_DIFF_SCALE_SHIFT, &pairs, memory((size_t)x.c * 8));
    chain.backward[chain.backwards++] = b;
    return y;
}

static image max_pool(image x) {
    const image y = make_image(x.n, x.c, x.h / 2, x.w / 2, true);
    const dnnl_memory_desc_t from = describe(x), to = describe(y);
    const dnnl_dims_t two = {2, 2}, none = {0, 0};
    dnnl_pooling_desc_t forward, backward;
    dnnl_primitive_desc_t made, gradient;
    need(dnnl_pooling_forward_desc_init(&forward, dnnl_forward_training, dnnl_pooling_max, &from, &to, two, two, none,
                                        none), "pooling");
    need(dnnl_primitive_desc_create(&made, &forward, NULL, chain.engine, NULL), "pooling");
    need(dnnl_pooling_backward_desc_init(&backward, dnnl_pooling_max, &from, &to, two, two, none, none),
         "pooling gradient");
    need(dnnl_primitive_desc_create(&gradient, &backward, NULL, chain.engine, made), "pooling gradient");
    const dnnl_memory_desc_t *workspace = dnnl_primitive_desc_query_md(made, dnnl_query_workspace_md, 0);
    void *indices = memory(dnnl_memory_desc_get_size(workspace));
    step s = {0}, b = {0};
    need(dnnl_primitive_create(&s.own, made), "pooling");
    add(&s, DNNL_ARG_SRC, &from, x.value);
    add(&s, DNNL_ARG_DST, &to, y.value);
    add(&s, DNNL_ARG_WORKSPACE, workspace, indices);
    chain.forward[chain.forwards++] = s;
    need(dnnl_primitive_create(&b.own, gradient), "pooling gradient");
    add(&b, DNNL_ARG_DIFF_DST, &to, y.gradient);
    add(&b, DNNL_ARG_DIFF_SRC, &from, x.gradient);
    add(&b, DNNL_ARG_WORKSPACE, workspace, indices);
    chain.backward[chain.backwards++] = b;
    return y;
}

static void dense(int64_t examples, const int64_t *sizes, int count, bool first) {
    float *x = memory((size_t)(examples * sizes[0]) * 4), *dx = memory((size_t)(examples * sizes[0]) * 4);
    for (int layer = 0; layer + 1 < count; layer++) {
        const od_inner_product_shape s = {examples, sizes[layer], sizes[layer + 1]};
        const int64_t in[2] = {examples, s.inputs}, out[2] = {examples, s.outputs};
        od_layout *from, *to;
        od_primitive *forward, *data, *weights;
        if (od_layout_plain(2, in, &from) != OD_OK || od_layout_plain(2, out, &to) != OD_OK
            || od_inner_product_forward(&s, true, layer + 2 < count, from, NULL, to, &forward) != OD_OK
            || od_inner_product_backward_weights(&s, true, from, to, NULL, &weights) != OD_OK) {
            fail("dense layer");
        }
        float *y = memory((size_t)(examples * s.outputs) * 4), *dy = memory((size_t)(examples * s.outputs) * 4);
        chain.forward[chain.forwards++] = call(forward, 4, (void *[]){x, NULL, NULL, y});
        if (layer > 0 || !first) {
            if (od_inner_product_backward_data(&s, to, NULL, from, &data) != OD_OK) { fail("input gradient"); }
            chain.backward[chain.backwards++] = call(data, 3, (void *[]){dy, NULL, dx});
        }
        chain.backward[chain.backwards++] = call(weights, 4, (void *[]){x, dy, NULL, NULL});
        x = y;
        dx = dy;
    }
}

static image block(image x, int64_t channels, int64_t stride) {
    if (stride > 1) { batch_norm(convolution(x, channels, 1, stride, false)); }
    const image y = batch_norm(convolution(x, channels, 3, stride, false));
    return batch_norm(convolution(y, channels, 3, 1, false));
}

static void build(const char *workload, int64_t n) {
    if (!strcmp(workload, "mlp")) {
        dense(n, (int64_t[]){784, 512, 256, 10}, 4, true);
    } else if (!strcmp(workload, "mlpbig")) {
        dense(n, (int64_t[]){784, 2048, 2048, 10}, 4, true);
    } else if (!strcmp(workload, "cnn")) {
        image x = max_pool(batch_norm(convolution(make_image(n, 1, 28, 28, false), 32, 3, 1, true)));
        max_pool(batch_norm(convolution(x, 64, 3, 1, false)));
        dense(n, (int64_t[]){3136, 128, 10}, 3, false);
    } else if (!strcmp(workload, "resnet20")) {
        image x = batch_norm(convolution(make_image(n, 1, 28, 28, false), 16, 3, 1, true));
        for (int64_t channels = 16; channels <= 64; channels *= 2) {
            for (int i = 0; i < 3; i++) { x = block(x, channels, channels > 16 && i == 0 ? 2 : 1); }
        }
        dense(n, (int64_t[]){64, 10}, 2, false);
    } else {
        fprintf(stderr, "onednn-chain: no workload %s: mlp, mlpbig, cnn or resnet20\n", workload);
        exit(64);
    }
}

static void run(step *s) {
    if (s->call) {
        if (od_call_run(s->call, chain.scratch) != OD_OK) { fail("run"); }
    } else {
        need(dnnl_primitive_execute(s->own, chain.stream, s->count, s->arguments), "run");
        need(dnnl_stream_wait(chain.stream), "run");
    }
}

static void pass(void) {
    for (int i = 0; i < chain.forwards; i++) { run(&chain.forward[i]); }
    for (int i = chain.backwards - 1; i >= 0; i--) { run(&chain.backward[i]); }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
    const int64_t examples = count > 2 ? atoll(arguments[2]) : 0;
    if (examples < 1) {
        fprintf(stderr, "onednn-chain: use: onednn-chain mlp|mlpbig|cnn|resnet20 EXAMPLES [SECONDS] [winograd]\n");
        return 64;
    }
    const double seconds = count > 3 ? atof(arguments[3]) : 2;
    chain.algorithm = count > 4 && !strcmp(arguments[4], "winograd") ? OD_WINOGRAD : OD_DIRECT;
    od_set_thread();
    chain.block = od_isa() == OD_ISA_AVX512 ? 16 : 8;
    need(dnnl_engine_create(&chain.engine, dnnl_cpu, 0), "engine");
    need(dnnl_stream_create(&chain.stream, chain.engine, dnnl_stream_default_flags), "stream");
    build(arguments[1], examples);
    chain.scratch = memory(chain.scratch_bytes + 64);
    pass();
    const double start = now();
    double end = start;
    long passes = 0;
    for (; end - start < seconds; end = now(), passes++) { pass(); }
    printf("{\"workload\": \"%s\", \"examples\": %lld, \"winograd\": %s, \"samples_per_second\": %.1f}\n", arguments[1],
           (long long)examples, chain.algorithm == OD_WINOGRAD ? "true" : "false",
           (double)(passes * examples) / (end - start));
    return 0;
}

#endif

/* The bare chain of oneDNN primitives of one training step, on one core, as a measure for dtrain's speed.

   Convolutions and batch norm on blocked activations, batch norm with local moments and fused ReLU, pooling,
   dense layers with bias and ReLU; forward, then the gradients of inputs and weights. Weights stand in the
   layouts that the primitives prefer. There is no data, loss, optimizer, exchange or residual addition.
   Prints one JSON line.

   Use: onednn-chain mlp|mlpbig|cnn|resnet20 [--examples N] [--seconds T] [--winograd] */
#include "Chain.h"

#include <stdio.h>

#if DNNL_VERSION_MAJOR >= 3

int main(void) {
    fprintf(
        stderr, "onednn-chain: needs the interface of oneDNN 2; this is built with oneDNN %d\n",
        DNNL_VERSION_MAJOR);
    return 1;
}

#else

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const char *workload;
    int64_t examples;
    double seconds;
    bool tries_winograd;
} options;

static int usage(const char *why) {
    fprintf(
        stderr,
        "onednn-chain: %s\n"
        "use: onednn-chain mlp|mlpbig|cnn|resnet20 [--examples N] [--seconds T] [--winograd]\n", why);
    return 64;
}

/* 0, or the exit code of a wrong command line. */
static int read_options(int count, char **arguments, options *o) {
    *o = (options){.examples = 32, .seconds = 2};
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (!strcmp(name, "--winograd")) {
            o->tries_winograd = true;
        } else if (!strcmp(name, "--examples") || !strcmp(name, "--seconds")) {
            char *end = NULL;
            const double value = ++i < count ? strtod(arguments[i], &end) : 0;
            if (!end || *end || !(value > 0 && value < 1e6)) return usage("an option needs a number above 0");
            if (!strcmp(name, "--seconds")) o->seconds = value;
            else if ((o->examples = (int64_t)value) < 1) return usage("--examples counts from 1");
        } else if (name[0] == '-' || o->workload) {
            return usage("unknown argument");
        } else {
            o->workload = name;
        }
    }
    return o->workload ? 0 : usage("no workload is named");
}

static void append_mlp(chain *c, int64_t examples, int64_t first, int64_t second) {
    chain_image x = chain_make_image(c, examples, 784, 1, 1, false);
    x = chain_dense(c, x, first, true, false);
    x = chain_dense(c, x, second, true, true);
    chain_dense(c, x, 10, false, true);
}

static void append_cnn(chain *c, int64_t examples) {
    chain_image x = chain_make_image(c, examples, 1, 28, 28, false);
    x = chain_batch_norm(c, chain_convolution(c, x, 32, 3, 1, false));
    x = chain_pooling(c, x, dnnl_pooling_max, 2);
    x = chain_batch_norm(c, chain_convolution(c, x, 64, 3, 1, true));
    x = chain_pooling(c, x, dnnl_pooling_max, 2);
    x = chain_dense(c, x, 128, true, true);
    chain_dense(c, x, 10, false, true);
}

static void append_resnet20(chain *c, int64_t examples) {
    chain_image x = chain_make_image(c, examples, 1, 28, 28, false);
    x = chain_batch_norm(c, chain_convolution(c, x, 16, 3, 1, false));
    for (int64_t channels = 16; channels <= 64; channels *= 2) {
        for (int place = 0; place < 3; place++) {
            const int64_t stride = channels > 16 && place == 0 ? 2 : 1;
            if (stride > 1) chain_batch_norm(c, chain_convolution(c, x, channels, 1, stride, true));
            x = chain_batch_norm(c, chain_convolution(c, x, channels, 3, stride, true));
            x = chain_batch_norm(c, chain_convolution(c, x, channels, 3, 1, true));
        }
    }
    x = chain_pooling(c, x, dnnl_pooling_avg_exclude_padding, 7);
    chain_dense(c, x, 10, false, true);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Steps a second over at least the given time. */
static double steps_per_second(chain *c, double seconds) {
    const double start = now();
    double elapsed = 0;
    int64_t steps = 0;
    while (elapsed < seconds) {
        chain_run(c);
        steps++;
        elapsed = now() - start;
    }
    return (double)steps / elapsed;
}

int main(int count, char **arguments) {
    options o;
    const int code = read_options(count, arguments, &o);
    if (code != 0) return code;
    static chain c;
    chain_create(&c, o.tries_winograd);
    if (!strcmp(o.workload, "mlp")) append_mlp(&c, o.examples, 512, 256);
    else if (!strcmp(o.workload, "mlpbig")) append_mlp(&c, o.examples, 2048, 2048);
    else if (!strcmp(o.workload, "cnn")) append_cnn(&c, o.examples);
    else if (!strcmp(o.workload, "resnet20")) append_resnet20(&c, o.examples);
    else return usage("there is no such workload");

    steps_per_second(&c, o.seconds / 10);
    const double rate = steps_per_second(&c, o.seconds);
    printf(
        "{\"workload\": \"%s\", \"examples\": %lld, \"onednn\": \"%s\", \"block\": %d, \"primitives\": %d, "
        "\"winograd_primitives\": %d, \"samples_per_second\": %.1f}\n",
        o.workload, (long long)o.examples, od_version(), c.block, c.forward_count + c.backward_count,
        c.winograd_count, rate * (double)o.examples);
    return 0;
}

#endif

/* Memory, steps and running of a chain. */
#include "Chain.h"

#if DNNL_VERSION_MAJOR < 3

#include <stdio.h>
#include <stdlib.h>

void chain_require(dnnl_status_t status, const char *what) {
    if (status == dnnl_success) return;
    fprintf(stderr, "onednn-chain: %s: oneDNN %s gives status %d\n", what, od_version(), (int)status);
    exit(1);
}

void chain_require_shim(int code, const char *what) {
    if (code == OD_OK) return;
    fprintf(stderr, "onednn-chain: %s: %s\n", what, od_last_error());
    exit(1);
}

void chain_create(chain *c, bool tries_winograd) {
    *c = (chain){.tries_winograd = tries_winograd};
    od_set_thread();
    c->block = od_isa() >= OD_ISA_AVX512 ? 16 : 8;
    chain_require(dnnl_engine_create(&c->engine, dnnl_cpu, 0), "creating the engine");
    chain_require(
        dnnl_stream_create(&c->stream, c->engine, dnnl_stream_default_flags), "creating the stream");
}

void *chain_memory(size_t bytes) {
    const size_t count = (bytes + 63) / 64 * 16 + 16;
    float *values = aligned_alloc(64, count * sizeof *values);
    if (!values) {
        fprintf(stderr, "onednn-chain: no memory for %zu bytes\n", bytes);
        exit(1);
    }
    for (size_t i = 0; i < count; i++) values[i] = (float)(i * 7919 % 1009) / 1009 - 0.5f;
    return values;
}

od_layout *chain_layout(const chain *c, const chain_image *x) {
    const int64_t dims[4] = {x->n, x->c, x->h, x->w};
    od_layout *layout = NULL;
    chain_require_shim(
        x->is_blocked ? od_layout_channels_blocked(dims, c->block, &layout)
                      : od_layout_plain(4, dims, &layout),
        "describing activations");
    return layout;
}

chain_image chain_make_image(
    const chain *c, int64_t n, int64_t channels, int64_t h, int64_t w, bool is_blocked) {
    chain_image x = {.n = n, .c = channels, .h = h, .w = w, .is_blocked = is_blocked};
    od_layout *layout = chain_layout(c, &x);
    x.value = chain_memory(od_layout_bytes(layout));
    x.gradient = chain_memory(od_layout_bytes(layout));
    od_layout_free(layout);
    return x;
}

chain_step chain_shim_step(chain *c, od_primitive *primitive, int count, void **pointers) {
    for (int i = 0; i < count; i++) {
        const od_layout *layout = od_primitive_layout(primitive, i);
        if (layout && !pointers[i]) pointers[i] = chain_memory(od_layout_bytes(layout));
    }
    const size_t bytes = od_primitive_scratchpad_bytes(primitive);
    if (bytes > c->scratch_bytes) c->scratch_bytes = bytes;
    chain_step step = {0};
    chain_require_shim(od_call_create(primitive, pointers, &step.call), "binding a primitive");
    return step;
}

chain_step chain_own_step(dnnl_primitive_desc_t description) {
    chain_step step = {0};
    chain_require(dnnl_primitive_create(&step.primitive, description), "creating a primitive");
    return step;
}

void chain_bind(
    const chain *c, chain_step *step, int argument, const dnnl_memory_desc_t *description, void *pointer) {
    dnnl_memory_t memory = NULL;
    chain_require(dnnl_memory_create(&memory, description, c->engine, pointer), "binding memory");
    step->arguments[step->argument_count++] = (dnnl_exec_arg_t){argument, memory};
}

static void append(chain_step *steps, int *count, chain_step step) {
    if (*count == CHAIN_MAX_STEPS) {
        fprintf(stderr, "onednn-chain: more than %d steps\n", CHAIN_MAX_STEPS);
        exit(1);
    }
    steps[(*count)++] = step;
}

void chain_append_forward(chain *c, chain_step step) { append(c->forward, &c->forward_count, step); }

void chain_append_backward(chain *c, chain_step step) { append(c->backward, &c->backward_count, step); }

static void run(chain *c, const chain_step *step) {
    if (step->call) {
        chain_require_shim(od_call_run(step->call, c->scratch), "running a primitive");
        return;
    }
    chain_require(
        dnnl_primitive_execute(step->primitive, c->stream, step->argument_count, step->arguments),
        "running a primitive");
    chain_require(dnnl_stream_wait(c->stream), "waiting for a primitive");
}

void chain_run(chain *c) {
    if (!c->scratch) c->scratch = chain_memory(c->scratch_bytes);
    for (int i = 0; i < c->forward_count; i++) run(c, &c->forward[i]);
    for (int i = c->backward_count - 1; i >= 0; i--) run(c, &c->backward[i]);
}

#endif

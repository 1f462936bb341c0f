// Optimizer steps and sums over parameters.
//
// The steps follow torch.optim's single-tensor form operation by operation, each rounded to Float32 as
// torch's separate tensor operations are; scalars derived from hyperparameters are computed in Float64 and
// rounded once, as Python computes them.
#ifndef DTRAIN_KERNELS_PARAMETERS_H
#define DTRAIN_KERNELS_PARAMETERS_H

#include "common.h"

// Calls `step(i, lanes)` over 0 ..< count, sixteen elements at a time, the remainder once.
#define PARAMETERS_WALK(count, step)                                   \
    do {                                                               \
        int64_t i_ = 0;                                                \
        for (; i_ + DT_LANES <= (count); i_ += DT_LANES) { step(i_, DT_LANES); } \
        if (i_ < (count)) { step(i_, (count) - i_); }                  \
    } while (0)

DT_INLINE f32x16 parameters_load(const float *p, int64_t lanes) {
    return lanes == DT_LANES ? load_f32(p) : load_partial_f32(p, lanes, 0.0f);
}

DT_INLINE void parameters_store(float *p, f32x16 v, int64_t lanes) {
    if (lanes == DT_LANES) {
        store_f32(p, v);
    } else {
        store_partial_f32(p, v, lanes);
    }
}

// Stores past the caches. Weights that other ranks of the node have read stand in their caches too, and a plain
// store waits until each line has been taken away from them: where cores share no cache that made an update
// ten times as long (0.72 against 0.07 ms for 268,000 weights, cores 190 ns apart).
DT_INLINE void parameters_publish(float *p, f32x16 v, int64_t lanes) {
    if (lanes == DT_LANES && (uintptr_t)p % sizeof v == 0) {
        __builtin_nontemporal_store(v, (f32x16 *)p);
    } else {
        parameters_store(p, v, lanes);
    }
}

// Such stores are not ordered with others, so whoever is told that they are done must not be told before.
DT_INLINE void parameters_published(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

// ---- SGD ----

typedef struct {
    float lr, momentum, one_minus_dampening, weight_decay;
    bool nesterov, first_step;
} sgd_scalars;

DT_INLINE void sgd_lanes(sgd_scalars s, float *w, const float *g, float *velocity, int64_t lanes) {
    const f32x16 weight = parameters_load(w, lanes);
    f32x16 gradient = parameters_load(g, lanes);
    // torch skips the operation at zero, which matters where 0*w would be NaN.
    if (s.weight_decay != 0) { gradient = gradient + s.weight_decay * weight; }
    if (s.momentum != 0) {
        f32x16 v = gradient;
        if (!s.first_step) {
            v = parameters_load(velocity, lanes) * s.momentum + s.one_minus_dampening * gradient;
        }
        parameters_store(velocity, v, lanes);
        gradient = s.nesterov ? gradient + s.momentum * v : v;
    }
    parameters_publish(w, weight - s.lr * gradient, lanes);
}

static void sgd(dt_sgd h, int64_t count, float *w, const float *g, float *velocity) {
    const sgd_scalars s = {(float)h.lr, (float)h.momentum, (float)(1.0 - (double)h.dampening),
                           (float)h.weight_decay, h.nesterov, h.first_step};
#define SGD_STEP(i, lanes) sgd_lanes(s, w + (i), g + (i), velocity + (i), lanes)
    PARAMETERS_WALK(count, SGD_STEP);
#undef SGD_STEP
    parameters_published();
}

// ---- Adam ----

typedef struct {
    float step, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon, decay, bias_correction2_sqrt;
    bool decays, decoupled;
} adam_scalars;

DT_INLINE void adam_lanes(adam_scalars s, float *w, const float *g, float *m, float *v, int64_t lanes) {
    f32x16 weight = parameters_load(w, lanes), gradient = parameters_load(g, lanes);
    if (s.decays) {
        if (s.decoupled) {
            weight = weight * s.decay;
        } else {
            gradient = gradient + s.decay * weight;
        }
    }
    f32x16 first = parameters_load(m, lanes), second = parameters_load(v, lanes);
    // torch's lerp starts from the nearer end.
    const f32x16 way = gradient - first;
    first = s.one_minus_beta1 < 0.5f ? first + s.one_minus_beta1 * way : gradient - way * s.beta1;
    second = second * s.beta2 + (s.one_minus_beta2 * gradient) * gradient;
    const f32x16 denominator = __builtin_elementwise_sqrt(second) / s.bias_correction2_sqrt + s.epsilon;
    parameters_store(m, first, lanes);
    parameters_store(v, second, lanes);
    parameters_publish(w, weight - (s.step * first) / denominator, lanes);
}

static void adam(dt_adam h, int64_t count, float *w, const float *g, float *m, float *v) {
    const double lr = h.lr, decay = h.weight_decay;
    adam_scalars s;
    s.step = (float)(lr / (double)h.bias_correction1);
    s.one_minus_beta1 = (float)(1.0 - (double)h.beta1);
    s.beta1 = 1.0f - s.one_minus_beta1;  // only used where lerp computes it so, from its Float32 weight
    s.beta2 = (float)h.beta2;
    s.one_minus_beta2 = (float)(1.0 - (double)h.beta2);
    s.epsilon = (float)h.epsilon;
    s.decay = h.decoupled ? (float)(1.0 - lr * decay) : (float)decay;
    s.bias_correction2_sqrt = (float)h.bias_correction2_sqrt;
    s.decays = decay != 0;
    s.decoupled = h.decoupled;
#define ADAM_STEP(i, lanes) adam_lanes(s, w + (i), g + (i), m + (i), v + (i), lanes)
    PARAMETERS_WALK(count, ADAM_STEP);
#undef ADAM_STEP
    parameters_published();
}

// ---- sums ----

static double sum_of_squares(int64_t count, const float *x) {
    f64x16 sum = 0.0;
#define SQUARE_STEP(i, lanes)                                   \
    do {                                                        \
        const f64x16 v_ = widen(parameters_load(x + (i), lanes)); \
        sum += v_ * v_;                                         \
    } while (0)
    PARAMETERS_WALK(count, SQUARE_STEP);
#undef SQUARE_STEP
    return fold_sum(sum);
}

static void add(int64_t count, const float *a, const float *b, float *out) {
#define ADD_STEP(i, lanes) \
    parameters_store(out + (i), parameters_load(a + (i), lanes) + parameters_load(b + (i), lanes), lanes)
    PARAMETERS_WALK(count, ADD_STEP);
#undef ADD_STEP
}

static void add_f64(int64_t count, const double *a, const double *b, double *out) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_f64(out + i, load_f64(a + i) + load_f64(b + i)); }
    for (; i < count; i++) { out[i] = a[i] + b[i]; }
}

#endif

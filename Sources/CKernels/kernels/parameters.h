// Walking over parameters, the steps of SGD and Adam, and sums.
//
// The steps here and in moment_rules.h, rate_rules.h and measured_rules.h follow torch.optim's single-tensor form
// operation by operation, each rounded to Float32 as torch's separate tensor operations are; scalars derived from
// hyperparameters are computed in Float64 and rounded once, as Python computes them.
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

// Stores past the caches. Weights that other ranks of the node have read are in their caches too, and a plain store
// waits until each line has been invalidated there: where cores share no cache that made an update ten times as long
// (0.72 against 0.07 ms for 268,000 weights, cores 190 ns apart).
DT_INLINE void parameters_publish(float *p, f32x16 v, int64_t lanes) {
    if (lanes == DT_LANES && (uintptr_t)p % sizeof v == 0) {
        __builtin_nontemporal_store(v, (f32x16 *)p);
    } else {
        parameters_store(p, v, lanes);
    }
}

// Such stores are not ordered with others: call this before anybody is told that they are done.
DT_INLINE void parameters_published(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

// ---- SGD ----

typedef struct {
    float lr, momentum, one_minus_dampening, weight_decay;
    bool has_velocity, nesterov, first_step;
} sgd_scalars;

DT_INLINE void sgd_lanes(sgd_scalars s, float *w, const float *g, float *velocity, int64_t lanes) {
    const f32x16 weight = parameters_load(w, lanes);
    f32x16 gradient = parameters_load(g, lanes);
    // torch skips the operation at zero, which matters where 0*w would be NaN.
    if (s.weight_decay != 0) { gradient = gradient + s.weight_decay * weight; }
    if (s.has_velocity) {
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
                           (float)h.weight_decay, h.has_velocity, h.nesterov, h.first_step};
#define SGD_STEP(i, lanes) sgd_lanes(s, w + (i), g + (i), velocity + (i), lanes)
    PARAMETERS_WALK(count, SGD_STEP);
#undef SGD_STEP
    parameters_published();
}

// ---- Adam ----

// The running means m and v of g and of g*g.
typedef struct {
    float beta1, one_minus_beta1, beta2, one_minus_beta2;
} moment_scalars;

DT_INLINE moment_scalars moments_decaying(double beta1, double beta2) {
    moment_scalars s;
    s.one_minus_beta1 = (float)(1.0 - beta1);
    s.beta1 = 1.0f - s.one_minus_beta1;  // only used where lerp computes it so, from its Float32 weight
    s.beta2 = (float)beta2;
    s.one_minus_beta2 = (float)(1.0 - beta2);
    return s;
}

// torch's lerp, which starts from the nearer end; rest is 1 - weight in Float32.
DT_INLINE f32x16 parameters_lerp(f32x16 from, f32x16 to, float weight, float rest) {
    const f32x16 way = to - from;
    return weight < 0.5f ? from + weight * way : to - way * rest;
}

DT_INLINE f32x16 first_moment(moment_scalars s, f32x16 m, f32x16 gradient) {
    return parameters_lerp(m, gradient, s.one_minus_beta1, s.beta1);
}

DT_INLINE f32x16 second_moment(moment_scalars s, f32x16 v, f32x16 gradient) {
    return v * s.beta2 + (s.one_minus_beta2 * gradient) * gradient;
}

// Weight decay, of the weights themselves or through the gradient. torch skips it at zero, which matters where 0*w
// would be NaN.
typedef struct {
    float decay;
    bool decays, decoupled;
} decay_scalars;

DT_INLINE decay_scalars decay_of(double lr, double weight_decay, bool decoupled) {
    return (decay_scalars){decoupled ? (float)(1.0 - lr * weight_decay) : (float)weight_decay,
                           weight_decay != 0, decoupled};
}

DT_INLINE f32x16 decayed_weight(decay_scalars s, f32x16 weight) {
    return s.decays && s.decoupled ? weight * s.decay : weight;
}

DT_INLINE f32x16 decayed_gradient(decay_scalars s, f32x16 weight, f32x16 gradient) {
    return s.decays && !s.decoupled ? gradient + s.decay * weight : gradient;
}

typedef struct {
    float step, epsilon, bias_correction2_sqrt;
    moment_scalars moments;
    decay_scalars decay;
} adam_scalars;

// Adam if `largest` is NULL, else AMSGrad.
DT_INLINE void adam_lanes(
    adam_scalars s, float *w, const float *g, float *m, float *v, float *largest, int64_t lanes
) {
    const f32x16 old = parameters_load(w, lanes);
    const f32x16 weight = decayed_weight(s.decay, old);
    const f32x16 gradient = decayed_gradient(s.decay, old, parameters_load(g, lanes));
    const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
    const f32x16 second = second_moment(s.moments, parameters_load(v, lanes), gradient);
    f32x16 scale = second;
    if (largest) {
        scale = larger_f32(parameters_load(largest, lanes), second);
        parameters_store(largest, scale, lanes);
    }
    const f32x16 denominator = __builtin_elementwise_sqrt(scale) / s.bias_correction2_sqrt + s.epsilon;
    parameters_store(m, first, lanes);
    parameters_store(v, second, lanes);
    parameters_publish(w, weight - (s.step * first) / denominator, lanes);
}

DT_INLINE adam_scalars adam_scalars_of(dt_adam h) {
    adam_scalars s;
    s.step = (float)(h.lr / h.bias_correction1);
    s.epsilon = (float)h.epsilon;
    s.bias_correction2_sqrt = (float)h.bias_correction2_sqrt;
    s.moments = moments_decaying(h.beta1, h.beta2);
    s.decay = decay_of(h.lr, h.weight_decay, h.decoupled);
    return s;
}

static void adam(dt_adam h, int64_t count, float *w, const float *g, float *m, float *v) {
    const adam_scalars s = adam_scalars_of(h);
#define ADAM_STEP(i, lanes) adam_lanes(s, w + (i), g + (i), m + (i), v + (i), NULL, lanes)
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

static double dot(int64_t count, const float *a, const float *b) {
    f64x16 sum = 0.0;
#define DOT_STEP(i, lanes) \
    sum += widen(parameters_load(a + (i), lanes)) * widen(parameters_load(b + (i), lanes))
    PARAMETERS_WALK(count, DOT_STEP);
#undef DOT_STEP
    return fold_sum(sum);
}

static void clamp(int64_t count, float limit, float *x) {
#define CLAMP_STEP(i, lanes)                                    \
    do {                                                        \
        f32x16 v_ = parameters_load(x + (i), lanes);            \
        v_ = v_ < -limit ? (f32x16)(-limit) : v_;               \
        v_ = v_ > limit ? (f32x16)limit : v_;                   \
        parameters_store(x + (i), v_, lanes);                   \
    } while (0)
    PARAMETERS_WALK(count, CLAMP_STEP);
#undef CLAMP_STEP
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

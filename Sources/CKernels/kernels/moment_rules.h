// Optimizer steps that divide a running mean of the gradient by one of its size: Adam's descendants.
#ifndef DTRAIN_KERNELS_MOMENT_RULES_H
#define DTRAIN_KERNELS_MOMENT_RULES_H

#include "parameters.h"

// ---- AMSGrad ----

static void amsgrad(
    dt_adam h, int64_t count, float *w, const float *g, float *m, float *v, float *largest
) {
    const adam_scalars s = adam_scalars_of(h);
#define AMSGRAD_STEP(i, lanes) adam_lanes(s, w + (i), g + (i), m + (i), v + (i), largest + (i), lanes)
    PARAMETERS_WALK(count, AMSGRAD_STEP);
#undef AMSGRAD_STEP
    parameters_published();
}

// ---- NAdam ----

typedef struct {
    float gradient_step, moment_step, bias_correction2, epsilon;
    moment_scalars moments;
    decay_scalars decay;
} nadam_scalars;

DT_INLINE void nadam_lanes(nadam_scalars s, float *w, const float *g, float *m, float *v, int64_t lanes) {
    const f32x16 old = parameters_load(w, lanes);
    f32x16 weight = decayed_weight(s.decay, old);
    const f32x16 gradient = decayed_gradient(s.decay, old, parameters_load(g, lanes));
    const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
    const f32x16 second = second_moment(s.moments, parameters_load(v, lanes), gradient);
    const f32x16 denominator = __builtin_elementwise_sqrt(second / s.bias_correction2) + s.epsilon;
    parameters_store(m, first, lanes);
    parameters_store(v, second, lanes);
    weight = weight - (s.gradient_step * gradient) / denominator;
    parameters_publish(w, weight - (s.moment_step * first) / denominator, lanes);
}

static void nadam(dt_nadam h, int64_t count, float *w, const float *g, float *m, float *v) {
    const nadam_scalars s = {
        (float)h.gradient_step, (float)h.moment_step, (float)h.bias_correction2, (float)h.epsilon,
        moments_decaying(h.beta1, h.beta2), decay_of(h.lr, h.weight_decay, h.decoupled)};
#define NADAM_STEP(i, lanes) nadam_lanes(s, w + (i), g + (i), m + (i), v + (i), lanes)
    PARAMETERS_WALK(count, NADAM_STEP);
#undef NADAM_STEP
    parameters_published();
}

// ---- RAdam ----

typedef struct {
    float lr, bias_correction1, bias_correction2_sqrt, rectification, epsilon;
    bool adaptive;
    moment_scalars moments;
    decay_scalars decay;
} radam_scalars;

DT_INLINE void radam_lanes(radam_scalars s, float *w, const float *g, float *m, float *v, int64_t lanes) {
    const f32x16 old = parameters_load(w, lanes);
    const f32x16 weight = decayed_weight(s.decay, old);
    const f32x16 gradient = decayed_gradient(s.decay, old, parameters_load(g, lanes));
    const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
    const f32x16 second = second_moment(s.moments, parameters_load(v, lanes), gradient);
    parameters_store(m, first, lanes);
    parameters_store(v, second, lanes);
    f32x16 step = first / s.bias_correction1 * s.lr;
    if (s.adaptive) {
        // torch divides a number by a tensor as number * (1/tensor).
        const f32x16 rate = 1.0f / (__builtin_elementwise_sqrt(second) + s.epsilon) * s.bias_correction2_sqrt;
        step = step * rate * s.rectification;
    }
    parameters_publish(w, weight - step, lanes);
}

static void radam(dt_radam h, int64_t count, float *w, const float *g, float *m, float *v) {
    const radam_scalars s = {
        (float)h.lr, (float)h.bias_correction1, (float)h.bias_correction2_sqrt, (float)h.rectification,
        (float)h.epsilon, h.adaptive, moments_decaying(h.beta1, h.beta2),
        decay_of(h.lr, h.weight_decay, h.decoupled)};
#define RADAM_STEP(i, lanes) radam_lanes(s, w + (i), g + (i), m + (i), v + (i), lanes)
    PARAMETERS_WALK(count, RADAM_STEP);
#undef RADAM_STEP
    parameters_published();
}

// ---- Adamax ----

typedef struct {
    float step, epsilon;
    moment_scalars moments;
    decay_scalars decay;
} adamax_scalars;

DT_INLINE void adamax_lanes(adamax_scalars s, float *w, const float *g, float *m, float *norm, int64_t lanes) {
    const f32x16 weight = parameters_load(w, lanes);
    const f32x16 gradient = decayed_gradient(s.decay, weight, parameters_load(g, lanes));
    const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
    const f32x16 size = __builtin_elementwise_abs(gradient) + s.epsilon;
    const f32x16 largest = larger_f32(parameters_load(norm, lanes) * s.moments.beta2, size);
    parameters_store(m, first, lanes);
    parameters_store(norm, largest, lanes);
    parameters_publish(w, weight - (s.step * first) / largest, lanes);
}

static void adamax(dt_adamax h, int64_t count, float *w, const float *g, float *m, float *norm) {
    const adamax_scalars s = {(float)(h.lr / h.bias_correction1), (float)h.epsilon,
                              moments_decaying(h.beta1, h.beta2), decay_of(h.lr, h.weight_decay, false)};
#define ADAMAX_STEP(i, lanes) adamax_lanes(s, w + (i), g + (i), m + (i), norm + (i), lanes)
    PARAMETERS_WALK(count, ADAMAX_STEP);
#undef ADAMAX_STEP
    parameters_published();
}

#endif

// The element-wise passes of optimizers that need sums over whole tensors in between, and lookahead's.
#ifndef DTRAIN_KERNELS_MEASURED_RULES_H
#define DTRAIN_KERNELS_MEASURED_RULES_H

#include "parameters.h"

// ---- LARS ----

typedef struct {
    float rate, momentum;
    decay_scalars decay;
} lars_scalars;

DT_INLINE void lars_lanes(lars_scalars s, float *w, const float *g, float *velocity, int64_t lanes) {
    const f32x16 weight = parameters_load(w, lanes);
    const f32x16 gradient = decayed_gradient(s.decay, weight, parameters_load(g, lanes));
    const f32x16 v = parameters_load(velocity, lanes) * s.momentum + s.rate * gradient;
    parameters_store(velocity, v, lanes);
    parameters_publish(w, weight - v, lanes);
}

static void lars(dt_lars h, int64_t count, float *w, const float *g, float *velocity) {
    const lars_scalars s = {(float)h.rate, (float)h.momentum, decay_of(0, h.weight_decay, false)};
#define LARS_STEP(i, lanes) lars_lanes(s, w + (i), g + (i), velocity + (i), lanes)
    PARAMETERS_WALK(count, LARS_STEP);
#undef LARS_STEP
    parameters_published();
}

// ---- LAMB ----

typedef struct {
    float bias_correction1, bias_correction2_sqrt, epsilon;
    moment_scalars moments;
    decay_scalars decay;
} lamb_scalars;

DT_INLINE void lamb_lanes(lamb_scalars s, const float *w, float *g, float *m, float *v, int64_t lanes) {
    const f32x16 gradient = parameters_load(g, lanes);
    const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
    const f32x16 second = second_moment(s.moments, parameters_load(v, lanes), gradient);
    parameters_store(m, first, lanes);
    parameters_store(v, second, lanes);
    const f32x16 denominator = __builtin_elementwise_sqrt(second) / s.bias_correction2_sqrt + s.epsilon;
    const f32x16 direction = first / s.bias_correction1 / denominator;
    // Decay is added after the division, because the trust ratio counts it as a part of the direction.
    parameters_store(g, decayed_gradient(s.decay, parameters_load(w, lanes), direction), lanes);
}

static void lamb_direction(dt_adam h, int64_t count, const float *w, float *g, float *m, float *v) {
    const lamb_scalars s = {(float)h.bias_correction1, (float)h.bias_correction2_sqrt, (float)h.epsilon,
                            moments_decaying(h.beta1, h.beta2), decay_of(0, h.weight_decay, false)};
#define LAMB_STEP(i, lanes) lamb_lanes(s, w + (i), g + (i), m + (i), v + (i), lanes)
    PARAMETERS_WALK(count, LAMB_STEP);
#undef LAMB_STEP
}

// ---- SWATS ----

typedef struct {
    float beta1, epsilon;
    bool sgd, restart;
    moment_scalars moments;
    decay_scalars decay;
} swats_scalars;

DT_INLINE void swats_lanes(swats_scalars s, const float *w, float *g, float *m, float *v, int64_t lanes) {
    const f32x16 gradient = decayed_gradient(s.decay, parameters_load(w, lanes), parameters_load(g, lanes));
    f32x16 direction = gradient;
    if (s.sgd) {
        if (!s.restart) { direction = parameters_load(m, lanes) * s.beta1 + gradient; }
        parameters_store(m, direction, lanes);
    } else {
        const f32x16 first = first_moment(s.moments, parameters_load(m, lanes), gradient);
        const f32x16 second = second_moment(s.moments, parameters_load(v, lanes), gradient);
        parameters_store(m, first, lanes);
        parameters_store(v, second, lanes);
        direction = first / (__builtin_elementwise_sqrt(second) + s.epsilon);
    }
    parameters_store(g, direction, lanes);
}

static void swats_direction(dt_swats h, int64_t count, const float *w, float *g, float *m, float *v) {
    const swats_scalars s = {(float)h.beta1, (float)h.epsilon, h.sgd, h.restart,
                             moments_decaying(h.beta1, h.beta2), decay_of(0, h.weight_decay, false)};
#define SWATS_STEP(i, lanes) swats_lanes(s, w + (i), g + (i), m + (i), v + (i), lanes)
    PARAMETERS_WALK(count, SWATS_STEP);
#undef SWATS_STEP
}

// ---- lookahead ----

DT_INLINE void lookahead_lanes(float alpha, float *w, float *slow, int64_t lanes) {
    const f32x16 before = parameters_load(slow, lanes);
    const f32x16 after = before + alpha * (parameters_load(w, lanes) - before);
    parameters_store(slow, after, lanes);
    parameters_publish(w, after, lanes);
}

static void lookahead(float alpha, int64_t count, float *w, float *slow) {
#define LOOKAHEAD_STEP(i, lanes) lookahead_lanes(alpha, w + (i), slow + (i), lanes)
    PARAMETERS_WALK(count, LOOKAHEAD_STEP);
#undef LOOKAHEAD_STEP
    parameters_published();
}

#endif

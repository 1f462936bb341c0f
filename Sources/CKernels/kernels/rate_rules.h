// Optimizer steps with a learning rate per parameter whose direction needs no running mean of the gradient.
#ifndef DTRAIN_KERNELS_RATE_RULES_H
#define DTRAIN_KERNELS_RATE_RULES_H

#include "parameters.h"

// ---- Adagrad ----

typedef struct {
    float lr, epsilon, initial, divisor;
    bool first_step;
    decay_scalars decay;
} adagrad_scalars;

DT_INLINE void adagrad_lanes(adagrad_scalars s, float *w, const float *g, float *sum, int64_t lanes) {
    const f32x16 weight = parameters_load(w, lanes);
    const f32x16 gradient = decayed_gradient(s.decay, weight, parameters_load(g, lanes));
    const f32x16 before = s.first_step ? (f32x16)s.initial : parameters_load(sum, lanes);
    const f32x16 squares = before + gradient * gradient;
    parameters_store(sum, squares, lanes);
    // x/1 is x to the bit, but a division costs.
    const f32x16 square = s.divisor == 1.0f ? squares : squares / s.divisor;
    const f32x16 denominator = __builtin_elementwise_sqrt(square) + s.epsilon;
    parameters_publish(w, weight - (s.lr * gradient) / denominator, lanes);
}

static void adagrad(dt_adagrad h, int64_t count, float *w, const float *g, float *sum) {
    const adagrad_scalars s = {(float)h.lr, (float)h.epsilon, (float)h.initial, (float)h.divisor,
                               h.first_step, decay_of(h.lr, h.weight_decay, false)};
#define ADAGRAD_STEP(i, lanes) adagrad_lanes(s, w + (i), g + (i), sum + (i), lanes)
    PARAMETERS_WALK(count, ADAGRAD_STEP);
#undef ADAGRAD_STEP
    parameters_published();
}

// ---- RMSprop ----

typedef struct {
    float lr, alpha, one_minus_alpha, lerp_rest, momentum, epsilon;
    bool has_velocity, centered, nesterov, starts_mean;
    decay_scalars decay;
} rmsprop_scalars;

DT_INLINE void rmsprop_lanes(
    rmsprop_scalars s, float *w, const float *g, float *square, float *velocity, float *mean, int64_t lanes
) {
    const f32x16 weight = parameters_load(w, lanes);
    const f32x16 gradient = decayed_gradient(s.decay, weight, parameters_load(g, lanes));
    f32x16 scale = s.starts_mean
        ? gradient * gradient
        : parameters_load(square, lanes) * s.alpha + (s.one_minus_alpha * gradient) * gradient;
    parameters_store(square, scale, lanes);
    if (s.centered) {
        const f32x16 center =
            parameters_lerp(parameters_load(mean, lanes), gradient, s.one_minus_alpha, s.lerp_rest);
        parameters_store(mean, center, lanes);
        scale = scale - center * center;
        // A variance that rounding made negative; torch has NaN there.
        scale = scale < 0.0f ? (f32x16)0.0f : scale;
    }
    const f32x16 denominator = __builtin_elementwise_sqrt(scale) + s.epsilon;
    if (!s.has_velocity) {
        parameters_publish(w, weight - (s.lr * gradient) / denominator, lanes);
        return;
    }
    const f32x16 direction = gradient / denominator;
    const f32x16 v = parameters_load(velocity, lanes) * s.momentum + direction;
    parameters_store(velocity, v, lanes);
    parameters_publish(w, weight - s.lr * (s.nesterov ? direction + s.momentum * v : v), lanes);
}

static void rmsprop(
    dt_rmsprop h, int64_t count, float *w, const float *g, float *square, float *velocity, float *mean
) {
    rmsprop_scalars s;
    s.lr = (float)h.lr;
    s.alpha = (float)h.alpha;
    s.one_minus_alpha = (float)(1.0 - h.alpha);
    s.lerp_rest = 1.0f - s.one_minus_alpha;
    s.momentum = (float)h.momentum;
    s.epsilon = (float)h.epsilon;
    s.has_velocity = h.has_velocity;
    s.centered = h.centered;
    s.nesterov = h.nesterov;
    s.starts_mean = h.starts_mean;
    s.decay = decay_of(h.lr, h.weight_decay, false);
#define RMSPROP_STEP(i, lanes) \
    rmsprop_lanes(s, w + (i), g + (i), square + (i), velocity + (i), mean + (i), lanes)
    PARAMETERS_WALK(count, RMSPROP_STEP);
#undef RMSPROP_STEP
    parameters_published();
}

// ---- Adadelta ----

typedef struct {
    float lr, rho, one_minus_rho, epsilon;
    decay_scalars decay;
} adadelta_scalars;

DT_INLINE void adadelta_lanes(
    adadelta_scalars s, float *w, const float *g, float *square, float *delta, int64_t lanes
) {
    const f32x16 weight = parameters_load(w, lanes);
    const f32x16 gradient = decayed_gradient(s.decay, weight, parameters_load(g, lanes));
    const f32x16 mean = parameters_load(square, lanes) * s.rho + (s.one_minus_rho * gradient) * gradient;
    parameters_store(square, mean, lanes);
    const f32x16 before = parameters_load(delta, lanes);
    const f32x16 step = __builtin_elementwise_sqrt(before + s.epsilon)
        / __builtin_elementwise_sqrt(mean + s.epsilon) * gradient;
    parameters_store(delta, before * s.rho + (s.one_minus_rho * step) * step, lanes);
    parameters_publish(w, weight - s.lr * step, lanes);
}

static void adadelta(dt_adadelta h, int64_t count, float *w, const float *g, float *square, float *delta) {
    const adadelta_scalars s = {(float)h.lr, (float)h.rho, (float)(1.0 - h.rho), (float)h.epsilon,
                                decay_of(h.lr, h.weight_decay, false)};
#define ADADELTA_STEP(i, lanes) adadelta_lanes(s, w + (i), g + (i), square + (i), delta + (i), lanes)
    PARAMETERS_WALK(count, ADADELTA_STEP);
#undef ADADELTA_STEP
    parameters_published();
}

// ---- delta-bar-delta ----

typedef struct {
    float lr, kappa, phi, theta, one_minus_theta;
    bool first_step;
} delta_bar_delta_scalars;

DT_INLINE void delta_bar_delta_lanes(
    delta_bar_delta_scalars s, float *w, const float *g, float *rate, float *mean, int64_t lanes
) {
    const f32x16 gradient = parameters_load(g, lanes), past = parameters_load(mean, lanes);
    f32x16 eta = s.first_step ? (f32x16)s.lr : parameters_load(rate, lanes);
    // Signs rather than the product, which underflows where both are small.
    const i32x16 alike = ((gradient > 0.0f) & (past > 0.0f)) | ((gradient < 0.0f) & (past < 0.0f));
    const i32x16 opposite = ((gradient > 0.0f) & (past < 0.0f)) | ((gradient < 0.0f) & (past > 0.0f));
    eta = alike ? eta + s.kappa : opposite ? eta * s.phi : eta;
    parameters_store(rate, eta, lanes);
    parameters_store(mean, s.one_minus_theta * gradient + s.theta * past, lanes);
    parameters_publish(w, parameters_load(w, lanes) - eta * gradient, lanes);
}

static void delta_bar_delta(
    dt_delta_bar_delta h, int64_t count, float *w, const float *g, float *rate, float *mean
) {
    const delta_bar_delta_scalars s = {(float)h.lr, (float)h.kappa, (float)h.phi, (float)h.theta,
                                       (float)(1.0 - h.theta), h.first_step};
#define DELTA_BAR_DELTA_STEP(i, lanes) \
    delta_bar_delta_lanes(s, w + (i), g + (i), rate + (i), mean + (i), lanes)
    PARAMETERS_WALK(count, DELTA_BAR_DELTA_STEP);
#undef DELTA_BAR_DELTA_STEP
    parameters_published();
}

#endif

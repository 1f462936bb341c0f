// What happens to summed gradients before an update rule sees them.
#ifndef DTRAIN_KERNELS_GRADIENTS_H
#define DTRAIN_KERNELS_GRADIENTS_H

#include "common.h"
#include "parameters.h"

static void add_scaled(int64_t count, float factor, const float *x, float *sum) {
#define ADD_SCALED_STEP(i, lanes) \
    parameters_store(sum + (i), parameters_load(sum + (i), lanes) + factor * parameters_load(x + (i), lanes), lanes)
    PARAMETERS_WALK(count, ADD_SCALED_STEP);
#undef ADD_SCALED_STEP
}

static int64_t clamp_values(int64_t count, float limit, float *x) {
    i32x16 clamped = 0;
#define CLAMP_STEP(i, lanes)                                            \
    do {                                                                \
        f32x16 v_ = parameters_load(x + (i), lanes);                    \
        const i32x16 above_ = v_ > limit, below_ = v_ < -limit;         \
        clamped -= above_ + below_;                                     \
        v_ = above_ ? (f32x16)limit : v_;                               \
        parameters_store(x + (i), below_ ? (f32x16)(-limit) : v_, lanes); \
    } while (0)
    PARAMETERS_WALK(count, CLAMP_STEP);
#undef CLAMP_STEP
    int64_t total = 0;
    for (int i = 0; i < DT_LANES; i++) { total += clamped[i]; }
    return total;
}

#endif

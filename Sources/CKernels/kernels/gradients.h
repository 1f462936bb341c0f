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

#endif

// Batch norm at the end of a residual block, in one with the addition of the shortcut and the ReLU behind it.
#ifndef DTRAIN_KERNELS_BATCH_NORM_ADD_H
#define DTRAIN_KERNELS_BATCH_NORM_ADD_H

#include "batch_norm.h"

static void batch_norm_add(const void *x, const void *addend, dt_activation l, const float *coefficients,
                           bool relu, void *y) {
    if (relu) {
        bn_apply(x, addend, l, coefficients, NULL, BN_ADD_RELU, y);
    } else {
        bn_apply(x, addend, l, coefficients, NULL, BN_ADD, y);
    }
}

static void batch_norm_add_gradient_sums(const void *x, const void *y, const void *dy, dt_activation l,
                                         const float *coefficients, void *passed, double *sums) {
    memset(sums, 0, (size_t)(2 * l.c) * sizeof(double));
    if (l.n == 0 || l.hw == 0 || l.c == 0) { return; }
    bn_reduce(x, dy, l, coefficients, BN_GRADIENT_MASKED, (bn_mask){y, passed}, sums, sums + l.c);
}

#endif

// Batch norm, ReLU and max pooling in 2x2 windows, fused: the normalized image before the pooling and the gradient of
// that image, both four times as large as the pooled ones, are never written.
//
// Only for channel blocks of 8 and 16 and windows of stride 2 without padding. Each value is the same as that of the
// separate kernels, except that gradient sums add only the pixels that won their windows, without the zeros between
// them.
#ifndef DTRAIN_KERNELS_BATCH_NORM_POOL_H
#define DTRAIN_KERNELS_BATCH_NORM_POOL_H

#include "batch_norm.h"
#include "pooling.h"

#define POOL_LANES 16
#include "batch_norm_pool_blocked.h"
#undef POOL_LANES
#define POOL_LANES 8
#include "batch_norm_pool_blocked.h"
#undef POOL_LANES

static bool batch_norm_max_pool_fits(dt_activation l, dt_window w) {
    return (l.block == 16 || l.block == 8) && pool_in_pairs(l, w);
}

static void batch_norm_max_pool(const float *x, dt_activation l, dt_window w, const float *coefficients, bool relu,
                                float *y, uint8_t *indices) {
    if (l.block == 16) {
        bnp_max_pool_16(x, l, w, coefficients, relu, y, indices);
    } else {
        bnp_max_pool_8(x, l, w, coefficients, relu, y, indices);
    }
}

static void batch_norm_max_pool_gradient_sums(const float *x, const float *dy, const uint8_t *indices,
                                              dt_activation l, dt_window w, const float *coefficients, bool relu,
                                              double *sums) {
    if (l.block == 16) {
        bnp_max_pool_sums_16(x, dy, indices, l, w, coefficients, relu, sums);
    } else {
        bnp_max_pool_sums_8(x, dy, indices, l, w, coefficients, relu, sums);
    }
}

static void batch_norm_max_pool_gradient(const float *x, const float *dy, const uint8_t *indices, dt_activation l,
                                         dt_window w, const float *coefficients, const float *means, bool relu,
                                         float *dx) {
    if (l.block == 16) {
        bnp_max_pool_gradient_16(x, dy, indices, l, w, coefficients, means, relu, dx);
    } else {
        bnp_max_pool_gradient_8(x, dy, indices, l, w, coefficients, means, relu, dx);
    }
}

#endif

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

#define POOL_BFLOAT16 0
#include "batch_norm_pool_planes.h"
#undef POOL_BFLOAT16
#define POOL_BFLOAT16 1
#include "batch_norm_pool_planes.h"
#undef POOL_BFLOAT16

static bool batch_norm_max_pool_fits(dt_activation l, dt_window w) {
    return (l.block == 16 || l.block == 8) && pool_in_pairs(l, w);
}

static void batch_norm_max_pool(const void *x, dt_activation l, dt_window w, const float *coefficients, bool relu,
                                void *y, uint8_t *indices) {
    if (l.bfloat16) {
        batch_norm_max_pool_bf16(x, l, w, coefficients, relu, y, indices);
    } else {
        batch_norm_max_pool_f32(x, l, w, coefficients, relu, y, indices);
    }
}

static void batch_norm_max_pool_gradient_sums(const void *x, const void *dy, const uint8_t *indices, dt_activation l,
                                              dt_window w, const float *coefficients, bool relu, double *sums) {
    if (l.bfloat16) {
        batch_norm_max_pool_gradient_sums_bf16(x, dy, indices, l, w, coefficients, relu, sums);
    } else {
        batch_norm_max_pool_gradient_sums_f32(x, dy, indices, l, w, coefficients, relu, sums);
    }
}

static void batch_norm_max_pool_gradient(const void *x, const void *dy, const uint8_t *indices, dt_activation l,
                                         dt_window w, const float *coefficients, const float *means, bool relu,
                                         void *dx) {
    if (l.bfloat16) {
        batch_norm_max_pool_gradient_bf16(x, dy, indices, l, w, coefficients, means, relu, dx);
    } else {
        batch_norm_max_pool_gradient_f32(x, dy, indices, l, w, coefficients, means, relu, dx);
    }
}

#endif

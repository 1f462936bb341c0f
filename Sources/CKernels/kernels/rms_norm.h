// Root-mean-square norm of rows x [n][k] and its gradient: layer norm about zero, without an offset.
#ifndef DTRAIN_KERNELS_RMS_NORM_H
#define DTRAIN_KERNELS_RMS_NORM_H

#include "common.h"

// Elements j and on of a row, the `count` last ones if count < 16, zeros behind.
DT_INLINE f32x16 rms_load(const float *x, int64_t j, int64_t count) {
    return count >= DT_LANES ? load_f32(x + j) : load_partial_f32(x + j, count, 0.0f);
}

DT_INLINE f32x16 rms_weight(const float *gamma, int64_t j, int64_t count) {
    return gamma ? rms_load(gamma, j, count) : (f32x16)1.0f;
}

DT_INLINE void rms_store(float *y, int64_t j, int64_t count, f32x16 v) {
    if (count >= DT_LANES) {
        store_f32(y + j, v);
    } else {
        store_partial_f32(y + j, v, count);
    }
}

// 1/sqrt(mean(x^2) + eps)
DT_INLINE float rms_scale(const float *x, int64_t k, double eps) {
    f64x16 squares = 0.0;
    for (int64_t j = 0; j < k; j += DT_LANES) {
        const f64x16 v = widen(rms_load(x, j, k - j));
        squares += v * v;
    }
    return (float)(1.0 / __builtin_elementwise_sqrt(fold_sum(squares) / (double)k + eps));
}

static void rms_norm(const float *x, const float *gamma, double eps, int64_t n, int64_t k, float *y) {
    for (int64_t i = 0; i < n; i++, x += k, y += k) {
        const float scale = rms_scale(x, k, eps);
        for (int64_t j = 0; j < k; j += DT_LANES) {
            rms_store(y, j, k - j, (rms_load(x, j, k - j) * scale) * rms_weight(gamma, j, k - j));
        }
    }
}

// dx = scale*(g*dy - xhat*mean(g*dy*xhat)) of one row.
DT_INLINE void rms_input_gradient(const float *x, const float *dy, const float *gamma, float scale, int64_t k,
                                  float *dx) {
    f64x16 products = 0.0;
    for (int64_t j = 0; j < k; j += DT_LANES) {
        const f64x16 g = widen(rms_weight(gamma, j, k - j)) * widen(rms_load(dy, j, k - j));
        products += g * widen(rms_load(x, j, k - j) * scale);
    }
    const float slope = (float)(fold_sum(products) * ((double)scale / (double)k));
    for (int64_t j = 0; j < k; j += DT_LANES) {
        const f32x16 g = (rms_weight(gamma, j, k - j) * scale) * rms_load(dy, j, k - j);
        rms_store(dx, j, k - j, g - (rms_load(x, j, k - j) * scale) * slope);
    }
}

static void rms_norm_gradient(const float *x, const float *dy, const float *gamma, double eps, int64_t n, int64_t k,
                              float *scratch, float *dx, float *dgamma) {
    for (int64_t i = 0; i < n; i++) {
        scratch[i] = rms_scale(x + i * k, k, eps);
        rms_input_gradient(x + i * k, dy + i * k, gamma, scratch[i], k, dx + i * k);
    }
    if (!dgamma) { return; }
    // Sixteen columns at a time, in the order of rows.
    for (int64_t j = 0; j < k; j += DT_LANES) {
        f64x16 products = 0.0;
        for (int64_t i = 0; i < n; i++) {
            const int64_t at = i * k + j;
            products += widen(rms_load(dy, at, k - j)) * widen(rms_load(x, at, k - j) * scratch[i]);
        }
        rms_store(dgamma, j, k - j, narrow(products));
    }
}

#endif

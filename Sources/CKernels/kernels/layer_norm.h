// Layer norm of rows x [n][k] and its gradient. A row stays in cache while it is passed over.
#ifndef DTRAIN_KERNELS_LAYER_NORM_H
#define DTRAIN_KERNELS_LAYER_NORM_H

#include "common.h"

// A row's mean, rounded to Float32 (hi) with the remainder (lo), and 1/sqrt(variance + eps).
typedef struct {
    float hi, lo, inv_std;
} ln_row;

DT_INLINE ln_row ln_moments(const float *x, int64_t k, double eps) {
    // Deviations from one of the samples cancel at most a factor of k, whatever the mean.
    const double shift = (double)x[0], count = (double)k;
    f64x16 sums = 0.0, squares = 0.0;
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        const f64x16 d = widen(load_f32(x + j)) - shift;
        sums += d;
        squares += d * d;
    }
    if (j < k) {
        const f64x16 d = widen(load_partial_f32(x + j, k - j, x[0])) - shift;
        sums += d;
        squares += d * d;
    }
    const double sum = fold_sum(sums), square = fold_sum(squares);
    const double mean = shift + sum / count, deviations = square - sum * (sum / count);
    ln_row r;
    r.hi = (float)mean;
    r.lo = (float)(mean - (double)r.hi);
    r.inv_std = (float)(1.0 / __builtin_elementwise_sqrt((deviations < 0 ? 0 : deviations / count) + eps));
    return r;
}

DT_INLINE f32x16 ln_normalized(f32x16 x, ln_row r) { return ((x - r.hi) - r.lo) * r.inv_std; }

static void layer_norm(const float *x, const float *gamma, const float *beta, double eps, int64_t n, int64_t k,
                       float *y) {
    if (k == 0) { return; }
    for (int64_t i = 0; i < n; i++, x += k, y += k) {
        const ln_row r = ln_moments(x, k, eps);
        int64_t j = 0;
        for (; j + DT_LANES <= k; j += DT_LANES) {
            store_f32(y + j, ln_normalized(load_f32(x + j), r) * load_f32(gamma + j) + load_f32(beta + j));
        }
        if (j < k) {
            const int64_t rest = k - j;
            const f32x16 v = ln_normalized(load_partial_f32(x + j, rest, 0.0f), r);
            const f32x16 g = load_partial_f32(gamma + j, rest, 0.0f), b = load_partial_f32(beta + j, rest, 0.0f);
            store_partial_f32(y + j, v * g + b, rest);
        }
    }
}

// dx = inv_std*(g*dy - mean(g*dy) - xhat*mean(g*dy*xhat)) of one row.
DT_INLINE void ln_input_gradient(const float *x, const float *dy, const float *gamma, ln_row r, int64_t k,
                                 float *dx) {
    f64x16 sums = 0.0, products = 0.0;
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        const f64x16 g = widen(load_f32(gamma + j)) * widen(load_f32(dy + j));
        sums += g;
        products += g * widen(ln_normalized(load_f32(x + j), r));
    }
    if (j < k) {
        const int64_t rest = k - j;
        const f64x16 g =
            widen(load_partial_f32(gamma + j, rest, 0.0f)) * widen(load_partial_f32(dy + j, rest, 0.0f));
        sums += g;
        products += g * widen(ln_normalized(load_partial_f32(x + j, rest, r.hi), r));
    }
    const double factor = (double)r.inv_std / (double)k;
    const float mean = (float)(fold_sum(sums) * factor), slope = (float)(fold_sum(products) * factor);
    for (j = 0; j + DT_LANES <= k; j += DT_LANES) {
        const f32x16 g = (load_f32(gamma + j) * r.inv_std) * load_f32(dy + j);
        store_f32(dx + j, g - (mean + ln_normalized(load_f32(x + j), r) * slope));
    }
    if (j < k) {
        const int64_t rest = k - j;
        const f32x16 g =
            (load_partial_f32(gamma + j, rest, 0.0f) * r.inv_std) * load_partial_f32(dy + j, rest, 0.0f);
        const f32x16 v = ln_normalized(load_partial_f32(x + j, rest, 0.0f), r);
        store_partial_f32(dx + j, g - (mean + v * slope), rest);
    }
}

// dgamma and dbeta of sixteen columns, or of the `count` last ones, in the order of rows.
DT_INLINE void ln_column_gradient(const float *x, const float *dy, const ln_row *rows, int64_t n, int64_t k,
                                  int64_t count, float *dgamma, float *dbeta) {
    f64x16 sums = 0.0, products = 0.0;
    for (int64_t i = 0; i < n; i++, x += k, dy += k) {
        const bool whole = count == DT_LANES;
        const f32x16 v = whole ? load_f32(x) : load_partial_f32(x, count, 0.0f);
        const f64x16 g = widen(whole ? load_f32(dy) : load_partial_f32(dy, count, 0.0f));
        sums += g;
        products += g * widen(ln_normalized(v, rows[i]));
    }
    if (count == DT_LANES) {
        store_f32(dgamma, narrow(products));
        store_f32(dbeta, narrow(sums));
    } else {
        store_partial_f32(dgamma, narrow(products), count);
        store_partial_f32(dbeta, narrow(sums), count);
    }
}

static void layer_norm_gradient(const float *x, const float *dy, const float *gamma, double eps, int64_t n,
                                int64_t k, float *scratch, float *dx, float *dgamma, float *dbeta) {
    if (k == 0) { return; }
    ln_row *rows = (ln_row *)(void *)scratch;
    for (int64_t i = 0; i < n; i++) {
        rows[i] = ln_moments(x + i * k, k, eps);
        ln_input_gradient(x + i * k, dy + i * k, gamma, rows[i], k, dx + i * k);
    }
    if (!dgamma) { return; }
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        ln_column_gradient(x + j, dy + j, rows, n, k, DT_LANES, dgamma + j, dbeta + j);
    }
    if (j < k) { ln_column_gradient(x + j, dy + j, rows, n, k, k - j, dgamma + j, dbeta + j); }
}

#endif

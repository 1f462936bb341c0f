// Layer norm of rows x [n][k] and its gradient. A row stays in cache while it is passed over.
#ifndef DTRAIN_KERNELS_LAYER_NORM_H
#define DTRAIN_KERNELS_LAYER_NORM_H

#include "common.h"
#include "activation.h"

// A row's mean, rounded to Float32 (hi) with the remainder (lo), and 1/sqrt(variance + eps).
typedef struct {
    float hi, lo, inv_std;
} ln_row;

// Of the row of k elements from x on, as are the rows below.
DT_INLINE ln_row ln_moments(const void *x, int64_t k, double eps, bool bfloat16) {
    // Deviations from one of the samples cancel at most a factor of k, whatever the mean.
    const float first = load_stored_one(x, 0, bfloat16);
    const double shift = (double)first, count = (double)k;
    f64x16 sums = 0.0, squares = 0.0;
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        const f64x16 d = widen(load_stored(x, j, bfloat16)) - shift;
        sums += d;
        squares += d * d;
    }
    if (j < k) {
        const f64x16 d = widen(load_stored_partial(x, j, k - j, first, bfloat16)) - shift;
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

DT_INLINE void ln_apply(const void *x, const float *gamma, const float *beta, double eps, int64_t k, bool bfloat16,
                        void *y) {
    const ln_row r = ln_moments(x, k, eps, bfloat16);
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        const f32x16 v = ln_normalized(load_stored(x, j, bfloat16), r);
        store_stored(y, j, v * load_f32(gamma + j) + load_f32(beta + j), bfloat16);
    }
    if (j < k) {
        const int64_t rest = k - j;
        const f32x16 v = ln_normalized(load_stored_partial(x, j, rest, 0.0f, bfloat16), r);
        const f32x16 g = load_partial_f32(gamma + j, rest, 0.0f), b = load_partial_f32(beta + j, rest, 0.0f);
        store_stored_partial(y, j, v * g + b, rest, bfloat16);
    }
}

static void layer_norm(const float *x, const float *gamma, const float *beta, double eps, int64_t n, int64_t k,
                       float *y) {
    if (k == 0) { return; }
    for (int64_t i = 0; i < n; i++, x += k, y += k) { ln_apply(x, gamma, beta, eps, k, false, y); }
}

static void layer_norm_bf16(const uint16_t *x, const float *gamma, const float *beta, double eps, int64_t n, int64_t k,
                            uint16_t *y) {
    if (k == 0) { return; }
    for (int64_t i = 0; i < n; i++, x += k, y += k) { ln_apply(x, gamma, beta, eps, k, true, y); }
}

// dx = inv_std*(g*dy - mean(g*dy) - xhat*mean(g*dy*xhat)) of one row.
DT_INLINE void ln_input_gradient(const void *x, const void *dy, const float *gamma, ln_row r, int64_t k,
                                 bool bfloat16, void *dx) {
    f64x16 sums = 0.0, products = 0.0;
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        const f64x16 g = widen(load_f32(gamma + j)) * widen(load_stored(dy, j, bfloat16));
        sums += g;
        products += g * widen(ln_normalized(load_stored(x, j, bfloat16), r));
    }
    if (j < k) {
        const int64_t rest = k - j;
        const f64x16 g =
            widen(load_partial_f32(gamma + j, rest, 0.0f)) * widen(load_stored_partial(dy, j, rest, 0.0f, bfloat16));
        sums += g;
        products += g * widen(ln_normalized(load_stored_partial(x, j, rest, r.hi, bfloat16), r));
    }
    const double factor = (double)r.inv_std / (double)k;
    const float mean = (float)(fold_sum(sums) * factor), slope = (float)(fold_sum(products) * factor);
    for (j = 0; j + DT_LANES <= k; j += DT_LANES) {
        const f32x16 g = (load_f32(gamma + j) * r.inv_std) * load_stored(dy, j, bfloat16);
        const f32x16 v = ln_normalized(load_stored(x, j, bfloat16), r);
        store_stored(dx, j, g - (mean + v * slope), bfloat16);
    }
    if (j < k) {
        const int64_t rest = k - j;
        const f32x16 g =
            (load_partial_f32(gamma + j, rest, 0.0f) * r.inv_std) * load_stored_partial(dy, j, rest, 0.0f, bfloat16);
        const f32x16 v = ln_normalized(load_stored_partial(x, j, rest, 0.0f, bfloat16), r);
        store_stored_partial(dx, j, g - (mean + v * slope), rest, bfloat16);
    }
}

// dgamma and dbeta of sixteen columns from `column` on, or of the `count` last ones, in the order of rows.
DT_INLINE void ln_column_gradient(const void *x, const void *dy, const ln_row *rows, int64_t n, int64_t k,
                                  int64_t column, int64_t count, bool bfloat16, float *dgamma, float *dbeta) {
    f64x16 sums = 0.0, products = 0.0;
    int64_t at = column;
    for (int64_t i = 0; i < n; i++, at += k) {
        const bool whole = count == DT_LANES;
        const f32x16 v =
            whole ? load_stored(x, at, bfloat16) : load_stored_partial(x, at, count, 0.0f, bfloat16);
        const f64x16 g =
            widen(whole ? load_stored(dy, at, bfloat16) : load_stored_partial(dy, at, count, 0.0f, bfloat16));
        sums += g;
        products += g * widen(ln_normalized(v, rows[i]));
    }
    if (count == DT_LANES) {
        store_f32(dgamma + column, narrow(products));
        store_f32(dbeta + column, narrow(sums));
    } else {
        store_partial_f32(dgamma + column, narrow(products), count);
        store_partial_f32(dbeta + column, narrow(sums), count);
    }
}

DT_INLINE void ln_gradient(const void *x, const void *dy, const float *gamma, double eps, int64_t n, int64_t k,
                           float *scratch, bool bfloat16, void *dx, float *dgamma, float *dbeta) {
    if (k == 0) { return; }
    ln_row *rows = (ln_row *)(void *)scratch;
    for (int64_t i = 0; i < n; i++) {
        const size_t start = stored_bytes(i * k, bfloat16);
        const void *row = (const char *)x + start;
        rows[i] = ln_moments(row, k, eps, bfloat16);
        ln_input_gradient(row, (const char *)dy + start, gamma, rows[i], k, bfloat16, (char *)dx + start);
    }
    if (!dgamma) { return; }
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        ln_column_gradient(x, dy, rows, n, k, j, DT_LANES, bfloat16, dgamma, dbeta);
    }
    if (j < k) { ln_column_gradient(x, dy, rows, n, k, j, k - j, bfloat16, dgamma, dbeta); }
}

static void layer_norm_gradient(const float *x, const float *dy, const float *gamma, double eps, int64_t n,
                                int64_t k, float *scratch, float *dx, float *dgamma, float *dbeta) {
    ln_gradient(x, dy, gamma, eps, n, k, scratch, false, dx, dgamma, dbeta);
}

static void layer_norm_gradient_bf16(const uint16_t *x, const uint16_t *dy, const float *gamma, double eps, int64_t n,
                                     int64_t k, float *scratch, uint16_t *dx, float *dgamma, float *dbeta) {
    ln_gradient(x, dy, gamma, eps, n, k, scratch, true, dx, dgamma, dbeta);
}

#endif

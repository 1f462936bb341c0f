// Softmax, cross entropy and counting over the rows of x [n][k].
//
// The largest logit is subtracted in Float64, where the difference is exact enough for logits of any size,
// and the sum of exponentials runs in Float64 over 16 lanes: the results are Float32 roundings of nearly exact
// values. A NaN or +infinity in a row makes its whole result NaN, as does a row of -infinity only.
//
// A row whose label is negative is ignored: its loss and its gradient are zero, and it does not count as right.
#ifndef DTRAIN_KERNELS_ROWS_H
#define DTRAIN_KERNELS_ROWS_H

#include "common.h"
#include "functions.h"
#include "shape.h"

// The sum of exp(x[j] - peak); exponentials are stored to y unless it is NULL.
DT_INLINE double sum_of_exponentials(const float *x, double peak, int64_t k, float *y) {
    f64x16 sum = 0.0;
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) {
        f64x16 e = exp_24(widen(load_f32(x + j)) - peak);
        if (y) { store_f32(y + j, narrow(e)); }
        sum += e;
    }
    if (j < k) {
        f64x16 e = exp_24(widen(load_partial_f32(x + j, k - j, -__builtin_inff())) - peak);
        if (y) { store_partial_f32(y + j, narrow(e), k - j); }
        // The lanes past the row hold 2^-1000 for exp(-infinity), far below the last bit of a sum >= 1.
        sum += e;
    }
    return fold_sum(sum);
}

DT_INLINE double log_of(double x) { return log_53((f64x16)x)[0]; }

// y[j] = y[j]*factor, rounded once.
DT_INLINE void scale_row(double factor, int64_t k, float *y) {
    int64_t j = 0;
    for (; j + DT_LANES <= k; j += DT_LANES) { store_f32(y + j, narrow(widen(load_f32(y + j)) * factor)); }
    for (; j < k; j++) { y[j] = (float)((double)y[j] * factor); }
}

static void softmax(const float *x, int64_t n, int64_t k, float *y) {
    for (int64_t i = 0; i < n; i++, x += k, y += k) {
        double sum = sum_of_exponentials(x, (double)largest(x, k), k, y);
        scale_row(1.0 / sum, k, y);
    }
}

static void log_softmax(const float *x, int64_t n, int64_t k, float *y) {
    for (int64_t i = 0; i < n; i++, x += k, y += k) {
        double peak = (double)largest(x, k), log_sum = log_of(sum_of_exponentials(x, peak, k, NULL));
        int64_t j = 0;
        for (; j + DT_LANES <= k; j += DT_LANES) {
            store_f32(y + j, narrow(widen(load_f32(x + j)) - peak - log_sum));
        }
        for (; j < k; j++) { y[j] = (float)((double)x[j] - peak - log_sum); }
    }
}

static void softmax_gradient(const float *y, const float *dy, int64_t n, int64_t k, float *dx) {
    for (int64_t i = 0; i < n; i++, y += k, dy += k, dx += k) {
        f64x16 products = 0.0;
        int64_t j = 0;
        for (; j + DT_LANES <= k; j += DT_LANES) { products += load_wide_f32(dy + j) * load_wide_f32(y + j); }
        if (j < k) {
            products += load_wide_partial_f32(dy + j, k - j) * load_wide_partial_f32(y + j, k - j);
        }
        double sum = fold_sum(products);
        for (j = 0; j + DT_LANES <= k; j += DT_LANES) {
            store_f32(dx + j, narrow(load_wide_f32(y + j) * (load_wide_f32(dy + j) - sum)));
        }
        for (; j < k; j++) { dx[j] = (float)((double)y[j] * ((double)dy[j] - sum)); }
    }
}

static void log_softmax_gradient(const float *y, const float *dy, int64_t n, int64_t k, float *dx) {
    for (int64_t i = 0; i < n; i++, y += k, dy += k, dx += k) {
        double sum = sum_lanes_f32(dy, k);
        int64_t j = 0;
        for (; j + DT_LANES <= k; j += DT_LANES) {
            store_f32(dx + j, narrow(load_wide_f32(dy + j) - exp_24(load_wide_f32(y + j)) * sum));
        }
        if (j < k) {
            f64x16 e = exp_24(load_wide_partial_f32(y + j, k - j));
            store_partial_f32(dx + j, narrow(load_wide_partial_f32(dy + j, k - j) - e * sum), k - j);
        }
    }
}

static void cross_entropy(const float *x, const int32_t *labels, int64_t n, int64_t k, float *loss) {
    for (int64_t i = 0; i < n; i++, x += k) {
        if (labels[i] < 0) {
            loss[i] = 0.0f;
            continue;
        }
        double peak = (double)largest(x, k), sum = sum_of_exponentials(x, peak, k, NULL);
        loss[i] = (float)(log_of(sum) - ((double)x[labels[i]] - peak));
    }
}

static void cross_entropy_gradient(const float *x, const int32_t *labels, const float *dloss, int64_t n,
                                   int64_t k, float *dx) {
    for (int64_t i = 0; i < n; i++, x += k, dx += k) {
        if (labels[i] < 0) {
            memset(dx, 0, (size_t)k * sizeof(float));
            continue;
        }
        double sum = sum_of_exponentials(x, (double)largest(x, k), k, dx), d = (double)dloss[i];
        // A confident right answer has a probability close to 1: subtract before rounding to Float32.
        double at_label = d * ((double)dx[labels[i]] / sum - 1.0);
        scale_row(d / sum, k, dx);
        dx[labels[i]] = (float)at_label;
    }
}

static void one_hot(const int32_t *labels, int64_t n, int64_t k, float *y) {
    if (n > 0 && k > 0) { memset(y, 0, (size_t)(n * k) * sizeof(float)); }
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] >= 0) { y[i * k + labels[i]] = 1.0f; }
    }
}

// The label is the first largest if all before it are smaller and none after it is larger; the comparisons
// are written such that NaN on either side comes out as the largest value of all.
static double count_correct(const float *x, const int32_t *labels, int64_t n, int64_t k) {
    int64_t correct = 0;
    for (int64_t i = 0; i < n; i++, x += k) {
        int64_t label = labels[i];
        if (label < 0) { continue; }
        float value = x[label];
        int32_t beaten = 0;
        if (value != value) {
            for (int64_t j = 0; j < label; j++) { beaten |= x[j] != x[j]; }
        } else {
            for (int64_t j = 0; j < label; j++) { beaten |= !(x[j] < value); }
            for (int64_t j = label + 1; j < k; j++) { beaten |= !(x[j] <= value); }
        }
        correct += !beaten;
    }
    return (double)correct;
}

#endif

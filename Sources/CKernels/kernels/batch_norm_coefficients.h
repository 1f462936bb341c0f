// What batch norm keeps per channel: merged moments, the coefficients of its map, the means of its gradient.
#ifndef DTRAIN_KERNELS_BATCH_NORM_COEFFICIENTS_H
#define DTRAIN_KERNELS_BATCH_NORM_COEFFICIENTS_H

#include "common.h"

static void merge_moments(const double *a, const double *b, int64_t c, double *out) {
    const double na = a[0], nb = b[0];
    const size_t bytes = (size_t)(1 + 2 * c) * sizeof(double);
    if (nb == 0) {
        memmove(out, a, bytes);
        return;
    }
    if (na == 0) {
        memmove(out, b, bytes);
        return;
    }
    // Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm for computing sample variances",
    // 1979.
    const double count = na + nb, share = nb / count, weight = na * share;
    out[0] = count;
    for (int64_t channel = 1; channel <= c; channel++) {
        const double mean = a[channel], delta = b[channel] - mean;
        const double m2 = a[channel + c] + b[channel + c];
        out[channel] = mean + delta * share;
        out[channel + c] = m2 + delta * delta * weight;
    }
}

// Writes channel `channel` of the five arrays.
DT_INLINE void bn_write_coefficients(float *coefficients, int64_t padded, int64_t channel, float hi, float lo,
                                     double variance, double eps, float gamma, float beta) {
    const double inv_std = 1.0 / __builtin_elementwise_sqrt(variance + eps);
    float *p = coefficients + channel;
    p[0] = hi;
    p[padded] = lo;
    p[2 * padded] = (float)inv_std;
    p[3 * padded] = (float)((double)gamma * inv_std);
    p[4 * padded] = beta;
}

static void batch_norm_coefficients(const double *moments, const float *gamma, const float *beta, double eps,
                                    int64_t c, int64_t padded, float *coefficients) {
    memset(coefficients, 0, (size_t)(5 * padded) * sizeof(float));
    const double count = moments[0];
    for (int64_t channel = 0; channel < c; channel++) {
        const double mean = moments[1 + channel], variance = count > 0 ? moments[1 + c + channel] / count : 0;
        const float hi = (float)mean, lo = (float)(mean - (double)hi);
        bn_write_coefficients(coefficients, padded, channel, hi, lo, variance, eps,
                              gamma ? gamma[channel] : 1, beta ? beta[channel] : 0);
    }
}

static void batch_norm_running_coefficients(const float *mean, const float *variance, const float *gamma,
                                            const float *beta, double eps, int64_t c, int64_t padded,
                                            float *coefficients) {
    memset(coefficients, 0, (size_t)(5 * padded) * sizeof(float));
    for (int64_t channel = 0; channel < c; channel++) {
        bn_write_coefficients(coefficients, padded, channel, mean[channel], 0, (double)variance[channel], eps,
                              gamma ? gamma[channel] : 1, beta ? beta[channel] : 0);
    }
}

static void batch_norm_gradient_means(const double *sums, double count, int64_t c, int64_t padded,
                                      float *means) {
    memset(means, 0, (size_t)(2 * padded) * sizeof(float));
    if (count == 0) { return; }
    for (int64_t channel = 0; channel < c; channel++) {
        means[channel] = (float)(sums[channel] / count);
        means[padded + channel] = (float)(sums[c + channel] / count);
    }
}

#endif

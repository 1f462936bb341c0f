// Group norm and its gradient: one example at a time, with batch norm's passes on an activation of n = 1, whose
// channels get the moments of their group.
#ifndef DTRAIN_KERNELS_GROUP_NORM_H
#define DTRAIN_KERNELS_GROUP_NORM_H

#include "batch_norm.h"

// The activation of one example.
DT_INLINE dt_activation gn_one(dt_activation l) {
    l.n = 1;
    return l;
}

// Writes batch norm's coefficients of one example; moments is scratch memory of 1 + 2c.
static void gn_coefficients(const void *x, dt_activation one, int64_t groups, const float *gamma,
                            const float *beta, double eps, double *moments, float *coefficients) {
    const int64_t width = one.c / groups, padded = (one.c + one.block - 1) / one.block * one.block;
    const double pixels = (double)one.hw, count = pixels * (double)width;
    memset(coefficients, 0, (size_t)(5 * padded) * sizeof(float));
    channel_moments(x, one, moments);
    const double *means = moments + 1, *m2 = moments + 1 + one.c;
    for (int64_t start = 0; start < one.c; start += width) {
        double mean = 0, deviations = 0;
        for (int64_t channel = start; channel < start + width; channel++) { mean += means[channel]; }
        mean /= (double)width;
        for (int64_t channel = start; channel < start + width; channel++) {
            const double delta = means[channel] - mean;
            deviations += m2[channel] + pixels * (delta * delta);
        }
        const float hi = (float)mean, lo = (float)(mean - (double)hi);
        for (int64_t channel = start; channel < start + width; channel++) {
            bn_write_coefficients(coefficients, padded, channel, hi, lo, deviations / count, eps, gamma[channel],
                                  beta[channel]);
        }
    }
}

static void group_norm(const void *x, dt_activation l, int64_t groups, const float *gamma, const float *beta,
                       double eps, bool relu, double *scratch, void *y) {
    if (l.c == 0 || l.hw == 0) { return; }
    const size_t image = stored_bytes(bn_layout_of(l).image, l.bfloat16);
    const dt_activation one = gn_one(l);
    float *coefficients = (float *)(scratch + 1 + 2 * l.c);
    for (int64_t i = 0; i < l.n; i++) {
        const void *from = (const char *)x + (size_t)i * image;
        gn_coefficients(from, one, groups, gamma, beta, eps, scratch, coefficients);
        batch_norm(from, one, coefficients, relu, (char *)y + (size_t)i * image);
    }
}

// means[2P]: inv_std times the group's means of gamma*dy' and of gamma*dy'*xhat, for every channel.
static void gn_gradient_means(const double *sums, const float *gamma, dt_activation one, int64_t groups,
                              int64_t padded, const float *coefficients, float *means) {
    const int64_t width = one.c / groups;
    const double count = (double)one.hw * (double)width;
    memset(means, 0, (size_t)(2 * padded) * sizeof(float));
    for (int64_t start = 0; start < one.c; start += width) {
        double first = 0, second = 0;
        for (int64_t channel = start; channel < start + width; channel++) {
            first += (double)gamma[channel] * sums[channel];
            second += (double)gamma[channel] * sums[one.c + channel];
        }
        const double factor = (double)coefficients[2 * padded + start] / count;
        for (int64_t channel = start; channel < start + width; channel++) {
            means[channel] = (float)(first * factor);
            means[padded + channel] = (float)(second * factor);
        }
    }
}

static void group_norm_gradient(const void *x, const void *dy, dt_activation l, int64_t groups,
                                const float *gamma, const float *beta, double eps, bool relu, double *scratch,
                                void *dx, float *dgamma, float *dbeta) {
    const bn_layout s = bn_layout_of(l);
    const size_t image = stored_bytes(s.image, l.bfloat16);
    const dt_activation one = gn_one(l);
    const int64_t padded = s.blocks * l.block, count = l.hw == 0 ? 0 : l.n;
    double *moments = scratch, *sums = scratch + 1 + 2 * l.c, *totals = sums + 2 * l.c;
    float *coefficients = (float *)(totals + 2 * l.c), *means = coefficients + 5 * padded;
    memset(totals, 0, (size_t)(2 * l.c) * sizeof(double));
    for (int64_t i = 0; i < count; i++) {
        const size_t at = (size_t)i * image;
        const void *x_i = (const char *)x + at, *dy_i = (const char *)dy + at;
        void *dx_i = (char *)dx + at;
        gn_coefficients(x_i, one, groups, gamma, beta, eps, moments, coefficients);
        batch_norm_gradient_sums(x_i, dy_i, one, coefficients, relu, sums);
        for (int64_t channel = 0; channel < 2 * l.c; channel++) { totals[channel] += sums[channel]; }
        gn_gradient_means(sums, gamma, one, groups, padded, coefficients, means);
        if (relu) {
            bn_apply(x_i, dy_i, one, coefficients, means, BN_GROUPED_RELU, dx_i);
        } else {
            bn_apply(x_i, dy_i, one, coefficients, means, BN_GROUPED, dx_i);
        }
    }
    for (int64_t channel = 0; channel < l.c; channel++) {
        dbeta[channel] = (float)totals[channel];
        dgamma[channel] = (float)totals[l.c + channel];
    }
}

#endif

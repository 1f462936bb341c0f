// Whitening: correlations of standardized features, summed tile by tile, and the product that removes them.
#ifndef DTRAIN_KERNELS_WHITEN_H
#define DTRAIN_KERNELS_WHITEN_H

#include "common.h"

static void standardize_u8(const uint8_t *x, int64_t count, const double *center, const double *factor, double *z) {
    for (int64_t e = 0; e < count; e++) { z[e] = ((double)x[e] - center[e]) * factor[e]; }
}

static void standardize_f32(const float *x, int64_t count, const double *center, const double *factor, double *z) {
    for (int64_t e = 0; e < count; e++) { z[e] = ((double)x[e] - center[e]) * factor[e]; }
}

static void standardize_f64(const double *x, int64_t count, const double *center, const double *factor, double *z) {
    for (int64_t e = 0; e < count; e++) { z[e] = (x[e] - center[e]) * factor[e]; }
}

// How many rows of 16 sums fit the registers.
#if defined(DT_VARIANT_WIDE)
#define DT_WHITEN_ROWS 8
#else
#define DT_WHITEN_ROWS 2
#endif

static void tile_products(const double *a, const double *b, int64_t m, double *c) {
    for (int64_t i = 0; i < DT_TILE; i += DT_WHITEN_ROWS) {
        for (int64_t j = 0; j < DT_TILE; j += DT_LANES) {
            f64x16 sums[DT_WHITEN_ROWS];
            for (int u = 0; u < DT_WHITEN_ROWS; u++) { sums[u] = 0; }
            for (int64_t r = 0; r < m; r++) {
                const f64x16 right = load_f64(b + r * DT_TILE + j);
                for (int u = 0; u < DT_WHITEN_ROWS; u++) { sums[u] += a[r * DT_TILE + i + u] * right; }
            }
            for (int u = 0; u < DT_WHITEN_ROWS; u++) { store_f64(c + (i + u) * DT_TILE + j, sums[u]); }
        }
    }
}

static void whiten(const float *strips, int64_t k, const double *center, const double *factor, int64_t n, double *scratch, float *x) {
    for (int64_t first = 0; first < n; first += DT_WHITEN_GROUP) {
        const int64_t count = n - first < DT_WHITEN_GROUP ? n - first : DT_WHITEN_GROUP;
        // Feature e of the group's examples stands together; a short group is filled up with zeros.
        for (int64_t u = 0; u < DT_WHITEN_GROUP; u++) {
            const float *row = x + (first + u) * k;
            for (int64_t e = 0; e < k; e++) {
                double value = 0;
                if (u < count) { value = center ? ((double)row[e] - center[e]) * factor[e] : (double)row[e]; }
                scratch[e * DT_WHITEN_GROUP + u] = value;
            }
        }
        for (int64_t j = 0; j < k; j += DT_LANES) {
            const float *strip = strips + j * k;
            const int64_t width = k - j < DT_LANES ? k - j : DT_LANES;
            for (int64_t u = 0; u < count; u += DT_WHITEN_ROWS) {
                f64x16 sums[DT_WHITEN_ROWS];
                for (int v = 0; v < DT_WHITEN_ROWS; v++) { sums[v] = 0; }
                for (int64_t e = 0; e < k; e++) {
                    const f64x16 weights = widen(load_f32(strip + e * DT_LANES));
                    for (int v = 0; v < DT_WHITEN_ROWS; v++) {
                        sums[v] += scratch[e * DT_WHITEN_GROUP + u + v] * weights;
                    }
                }
                for (int v = 0; v < DT_WHITEN_ROWS && u + v < count; v++) {
                    float *out = x + (first + u + v) * k + j;
                    if (width == DT_LANES) {
                        store_f32(out, narrow(sums[v]));
                    } else {
                        store_partial_f32(out, narrow(sums[v]), width);
                    }
                }
            }
        }
    }
}

#endif

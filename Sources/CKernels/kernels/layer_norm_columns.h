// Layer norm and root-mean-square norm of positions that stand in columns [k][P], and their gradients.
//
// Vectors run over positions. A tile of positions is walked feature by feature, a few features at a time, so that the
// positions' sums in Float64 are loaded and stored once for all of them. Each walk reads a line of cache as a whole, so
// rows a power of two apart, which evict one another, cost little. `about_mean` is a literal wherever a body is called:
// without it the mean is taken as zero.
#ifndef DTRAIN_KERNELS_LAYER_NORM_COLUMNS_H
#define DTRAIN_KERNELS_LAYER_NORM_COLUMNS_H

#include "common.h"

// Vectors of positions in a tile, and features that are walked together.
#define NORM_TILE 16
#define NORM_FEATURES 4

typedef struct {
    const float *x, *dy, *gamma, *beta;
    int64_t rows, k, padded;
    double eps;
} norm_columns;

// The means of a vector of positions, rounded to Float32 (hi) with the remainders (lo), and 1/sqrt(variance + eps).
typedef struct {
    f32x16 hi, lo, inv_std;
} norm_moments;

// Sums over features, and over their products.
typedef struct {
    f64x16 sum, product;
} norm_sums;

DT_INLINE norm_columns norm_columns_of(const float *x, const float *dy, const float *gamma, const float *beta,
                                       double eps, int64_t rows, int64_t k) {
    const int64_t padded = (rows + DT_LANES - 1) / DT_LANES * DT_LANES;
    return (norm_columns){x, dy, gamma, beta, rows, k, padded, eps};
}

DT_INLINE float norm_weight(const float *gamma, int64_t feature) { return gamma ? gamma[feature] : 1.0f; }

// Calls body(feature, count) for all features, NORM_FEATURES of them at a time and then one by one, with counts that
// are constants.
#define NORM_WALK(k, body)                                                                                    \
    do {                                                                                                      \
        int64_t feature_ = 0;                                                                                 \
        for (; feature_ + NORM_FEATURES <= (k); feature_ += NORM_FEATURES) { body(feature_, NORM_FEATURES); } \
        for (; feature_ < (k); feature_++) { body(feature_, 1); }                                             \
    } while (0)

DT_INLINE f32x16 norm_normalized(f32x16 x, const norm_moments *m, bool about_mean) {
    return about_mean ? ((x - m->hi) - m->lo) * m->inv_std : x * m->inv_std;
}

// Adds `count` features to a tile's sums of deviations from the first feature, and of their squares.
DT_INLINE void norm_add_moments(const norm_columns *c, int64_t at, int vectors, int64_t feature, int count,
                                bool about_mean, norm_sums *sums) {
    for (int v = 0; v < vectors; v++) {
        const float *x = c->x + at + v * DT_LANES;
        const f64x16 shift = widen(load_f32(x));
        norm_sums s = sums[v];
        x += feature * c->padded;
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) {
            f64x16 d = widen(load_f32(x + f * c->padded));
            if (about_mean) {
                d = d - shift;
                s.sum += d;
            }
            s.product += d * d;
        }
        sums[v] = s;
    }
}

// Deviations from one of the samples cancel at most a factor of k, whatever the mean.
DT_INLINE void norm_find_moments(const norm_columns *c, int64_t at, int vectors, bool about_mean, norm_moments *m) {
    norm_sums sums[NORM_TILE] = {0};
#define NORM_STEP(feature, count) norm_add_moments(c, at, vectors, feature, count, about_mean, sums)
    NORM_WALK(c->k, NORM_STEP);
#undef NORM_STEP
    const double count = (double)c->k;
    for (int v = 0; v < vectors; v++) {
        f64x16 square = sums[v].product;
        if (about_mean) {
            const f64x16 sum = sums[v].sum, mean = widen(load_f32(c->x + at + v * DT_LANES)) + sum / count;
            m[v].hi = narrow(mean);
            m[v].lo = narrow(mean - widen(m[v].hi));
            square = square - sum * (sum / count);
            square = square < 0.0 ? (f64x16)0.0 : square;
        }
        m[v].inv_std = narrow(1.0 / __builtin_elementwise_sqrt(square / count + c->eps));
    }
}

// Loads stand before stores, which the processor would take them to depend on where rows are 4 KB apart.
DT_INLINE void norm_apply(const norm_columns *c, int64_t at, int vectors, int64_t feature, int count, bool about_mean,
                          const norm_moments *m, float *y) {
    for (int v = 0; v < vectors; v++) {
        const norm_moments moments = m[v];
        const int64_t place = feature * c->padded + at + v * DT_LANES;
        f32x16 x[NORM_FEATURES];
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) {
            x[f] = norm_normalized(load_f32(c->x + place + f * c->padded), &moments, about_mean);
            if (c->gamma) { x[f] = x[f] * c->gamma[feature + f]; }
            if (c->beta) { x[f] = x[f] + c->beta[feature + f]; }
        }
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) { store_f32(y + place + f * c->padded, x[f]); }
    }
}

DT_INLINE int norm_tile_vectors(const norm_columns *c, int64_t at) {
    const int64_t left = (c->padded - at) / DT_LANES;
    return (int)(left < NORM_TILE ? left : NORM_TILE);
}

DT_INLINE void norm_columns_forward(norm_columns c, bool about_mean, float *y) {
    if (c.k == 0) { return; }
    for (int64_t at = 0; at < c.padded; at += NORM_TILE * DT_LANES) {
        const int vectors = norm_tile_vectors(&c, at);
        norm_moments m[NORM_TILE];
        norm_find_moments(&c, at, vectors, about_mean, m);
#define NORM_STEP(feature, count) norm_apply(&c, at, vectors, feature, count, about_mean, m, y)
        NORM_WALK(c.k, NORM_STEP);
#undef NORM_STEP
    }
}

// ---- gradients ----

// A feature's sums over positions in memory: lanes of sums, then of products.
#define NORM_TOTAL (2 * DT_LANES)

DT_INLINE norm_sums norm_load_total(const double *totals, int64_t feature) {
    const double *total = totals + feature * NORM_TOTAL;
    return (norm_sums){load_f64(total), load_f64(total + DT_LANES)};
}

// A tile's sums over features of g*dy and g*dy*xhat, and if `totals` is not NULL, the sums over positions of dy and
// dy*xhat, sixteen lanes of each for each feature, to which padding adds nothing.
DT_INLINE void norm_add_gradients(const norm_columns *c, int64_t at, int vectors, int64_t feature, int count,
                                  bool about_mean, const norm_moments *m, norm_sums *sums, double *totals) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    norm_sums over[NORM_FEATURES] = {0};
#pragma clang loop unroll(full)
    for (int f = 0; f < count; f++) {
        if (totals) { over[f] = norm_load_total(totals, feature + f); }
    }
    for (int v = 0; v < vectors; v++, at += DT_LANES) {
        const norm_moments moments = m[v];
        const bool whole = c->rows - at >= DT_LANES;
        norm_sums s = sums[v];
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) {
            const int64_t place = (feature + f) * c->padded + at;
            f32x16 dy = load_f32(c->dy + place), xhat = norm_normalized(load_f32(c->x + place), &moments, about_mean);
            if (!whole) {
                dy = lane < (int32_t)(c->rows - at) ? dy : (f32x16)0.0f;
                xhat = lane < (int32_t)(c->rows - at) ? xhat : (f32x16)0.0f;
            }
            const f64x16 g = widen(dy), weighted = (double)norm_weight(c->gamma, feature + f) * g;
            const f64x16 normalized = widen(xhat);
            if (about_mean) {
                s.sum += weighted;
                over[f].sum += g;
            }
            s.product += weighted * normalized;
            over[f].product += g * normalized;
        }
        sums[v] = s;
    }
#pragma clang loop unroll(full)
    for (int f = 0; f < count; f++) {
        if (!totals) { continue; }
        double *total = totals + (feature + f) * NORM_TOTAL;
        store_f64(total, over[f].sum);
        store_f64(total + DT_LANES, over[f].product);
    }
}

// dx = inv_std*(g*dy - mean(g*dy) - xhat*mean(g*dy*xhat))
DT_INLINE void norm_apply_gradients(const norm_columns *c, int64_t at, int vectors, int64_t feature, int count,
                                    bool about_mean, const norm_moments *m, const f32x16 *mean, const f32x16 *slope,
                                    float *dx) {
    for (int v = 0; v < vectors; v++) {
        const norm_moments moments = m[v];
        const f32x16 offset = mean[v], factor = slope[v];
        const int64_t place = feature * c->padded + at + v * DT_LANES;
        f32x16 gradient[NORM_FEATURES];
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) {
            const int64_t there = place + f * c->padded;
            const f32x16 g = (norm_weight(c->gamma, feature + f) * moments.inv_std) * load_f32(c->dy + there);
            const f32x16 xhat = norm_normalized(load_f32(c->x + there), &moments, about_mean);
            gradient[f] = about_mean ? g - (offset + xhat * factor) : g - xhat * factor;
        }
#pragma clang loop unroll(full)
        for (int f = 0; f < count; f++) { store_f32(dx + place + f * c->padded, gradient[f]); }
    }
}

DT_INLINE void norm_gradient_tile(const norm_columns *c, int64_t at, bool about_mean, double *totals, float *dx) {
    const int vectors = norm_tile_vectors(c, at);
    norm_moments m[NORM_TILE];
    norm_sums sums[NORM_TILE] = {0};
    f32x16 mean[NORM_TILE], slope[NORM_TILE];
    norm_find_moments(c, at, vectors, about_mean, m);
#define NORM_STEP(feature, count) norm_add_gradients(c, at, vectors, feature, count, about_mean, m, sums, totals)
    NORM_WALK(c->k, NORM_STEP);
#undef NORM_STEP
    for (int v = 0; v < vectors; v++) {
        const f64x16 factor = widen(m[v].inv_std) / (double)c->k;
        mean[v] = narrow(sums[v].sum * factor);
        slope[v] = narrow(sums[v].product * factor);
    }
#define NORM_STEP(feature, count) \
    norm_apply_gradients(c, at, vectors, feature, count, about_mean, m, mean, slope, dx)
    NORM_WALK(c->k, NORM_STEP);
#undef NORM_STEP
}

DT_INLINE void norm_columns_backward(norm_columns c, bool about_mean, double *scratch, float *dx, float *dgamma,
                                     float *dbeta) {
    if (c.k == 0) { return; }
    double *totals = dgamma || dbeta ? scratch : NULL;
    if (totals) { memset(totals, 0, (size_t)(c.k * NORM_TOTAL) * sizeof *totals); }
    for (int64_t at = 0; at < c.padded; at += NORM_TILE * DT_LANES) {
        norm_gradient_tile(&c, at, about_mean, totals, dx);
    }
    for (int64_t f = 0; f < c.k && totals; f++) {
        const norm_sums total = norm_load_total(totals, f);
        if (dgamma) { dgamma[f] = (float)fold_sum(total.product); }
        if (dbeta) { dbeta[f] = (float)fold_sum(total.sum); }
    }
}

// ---- the four kernels ----

static void layer_norm_columns(const float *x, const float *gamma, const float *beta, double eps, int64_t rows,
                               int64_t k, float *y) {
    norm_columns_forward(norm_columns_of(x, NULL, gamma, beta, eps, rows, k), true, y);
}

static void rms_norm_columns(const float *x, const float *gamma, double eps, int64_t rows, int64_t k, float *y) {
    norm_columns_forward(norm_columns_of(x, NULL, gamma, NULL, eps, rows, k), false, y);
}

static void layer_norm_columns_gradient(const float *x, const float *dy, const float *gamma, double eps, int64_t rows,
                                        int64_t k, double *scratch, float *dx, float *dgamma, float *dbeta) {
    norm_columns_backward(norm_columns_of(x, dy, gamma, NULL, eps, rows, k), true, scratch, dx, dgamma, dbeta);
}

static void rms_norm_columns_gradient(const float *x, const float *dy, const float *gamma, double eps, int64_t rows,
                                      int64_t k, double *scratch, float *dx, float *dgamma) {
    norm_columns_backward(norm_columns_of(x, dy, gamma, NULL, eps, rows, k), false, scratch, dx, dgamma, NULL);
}

#endif

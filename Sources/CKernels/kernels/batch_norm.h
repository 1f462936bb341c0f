// Batch norm: moments, coefficients, the affine map, and its gradient.
//
// Two ways of walking an activation cover every layout. Where the block divides 16 (1, 2, 4, 8, 16), the
// hw*block values of one channel block of one example are a *run* of consecutive floats, and lane k of every
// vector of a run holds channel k % block; a reduction folds the lanes of one channel at its end. Any other
// block (2-D activations, mostly) is walked row by row, sixteen *columns*, that is channels, at a time.
#ifndef DTRAIN_KERNELS_BATCH_NORM_H
#define DTRAIN_KERNELS_BATCH_NORM_H

#include "common.h"

// How (n, c, hw, block) lie in memory.
typedef struct {
    int64_t blocks;  // channel blocks of one example
    int64_t run;     // floats of one channel block of one example
    int64_t image;   // floats of one example
    bool runs;       // the block divides 16
    // If it does not: a channel block has `groups` groups of `rows` pixels; the pixels of a group are `stride` floats
    // apart, the groups one image apart.
    int64_t groups, rows, stride;
} bn_layout;

// Rows of columns passed over at once, few enough to stay in the first-level cache.
#define BN_ROWS 32

DT_INLINE bn_layout bn_layout_of(dt_activation l) {
    bn_layout r;
    r.blocks = (l.c + l.block - 1) / l.block;
    r.run = l.hw * l.block;
    r.image = r.blocks * r.run;
    r.runs = l.block <= DT_LANES && DT_LANES % l.block == 0;
    const bool flat = l.hw == 1;  // all examples are one group
    r.groups = flat ? 1 : l.n;
    r.rows = flat ? l.n : l.hw;
    r.stride = flat ? r.image : l.block;
    return r;
}

// The first row of the next pass: at most BN_ROWS further on, and in the same group or at the start of the next.
DT_INLINE int64_t bn_next_rows(bn_layout s, int64_t first) {
    const int64_t left = s.rows - first % s.rows;
    return first + (left < BN_ROWS ? left : BN_ROWS);
}

// Lane k gets p[k % block], for a block that divides 16.
DT_INLINE f32x16 bn_repeat(const float *p, int64_t block) {
    f32x16 v;
    for (int k = 0; k < DT_LANES; k++) { v[k] = p[k & (block - 1)]; }
    return v;
}

// The first `count` of 16 lanes from p, zeros behind them.
DT_INLINE f32x16 bn_load(const float *p, int64_t count) {
    return count >= DT_LANES ? load_f32(p) : load_partial_f32(p, count, 0.0f);
}

DT_INLINE f32x16 bn_keep(f32x16 v, i32x16 mask) {
    i32x16 bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= mask;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

// The coefficients of sixteen lanes.
typedef struct {
    f32x16 hi, lo, inv_std, scale, beta;
} bn_lanes;

DT_INLINE bn_lanes bn_lanes_repeat(const float *coefficients, int64_t padded, int64_t channel,
                                   int64_t block) {
    const float *p = coefficients + channel;
    bn_lanes r = {bn_repeat(p, block), bn_repeat(p + padded, block), bn_repeat(p + 2 * padded, block),
                  bn_repeat(p + 3 * padded, block), bn_repeat(p + 4 * padded, block)};
    return r;
}

DT_INLINE bn_lanes bn_lanes_load(const float *coefficients, int64_t padded, int64_t channel, int64_t count) {
    const float *p = coefficients + channel;
    bn_lanes r = {bn_load(p, count), bn_load(p + padded, count), bn_load(p + 2 * padded, count),
                  bn_load(p + 3 * padded, count), bn_load(p + 4 * padded, count)};
    return r;
}

// x - mean, without having rounded the mean to Float32 first.
DT_INLINE f32x16 bn_centered(f32x16 x, bn_lanes k) { return (x - k.hi) - k.lo; }

// The gradient that passes the ReLU. The mask comes from the forward pass's own arithmetic, so that it is the same.
DT_INLINE f32x16 bn_passed(f32x16 centered, f32x16 dy, bn_lanes k, bool relu) {
    return relu ? bn_keep(dy, centered * k.scale + k.beta > 0.0f) : dy;
}

// ---- reductions: two Float64 sums per channel ----

typedef enum { BN_MOMENTS, BN_GRADIENT, BN_GRADIENT_RELU, BN_GRADIENT_MASKED } bn_reduction;

// For BN_GRADIENT_MASKED: dy passes where `y` is positive, and what passes is written to `passed`, which may be dy.
typedef struct {
    const float *y;
    float *passed;
} bn_mask;

DT_INLINE f32x16 bn_masked(f32x16 dy, bn_mask mask, int64_t at, int64_t count) {
    const f32x16 passed = bn_keep(dy, bn_load(mask.y + at, count) > 0.0f);
    if (count >= DT_LANES) {
        store_f32(mask.passed + at, passed);
    } else {
        store_partial_f32(mask.passed + at, passed, count);
    }
    return passed;
}

typedef struct {
    f64x16 first, second;
} bn_sums;

DT_INLINE void bn_accumulate(bn_sums *s, f32x16 x, f32x16 dy, f64x16 shift, bn_lanes k, bn_reduction what) {
    if (what == BN_MOMENTS) {
        f64x16 d = widen(x) - shift;
        s->first += d;
        s->second += d * d;
    } else {
        f32x16 centered = bn_centered(x, k);
        f64x16 passed = widen(bn_passed(centered, dy, k, what == BN_GRADIENT_RELU));
        s->first += passed;
        s->second += passed * widen(centered * k.inv_std);
    }
}

// Sums of a run of the channel block of one example, whose vectors have one channel in each lane.
DT_INLINE void bn_reduce_run(bn_sums *sums, const float *p, const float *q, int64_t count, f64x16 shift, f32x16 neutral,
                             bn_lanes k, bn_reduction what, bn_mask mask) {
    const int64_t whole = count / DT_LANES * DT_LANES, rest = count % DT_LANES;
    bn_sums s = *sums;
    for (int64_t at = 0; at < whole; at += DT_LANES) {
        f32x16 dy = load_f32(q + at);
        if (what == BN_GRADIENT_MASKED) { dy = bn_masked(dy, mask, at, DT_LANES); }
        bn_accumulate(&s, load_f32(p + at), dy, shift, k, what);
    }
    if (rest > 0) {
        // Lanes past the run hold values that add zero to both sums.
        f32x16 tail = neutral, tail_dy = 0.0f;
        copy_partial(&tail, p + whole, rest, sizeof(float));
        if (what != BN_MOMENTS) { copy_partial(&tail_dy, q + whole, rest, sizeof(float)); }
        if (what == BN_GRADIENT_MASKED) { tail_dy = bn_masked(tail_dy, mask, whole, rest); }
        bn_accumulate(&s, tail, tail_dy, shift, k, what);
    }
    *sums = s;
}

// Writes the sums of `count` channels from `channel` on; lanes of one channel are folded where there are several.
DT_INLINE void bn_write_sums(bn_sums sums, int64_t channel, int64_t channels, int64_t count, bool folds,
                             double *first, double *second) {
    double lanes[2][DT_LANES];
    store_f64(lanes[0], sums.first);
    store_f64(lanes[1], sums.second);
    for (int64_t half = DT_LANES / 2; folds && half >= count; half /= 2) {
        for (int64_t lane = 0; lane < half; lane++) {
            lanes[0][lane] += lanes[0][lane + half];
            lanes[1][lane] += lanes[1][lane + half];
        }
    }
    for (int64_t lane = 0; lane < count && channel + lane < channels; lane++) {
        first[channel + lane] = lanes[0][lane];
        second[channel + lane] = lanes[1][lane];
    }
}

// Channel blocks whose sums are kept side by side, so that an activation is read from its start to its end.
#define BN_GROUP 8

// The reduction where the block divides 16.
DT_INLINE void bn_reduce_runs(const float *x, const float *dy, dt_activation l, const float *coefficients,
                              bn_reduction what, bn_mask mask, double *first, double *second) {
    const bn_layout s = bn_layout_of(l);
    const int64_t block = l.block, padded = s.blocks * block;
    const bool moments = what == BN_MOMENTS;
    for (int64_t base = 0; base < s.blocks; base += BN_GROUP) {
        const int64_t end = s.blocks - base < BN_GROUP ? s.blocks : base + BN_GROUP;
        bn_sums sums[BN_GROUP] = {0};
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t b = base; b < end; b++) {
                const int64_t start = i * s.image + b * s.run;
                const float *p = x + start, *q = moments ? p : dy + start;
                bn_mask here = {0};
                if (what == BN_GRADIENT_MASKED) { here = (bn_mask){mask.y + start, mask.passed + start}; }
                bn_lanes k = {0};
                f64x16 shift = 0.0;
                f32x16 neutral;
                if (moments) {
                    neutral = bn_repeat(x + b * s.run, block);
                    shift = widen(neutral);
                } else {
                    k = bn_lanes_repeat(coefficients, padded, b * block, block);
                    neutral = k.hi;
                }
                bn_reduce_run(&sums[b - base], p, q, s.run, shift, neutral, k, what, here);
            }
        }
        for (int64_t b = base; b < end; b++) {
            bn_write_sums(sums[b - base], b * block, l.c, block, true, first, second);
        }
    }
}

// first[c] and second[c] over all examples and pixels. For moments they are of x - shift, where shift is the
// channel's first element; dy and coefficients are then unused.
DT_INLINE void bn_reduce(const float *x, const float *dy, dt_activation l, const float *coefficients,
                         bn_reduction what, bn_mask mask, double *first, double *second) {
    const bn_layout s = bn_layout_of(l);
    if (s.runs) {
        bn_reduce_runs(x, dy, l, coefficients, what, mask, first, second);
        return;
    }
    const int64_t block = l.block, padded = s.blocks * block;
    const bool moments = what == BN_MOMENTS;
    bn_lanes k = {0};
    f64x16 shift = 0.0;
    for (int64_t channel = 0; channel < l.c;) {
        bn_sums sums = {0};
        // The last columns of a block of at least sixteen are its last sixteen, some of them summed twice with the
        // same result.
        const int64_t left = block - channel % block;
        if (left < DT_LANES && block >= DT_LANES) { channel -= DT_LANES - left; }
        const int64_t count = block < DT_LANES ? block : DT_LANES;
        const int64_t start = channel / block * s.run + channel % block;
        if (moments) {
            shift = widen(bn_load(x + start, count));
        } else {
            k = bn_lanes_load(coefficients, padded, channel, count);
        }
        for (int64_t group = 0; group < s.groups; group++) {
            int64_t at = group * s.image + start;
            for (int64_t row = 0; row < s.rows; row++, at += s.stride) {
                const f32x16 v = bn_load(x + at, count);
                f32x16 g = moments ? v : bn_load(dy + at, count);
                if (what == BN_GRADIENT_MASKED) { g = bn_masked(g, mask, at, count); }
                bn_accumulate(&sums, v, g, shift, k, what);
            }
        }
        bn_write_sums(sums, channel, l.c, count, false, first, second);
        channel += count;
    }
}

static void channel_moments(const float *x, dt_activation l, double *moments) {
    double *mean = moments + 1, *m2 = moments + 1 + l.c;
    const double count = (double)l.n * (double)l.hw;
    memset(moments, 0, (size_t)(1 + 2 * l.c) * sizeof(double));
    moments[0] = count;
    if (count == 0 || l.c == 0) { return; }
    bn_reduce(x, x, l, NULL, BN_MOMENTS, (bn_mask){0}, mean, m2);
    // The shift is one of the samples, so M2 holds at least its own square deviation times count/(count - 1),
    // and the subtraction below cancels at most a factor of count, whatever the mean.
    for (int64_t channel = 0; channel < l.c; channel++) {
        const double sum = mean[channel], squares = m2[channel];
        const int64_t block = l.block;
        const float shift = x[channel / block * l.hw * block + channel % block];
        const double deviations = squares - sum * (sum / count);
        mean[channel] = (double)shift + sum / count;
        m2[channel] = deviations < 0 ? 0 : deviations;
    }
}

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

// ---- coefficients ----

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

// ---- element-wise passes ----

typedef enum {
    BN_FORWARD, BN_FORWARD_RELU, BN_BACKWARD, BN_BACKWARD_RELU,
    BN_ADD, BN_ADD_RELU,  // forward, and then adds what stands in place of dy
    BN_GROUPED, BN_GROUPED_RELU,  // backward, where the weights differ inside the normalized group
} bn_pass;

// mean and mean_xhat are mean(dy') and mean(dy'*xhat), for groups mean(dy'*gamma) and mean(dy'*gamma*xhat) times
// inv_std; dy is unused going forward.
DT_INLINE f32x16 bn_map(f32x16 x, f32x16 dy, bn_lanes k, f32x16 mean, f32x16 mean_xhat, bn_pass pass) {
    const f32x16 centered = bn_centered(x, k);
    if (pass == BN_FORWARD || pass == BN_FORWARD_RELU) {
        const f32x16 y = centered * k.scale + k.beta;
        return pass == BN_FORWARD_RELU ? relu_f32(y) : y;
    }
    if (pass == BN_ADD || pass == BN_ADD_RELU) {
        const f32x16 y = (centered * k.scale + k.beta) + dy;
        return pass == BN_ADD_RELU ? relu_f32(y) : y;
    }
    const f32x16 passed = bn_passed(centered, dy, k, pass == BN_BACKWARD_RELU || pass == BN_GROUPED_RELU);
    if (pass == BN_GROUPED || pass == BN_GROUPED_RELU) {
        return k.scale * passed - (mean + (centered * k.inv_std) * mean_xhat);
    }
    return k.scale * ((passed - mean) - (centered * k.inv_std) * mean_xhat);
}

// out may be x or dy: every vector is read before it is written, and none is written twice.
DT_INLINE void bn_apply(const float *x, const float *dy, dt_activation l, const float *coefficients,
                        const float *means, bn_pass pass, float *out) {
    if (l.c == 0) { return; }
    const bn_layout s = bn_layout_of(l);
    const int64_t block = l.block, padded = s.blocks * block;
    const bool adds = pass == BN_ADD || pass == BN_ADD_RELU;
    const bool backward = !adds && pass != BN_FORWARD && pass != BN_FORWARD_RELU, two = backward || adds;
    f32x16 mean = 0.0f, mean_xhat = 0.0f;
    if (s.runs) {
        const int64_t vectors = s.run / DT_LANES, rest = s.run % DT_LANES;
        // Plane by plane, so that memory is read from its start to its end.
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t channel = 0; channel < padded; channel += block) {
                const bn_lanes k = bn_lanes_repeat(coefficients, padded, channel, block);
                if (backward) {
                    mean = bn_repeat(means + channel, block);
                    mean_xhat = bn_repeat(means + padded + channel, block);
                }
                int64_t at = i * s.image + channel * l.hw;
#pragma clang loop unroll_count(4)
                for (int64_t v = 0; v < vectors; v++, at += DT_LANES) {
                    const f32x16 g = two ? load_f32(dy + at) : (f32x16)0.0f;
                    store_f32(out + at, bn_map(load_f32(x + at), g, k, mean, mean_xhat, pass));
                }
                if (rest > 0) {
                    const f32x16 g = two ? load_partial_f32(dy + at, rest, 0.0f) : (f32x16)0.0f;
                    const f32x16 v = load_partial_f32(x + at, rest, 0.0f);
                    store_partial_f32(out + at, bn_map(v, g, k, mean, mean_xhat, pass), rest);
                }
            }
        }
        return;
    }
    // Sixteen channels of a few rows at a time: coefficients stay in registers, rows in the first-level
    // cache.
    for (int64_t base = 0; base < padded; base += block) {
        for (int64_t first = 0; first < s.groups * s.rows; first = bn_next_rows(s, first)) {
            const int64_t rows = bn_next_rows(s, first) - first;
            const int64_t start = first / s.rows * s.image + base * l.hw + first % s.rows * s.stride;
            for (int64_t column = 0; column < block; column += DT_LANES) {
                const int64_t channel = base + column;
                const int64_t count = block - column < DT_LANES ? block - column : DT_LANES;
                const bn_lanes k = bn_lanes_load(coefficients, padded, channel, count);
                if (backward) {
                    mean = bn_load(means + channel, count);
                    mean_xhat = bn_load(means + padded + channel, count);
                }
                int64_t at = start + column;
                for (int64_t row = 0; row < rows; row++, at += s.stride) {
                    const f32x16 v = bn_load(x + at, count);
                    const f32x16 g = two ? bn_load(dy + at, count) : (f32x16)0.0f;
                    const f32x16 y = bn_map(v, g, k, mean, mean_xhat, pass);
                    if (count == DT_LANES) {
                        store_f32(out + at, y);
                    } else {
                        store_partial_f32(out + at, y, count);
                    }
                }
            }
        }
    }
}

static void batch_norm(const float *x, dt_activation l, const float *coefficients, bool relu, float *y) {
    if (relu) {
        bn_apply(x, x, l, coefficients, NULL, BN_FORWARD_RELU, y);
    } else {
        bn_apply(x, x, l, coefficients, NULL, BN_FORWARD, y);
    }
}

static void batch_norm_gradient_sums(const float *x, const float *dy, dt_activation l,
                                     const float *coefficients, bool relu, double *sums) {
    memset(sums, 0, (size_t)(2 * l.c) * sizeof(double));
    if (l.n == 0 || l.hw == 0 || l.c == 0) { return; }
    if (relu) {
        bn_reduce(x, dy, l, coefficients, BN_GRADIENT_RELU, (bn_mask){0}, sums, sums + l.c);
    } else {
        bn_reduce(x, dy, l, coefficients, BN_GRADIENT, (bn_mask){0}, sums, sums + l.c);
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

static void batch_norm_gradient(const float *x, const float *dy, dt_activation l, const float *coefficients,
                                const float *means, bool relu, float *dx) {
    if (relu) {
        bn_apply(x, dy, l, coefficients, means, BN_BACKWARD_RELU, dx);
    } else {
        bn_apply(x, dy, l, coefficients, means, BN_BACKWARD, dx);
    }
}

#undef BN_ROWS

#endif

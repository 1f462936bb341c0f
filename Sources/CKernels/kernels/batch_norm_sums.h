// Batch norm's reductions over an activation, two Float64 sums per channel: moments and gradient sums.
#ifndef DTRAIN_KERNELS_BATCH_NORM_SUMS_H
#define DTRAIN_KERNELS_BATCH_NORM_SUMS_H

#include "batch_norm_lanes.h"

typedef enum { BN_MOMENTS, BN_GRADIENT, BN_GRADIENT_RELU, BN_GRADIENT_MASKED } bn_reduction;

// For BN_GRADIENT_MASKED: dy passes where `y` is positive, and what passes is written to `passed`, which may be dy.
typedef struct {
    const void *y;
    void *passed;
} bn_mask;

// Where a number stored as bfloat16 is positive: all bits of these elements. Such are 1 up to infinity, 0x7F80.
#define BN_POSITIVE(y) ((y) - (uint16_t)1 < (uint16_t)0x7F80)

// `count` summands of what passes.
DT_INLINE f32x16 bn_masked(const void *dy, bn_mask mask, int64_t at, int64_t count, bool bfloat16) {
    if (bfloat16) {
        const u16x16 y = load_elements(mask.y, at, count);
        const u16x16 passed = load_elements(dy, at, count) & (u16x16)BN_POSITIVE(y);
        store_elements(mask.passed, at, passed, count);
        return split_widened(passed);
    }
    const f32x16 v = bn_load_stored(dy, at, count, false);
    const f32x16 passed = bn_keep(v, bn_load_stored(mask.y, at, count, false) > 0.0f);
    bn_store(mask.passed, at, passed, count, false);
    return passed;
}

DT_INLINE f32_pair bn_masked_pair(const void *dy, bn_mask mask, int64_t at) {
    const u16x32 y = load_pair_elements(mask.y, at);
    const u16x32 passed = load_pair_elements(dy, at) & (u16x32)BN_POSITIVE(y);
    store_pair_elements(mask.passed, at, passed);
    return pair_widened(passed);
}

#undef BN_POSITIVE

typedef struct {
    f64x16 first, second;
} bn_sums;

// dy' and xhat.
typedef struct {
    f32x16 passed, xhat;
} bn_terms;

DT_INLINE bn_terms bn_terms_of(f32x16 x, f32x16 dy, bn_lanes k, bool relu) {
    const f32x16 centered = bn_centered(x, k);
    return (bn_terms){bn_passed(centered, dy, k, relu), centered * k.inv_std};
}

DT_INLINE void bn_add_terms(bn_sums *s, f32x16 passed, f32x16 xhat) {
    const f64x16 wide = widen(passed);
    s->first += wide;
    s->second += wide * widen(xhat);
}

DT_INLINE void bn_accumulate(bn_sums *s, f32x16 x, f32x16 dy, f64x16 shift, bn_lanes k, bn_reduction what) {
    if (what == BN_MOMENTS) {
        f64x16 d = widen(x) - shift;
        s->first += d;
        s->second += d * d;
    } else {
        const bn_terms t = bn_terms_of(x, dy, k, what == BN_GRADIENT_RELU);
        bn_add_terms(s, t.passed, t.xhat);
    }
}

// Thirty-two elements from place `at` on.
DT_INLINE void bn_accumulate_pair(bn_sums *s, const void *x, const void *dy, int64_t at, bn_pair_lanes k,
                                  bn_reduction what, bn_mask mask) {
    const bool relu = what == BN_GRADIENT_RELU;
    const f32_pair v = load_pair(x, at);
    const f32_pair g = what == BN_GRADIENT_MASKED ? bn_masked_pair(dy, mask, at) : load_pair(dy, at);
    const bn_terms even = bn_terms_of(v.even, g.even, k.even, relu), odd = bn_terms_of(v.odd, g.odd, k.odd, relu);
    bn_add_terms(s, front_summands(even.passed, odd.passed), front_summands(even.xhat, odd.xhat));
    bn_add_terms(s, back_summands(even.passed, odd.passed), back_summands(even.xhat, odd.xhat));
}

// Sums of a run of the channel block of one example, `count` elements, whose vectors have one channel in each lane;
// `shift` in the order of summands, `neutral` and `k` in that of places.
DT_INLINE void bn_reduce_run(bn_sums *sums, const void *x, const void *dy, int64_t count, f64x16 shift,
                             f32x16 neutral, bn_lanes k, bn_reduction what, bn_mask mask, bool bfloat16) {
    const int64_t whole = count / DT_LANES * DT_LANES, rest = count % DT_LANES;
    int64_t at = 0;
    bn_sums s = *sums;
    if (bfloat16 && what != BN_MOMENTS) {
        const bn_pair_lanes pairs = bn_pair_lanes_of(k, false);
        for (; at + DT_PAIR <= whole; at += DT_PAIR) { bn_accumulate_pair(&s, x, dy, at, pairs, what, mask); }
    }
    k = bn_summand_lanes(k, bfloat16);
    for (; at < whole; at += DT_LANES) {
        const f32x16 v = load_summands(x, at, bfloat16);
        f32x16 g = 0.0f;
        if (what == BN_GRADIENT_MASKED) {
            g = bn_masked(dy, mask, at, DT_LANES, bfloat16);
        } else if (what != BN_MOMENTS) {
            g = load_summands(dy, at, bfloat16);
        }
        bn_accumulate(&s, v, g, shift, k, what);
    }
    if (rest > 0) {
        // Lanes past the run hold values that add zero to both sums.
        const f32x16 tail = load_summands_partial(x, whole, rest, neutral, bfloat16);
        f32x16 g = 0.0f;
        if (what == BN_GRADIENT_MASKED) {
            g = bn_masked(dy, mask, whole, rest, bfloat16);
        } else if (what != BN_MOMENTS) {
            g = load_summands_partial(dy, whole, rest, 0.0f, bfloat16);
        }
        bn_accumulate(&s, tail, g, shift, k, what);
    }
    *sums = s;
}

// Writes the sums of `count` channels from `channel` on; lanes of one channel are folded where there are several.
DT_INLINE void bn_write_sums(bn_sums sums, int64_t channel, int64_t channels, int64_t count, bool folds,
                             bool bfloat16, double *first, double *second) {
    double lanes[2][DT_LANES];
    store_f64(lanes[0], place_lanes(sums.first, bfloat16));
    store_f64(lanes[1], place_lanes(sums.second, bfloat16));
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
DT_INLINE void bn_reduce_runs(const void *x, const void *dy, dt_activation l, const float *coefficients,
                              bn_reduction what, bn_mask mask, bool bfloat16, double *first, double *second) {
    const bn_layout s = bn_layout_of(l);
    const int64_t block = l.block, padded = s.blocks * block;
    const bool moments = what == BN_MOMENTS;
    for (int64_t base = 0; base < s.blocks; base += BN_GROUP) {
        const int64_t end = s.blocks - base < BN_GROUP ? s.blocks : base + BN_GROUP;
        bn_sums sums[BN_GROUP] = {0};
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t b = base; b < end; b++) {
                bn_lanes k = {0};
                f64x16 shift = 0.0;
                f32x16 neutral;
                if (moments) {
                    neutral = bn_repeat_stored(x, b * s.run, block, bfloat16);
                    shift = widen(summand_lanes(neutral, bfloat16));
                } else {
                    k = bn_lanes_repeat(coefficients, NULL, padded, b * block, block);
                    neutral = k.hi;
                }
                const int64_t start = i * s.image + b * s.run;
                bn_mask here = {0};
                if (what == BN_GRADIENT_MASKED) {
                    here.y = stored_at(mask.y, start, bfloat16);
                    here.passed = (char *)mask.passed + stored_bytes(start, bfloat16);
                }
                bn_reduce_run(&sums[b - base], stored_at(x, start, bfloat16), stored_at(dy, start, bfloat16), s.run,
                              shift, neutral, k, what, here, bfloat16);
            }
        }
        for (int64_t b = base; b < end; b++) {
            bn_write_sums(sums[b - base], b * block, l.c, block, true, bfloat16, first, second);
        }
    }
}

// first[c] and second[c] over all examples and pixels. For moments they are of x - shift, where shift is the
// channel's first element; dy and coefficients are then unused.
DT_INLINE void bn_reduce_stored(const void *x, const void *dy, dt_activation l, const float *coefficients,
                                bn_reduction what, bn_mask mask, bool bfloat16, double *first, double *second) {
    const bn_layout s = bn_layout_of(l);
    if (s.runs) {
        bn_reduce_runs(x, dy, l, coefficients, what, mask, bfloat16, first, second);
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
            shift = widen(bn_load_summands(x, start, count, bfloat16));
        } else {
            k = bn_summand_lanes(bn_lanes_load(coefficients, NULL, padded, channel, count), bfloat16);
        }
        for (int64_t group = 0; group < s.groups; group++) {
            int64_t at = group * s.image + start;
            for (int64_t row = 0; row < s.rows; row++, at += s.stride) {
                const f32x16 v = bn_load_summands(x, at, count, bfloat16);
                f32x16 g = 0.0f;
                if (what == BN_GRADIENT_MASKED) {
                    g = bn_masked(dy, mask, at, count, bfloat16);
                } else if (!moments) {
                    g = bn_load_summands(dy, at, count, bfloat16);
                }
                bn_accumulate(&sums, v, g, shift, k, what);
            }
        }
        bn_write_sums(sums, channel, l.c, count, false, bfloat16, first, second);
        channel += count;
    }
}

DT_INLINE void bn_reduce(const void *x, const void *dy, dt_activation l, const float *coefficients,
                         bn_reduction what, bn_mask mask, double *first, double *second) {
    if (l.bfloat16) {
        bn_reduce_stored(x, dy, l, coefficients, what, mask, true, first, second);
    } else {
        bn_reduce_stored(x, dy, l, coefficients, what, mask, false, first, second);
    }
}

static void channel_moments(const void *x, dt_activation l, double *moments) {
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
        const float shift = load_stored_one(x, channel / block * l.hw * block + channel % block, l.bfloat16);
        const double deviations = squares - sum * (sum / count);
        mean[channel] = (double)shift + sum / count;
        m2[channel] = deviations < 0 ? 0 : deviations;
    }
}

static void batch_norm_gradient_sums(const void *x, const void *dy, dt_activation l,
                                     const float *coefficients, bool relu, double *sums) {
    memset(sums, 0, (size_t)(2 * l.c) * sizeof(double));
    if (l.n == 0 || l.hw == 0 || l.c == 0) { return; }
    if (relu) {
        bn_reduce(x, dy, l, coefficients, BN_GRADIENT_RELU, (bn_mask){0}, sums, sums + l.c);
    } else {
        bn_reduce(x, dy, l, coefficients, BN_GRADIENT, (bn_mask){0}, sums, sums + l.c);
    }
}

#endif

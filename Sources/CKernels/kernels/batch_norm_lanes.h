// How batch norm walks an activation, and what each channel has in vectors.
//
// Two ways of walking an activation cover every layout. Where the block divides 16 (1, 2, 4, 8, 16), the
// hw*block values of one channel block of one example are a *run* of consecutive elements, and lane k of every
// vector of a run holds channel k % block; a reduction folds the lanes of one channel at its end. Any other
// block (2-D activations, mostly) is walked row by row, sixteen *columns*, that is channels, at a time.
#ifndef DTRAIN_KERNELS_BATCH_NORM_LANES_H
#define DTRAIN_KERNELS_BATCH_NORM_LANES_H

#include "common.h"
#include "activation.h"

// How (n, c, hw, block) lie in memory.
typedef struct {
    int64_t blocks;  // channel blocks of one example
    int64_t run;     // elements of one channel block of one example
    int64_t image;   // elements of one example
    bool runs;       // the block divides 16
    // If it does not: a channel block has `groups` groups of `rows` pixels; the pixels of a group are `stride`
    // elements apart, the groups one image apart.
    int64_t groups, rows, stride;
} bn_layout;

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

// Lane k gets p[k % block], for a block that divides 16.
DT_INLINE f32x16 bn_repeat(const float *p, int64_t block) {
    f32x16 v;
    for (int k = 0; k < DT_LANES; k++) { v[k] = p[k & (block - 1)]; }
    return v;
}

DT_INLINE f32x16 bn_repeat_stored(const void *p, int64_t at, int64_t block, bool bfloat16) {
    f32x16 v;
    for (int k = 0; k < DT_LANES; k++) { v[k] = load_stored_one(p, at + (k & (block - 1)), bfloat16); }
    return v;
}

// The first `count` of 16 lanes from p, zeros behind them.
DT_INLINE f32x16 bn_load(const float *p, int64_t count) {
    return count >= DT_LANES ? load_f32(p) : load_partial_f32(p, count, 0.0f);
}

// The same of activations from place `at` on, also in the order of summands, and the way back.
DT_INLINE f32x16 bn_load_summands(const void *p, int64_t at, int64_t count, bool bfloat16) {
    return count >= DT_LANES ? load_summands(p, at, bfloat16) : load_summands_partial(p, at, count, 0.0f, bfloat16);
}

DT_INLINE f32x16 bn_load_stored(const void *p, int64_t at, int64_t count, bool bfloat16) {
    return count >= DT_LANES ? load_stored(p, at, bfloat16) : load_stored_partial(p, at, count, 0.0f, bfloat16);
}

DT_INLINE void bn_store(void *p, int64_t at, f32x16 v, int64_t count, bool bfloat16) {
    if (count >= DT_LANES) {
        store_stored(p, at, v, bfloat16);
    } else {
        store_stored_partial(p, at, v, count, bfloat16);
    }
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
    // mean(dy') and mean(dy'*xhat), for groups mean(dy'*gamma) and mean(dy'*gamma*xhat) times inv_std; only maps going
    // backward have them.
    f32x16 mean, mean_xhat;
} bn_lanes;

DT_INLINE bn_lanes bn_lanes_repeat(const float *coefficients, const float *means, int64_t padded, int64_t channel,
                                   int64_t block) {
    const float *p = coefficients + channel;
    bn_lanes r = {bn_repeat(p, block), bn_repeat(p + padded, block), bn_repeat(p + 2 * padded, block),
                  bn_repeat(p + 3 * padded, block), bn_repeat(p + 4 * padded, block), 0.0f, 0.0f};
    if (means) {
        r.mean = bn_repeat(means + channel, block);
        r.mean_xhat = bn_repeat(means + padded + channel, block);
    }
    return r;
}

DT_INLINE bn_lanes bn_lanes_load(const float *coefficients, const float *means, int64_t padded, int64_t channel,
                                 int64_t count) {
    const float *p = coefficients + channel;
    bn_lanes r = {bn_load(p, count), bn_load(p + padded, count), bn_load(p + 2 * padded, count),
                  bn_load(p + 3 * padded, count), bn_load(p + 4 * padded, count), 0.0f, 0.0f};
    if (means) {
        r.mean = bn_load(means + channel, count);
        r.mean_xhat = bn_load(means + padded + channel, count);
    }
    return r;
}

// The same in the order of summands (activation.h).
DT_INLINE bn_lanes bn_summand_lanes(bn_lanes k, bool bfloat16) {
    bn_lanes r = {summand_lanes(k.hi, bfloat16), summand_lanes(k.lo, bfloat16), summand_lanes(k.inv_std, bfloat16),
                  summand_lanes(k.scale, bfloat16), summand_lanes(k.beta, bfloat16), 0.0f, 0.0f};
    return r;
}

// Lanes for pairs: results may be rounded without a look for NaN, and beta is not -0 if there is a ReLU.
typedef struct {
    bn_lanes even, odd;
} bn_pair_lanes;

#define BN_EACH(f, k) {f(k.hi), f(k.lo), f(k.inv_std), f(k.scale), f(k.beta), f(k.mean), f(k.mean_xhat)}

DT_INLINE bn_lanes bn_plain(bn_lanes k, bool relu) {
    bn_lanes r = BN_EACH(payload_cleared, k);
    if (relu) { r.beta += 0.0f; }
    return r;
}

DT_INLINE bn_pair_lanes bn_pair_lanes_of(bn_lanes k, bool relu) {
    const bn_lanes plain = bn_plain(k, relu);
    return (bn_pair_lanes){BN_EACH(even_lanes, plain), BN_EACH(odd_lanes, plain)};
}

// Those of 32 neighbouring channels.
DT_INLINE bn_pair_lanes bn_pair_lanes_load(const float *coefficients, const float *means, int64_t padded,
                                           int64_t channel, bool relu) {
    const bn_lanes a = bn_plain(bn_lanes_load(coefficients, means, padded, channel, DT_LANES), relu);
    const bn_lanes b = bn_plain(bn_lanes_load(coefficients, means, padded, channel + DT_LANES, DT_LANES), relu);
    bn_pair_lanes r;
#define BN_JOIN(f)                                                                                                \
    r.even.f = __builtin_shufflevector(a.f, b.f, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);      \
    r.odd.f = __builtin_shufflevector(a.f, b.f, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
    BN_JOIN(hi);
    BN_JOIN(lo);
    BN_JOIN(inv_std);
    BN_JOIN(scale);
    BN_JOIN(beta);
    BN_JOIN(mean);
    BN_JOIN(mean_xhat);
#undef BN_JOIN
    return r;
}

#undef BN_EACH

// x - mean, without having rounded the mean to Float32 first.
DT_INLINE f32x16 bn_centered(f32x16 x, bn_lanes k) { return (x - k.hi) - k.lo; }

// The gradient that passes the ReLU. The mask comes from the forward pass's own arithmetic, so that it is the same: a
// rounded sum is positive where the first term is above the negative of the second.
DT_INLINE f32x16 bn_passed(f32x16 centered, f32x16 dy, bn_lanes k, bool relu) {
    return relu ? bn_keep(dy, centered * k.scale > -k.beta) : dy;
}

#endif

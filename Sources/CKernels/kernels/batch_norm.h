// Batch norm's maps of an activation, element by element: forward, with an addition behind it, and the gradient.
#ifndef DTRAIN_KERNELS_BATCH_NORM_H
#define DTRAIN_KERNELS_BATCH_NORM_H

#include "batch_norm_coefficients.h"
#include "batch_norm_lanes.h"
#include "batch_norm_sums.h"

// Rows of columns passed over at once, few enough to stay in the first-level cache.
#define BN_ROWS 32

// The first row of the next pass: at most BN_ROWS further on, and in the same group or at the start of the next.
DT_INLINE int64_t bn_next_rows(bn_layout s, int64_t first) {
    const int64_t left = s.rows - first % s.rows;
    return first + (left < BN_ROWS ? left : BN_ROWS);
}

typedef enum {
    BN_FORWARD, BN_FORWARD_RELU,
    BN_ADD, BN_ADD_RELU,  // forward, and then adds what stands in place of dy
    BN_BACKWARD, BN_BACKWARD_RELU,
    BN_GROUPED, BN_GROUPED_RELU,  // backward, where the weights differ inside the normalized group
} bn_pass;

// dy is unused going forward. unsigned_zero: beta is not -0, and so no sum with it is.
DT_INLINE f32x16 bn_map(f32x16 x, f32x16 dy, bn_lanes k, bn_pass pass, bool unsigned_zero) {
    const f32x16 centered = bn_centered(x, k);
    if (pass <= BN_ADD_RELU) {
        f32x16 y = centered * k.scale + k.beta;
        if (pass == BN_ADD || pass == BN_ADD_RELU) { y += dy; }
        if (pass == BN_FORWARD || pass == BN_ADD) { return y; }
        return unsigned_zero ? relu_unsigned_zero_f32(y) : relu_f32(y);
    }
    const f32x16 passed = bn_passed(centered, dy, k, pass == BN_BACKWARD_RELU || pass == BN_GROUPED_RELU);
    if (pass == BN_GROUPED || pass == BN_GROUPED_RELU) {
        return k.scale * passed - (k.mean + (centered * k.inv_std) * k.mean_xhat);
    }
    return k.scale * ((passed - k.mean) - (centered * k.inv_std) * k.mean_xhat);
}

DT_INLINE void bn_map_pair(const void *x, const void *dy, int64_t at, bn_pair_lanes k, bn_pass pass, bool two,
                           void *out) {
    const f32_pair v = load_pair(x, at);
    const f32_pair g = two ? load_pair(dy, at) : (f32_pair){0.0f, 0.0f};
    const f32_pair y = {bn_map(v.even, g.even, k.even, pass, true), bn_map(v.odd, g.odd, k.odd, pass, true)};
    store_pair(out, at, y);
}

// out may be x or dy: every vector is read before it is written, and none is written twice.
DT_INLINE void bn_apply_stored(const void *x, const void *dy, dt_activation l, const float *coefficients,
                               const float *means, bn_pass pass, bool bfloat16, void *out) {
    if (l.c == 0) { return; }
    const bn_layout s = bn_layout_of(l);
    const int64_t block = l.block, padded = s.blocks * block;
    const bool two = pass != BN_FORWARD && pass != BN_FORWARD_RELU;
    const bool relu = pass == BN_FORWARD_RELU || pass == BN_ADD_RELU;
    if (s.runs) {
        // Plane by plane, so that memory is read from its start to its end.
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t channel = 0; channel < padded; channel += block) {
                const bn_lanes k = bn_lanes_repeat(coefficients, means, padded, channel, block);
                int64_t at = i * s.image + channel * l.hw, left = s.run;
                if (bfloat16) {
                    const bn_pair_lanes pairs = bn_pair_lanes_of(k, relu);
                    for (; left >= DT_PAIR; left -= DT_PAIR, at += DT_PAIR) {
                        bn_map_pair(x, dy, at, pairs, pass, two, out);
                    }
                }
                const int64_t vectors = left / DT_LANES, rest = left % DT_LANES;
#pragma clang loop unroll_count(4)
                for (int64_t v = 0; v < vectors; v++, at += DT_LANES) {
                    const f32x16 g = two ? load_stored(dy, at, bfloat16) : (f32x16)0.0f;
                    store_stored(out, at, bn_map(load_stored(x, at, bfloat16), g, k, pass, false), bfloat16);
                }
                if (rest > 0) {
                    const f32x16 g = two ? load_stored_partial(dy, at, rest, 0.0f, bfloat16) : (f32x16)0.0f;
                    const f32x16 v = load_stored_partial(x, at, rest, 0.0f, bfloat16);
                    store_stored_partial(out, at, bn_map(v, g, k, pass, false), rest, bfloat16);
                }
            }
        }
        return;
    }
    // Sixteen channels, or a pair, of a few rows at a time: coefficients stay in registers, rows in the first-level
    // cache.
    for (int64_t base = 0; base < padded; base += block) {
        for (int64_t first = 0; first < s.groups * s.rows; first = bn_next_rows(s, first)) {
            const int64_t rows = bn_next_rows(s, first) - first;
            const int64_t start = first / s.rows * s.image + base * l.hw + first % s.rows * s.stride;
            int64_t column = 0;
            for (; bfloat16 && column + DT_PAIR <= block; column += DT_PAIR) {
                const bn_pair_lanes pairs = bn_pair_lanes_load(coefficients, means, padded, base + column, relu);
                int64_t at = start + column;
                for (int64_t row = 0; row < rows; row++, at += s.stride) {
                    bn_map_pair(x, dy, at, pairs, pass, two, out);
                }
            }
            for (; column < block; column += DT_LANES) {
                const int64_t count = block - column < DT_LANES ? block - column : DT_LANES;
                const bn_lanes k = bn_lanes_load(coefficients, means, padded, base + column, count);
                int64_t at = start + column;
                for (int64_t row = 0; row < rows; row++, at += s.stride) {
                    const f32x16 v = bn_load_stored(x, at, count, bfloat16);
                    const f32x16 g = two ? bn_load_stored(dy, at, count, bfloat16) : (f32x16)0.0f;
                    bn_store(out, at, bn_map(v, g, k, pass, false), count, bfloat16);
                }
            }
        }
    }
}

DT_INLINE void bn_apply(const void *x, const void *dy, dt_activation l, const float *coefficients,
                        const float *means, bn_pass pass, void *out) {
    if (l.bfloat16) {
        bn_apply_stored(x, dy, l, coefficients, means, pass, true, out);
    } else {
        bn_apply_stored(x, dy, l, coefficients, means, pass, false, out);
    }
}

static void batch_norm(const void *x, dt_activation l, const float *coefficients, bool relu, void *y) {
    if (relu) {
        bn_apply(x, x, l, coefficients, NULL, BN_FORWARD_RELU, y);
    } else {
        bn_apply(x, x, l, coefficients, NULL, BN_FORWARD, y);
    }
}

static void batch_norm_gradient(const void *x, const void *dy, dt_activation l, const float *coefficients,
                                const float *means, bool relu, void *dx) {
    if (relu) {
        bn_apply(x, dy, l, coefficients, means, BN_BACKWARD_RELU, dx);
    } else {
        bn_apply(x, dy, l, coefficients, means, BN_BACKWARD, dx);
    }
}

#undef BN_ROWS

#endif

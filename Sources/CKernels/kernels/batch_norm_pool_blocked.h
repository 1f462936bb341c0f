// Batch norm and max pooling in one pass over channel blocks of one width. batch_norm_pool_planes.h includes this once
// per width, with POOL_LANES defined as the block.

#define POOL(name) POOL_OF(name, POOL_LANES)
#define POOL_E POOL(pool_elements)
#define POOL_I POOL(pool_integers)
#define POOL_F POOL(pool_floats)
#define POOL_D POOL(pool_doubles)
// Blocks of 16 stored as bfloat16 are computed with two pixels at a time, which are a pair (activation.h).
#define POOL_PAIRS (POOL_BFLOAT16 && POOL_LANES == 16)

// The coefficients of a block's channels and, going backward, the means of its gradient; in the order of values.
typedef struct {
    POOL_F hi, lo, inv_std, scale, beta, mean, mean_xhat;
#if POOL_PAIRS
    bn_pair_lanes pairs;
#endif
} POOL(bnp_lanes);

DT_INLINE POOL_F POOL(bnp_load)(const float *p) {
    POOL_F v;
    memcpy(&v, p, sizeof v);
    return POOL(pool_value_lanes)(v);
}

DT_INLINE POOL(bnp_lanes) POOL(bnp_lanes_of)(const float *coefficients, const float *means, int64_t padded,
                                             int64_t channel, bool relu) {
    const float *p = coefficients + channel;
    POOL(bnp_lanes) r = {POOL(bnp_load)(p), POOL(bnp_load)(p + padded), POOL(bnp_load)(p + 2 * padded),
                         POOL(bnp_load)(p + 3 * padded), POOL(bnp_load)(p + 4 * padded), 0.0f, 0.0f};
    if (means) {
        r.mean = POOL(bnp_load)(means + channel);
        r.mean_xhat = POOL(bnp_load)(means + padded + channel);
    }
#if POOL_PAIRS
    r.pairs = bn_pair_lanes_of(bn_lanes_repeat(coefficients, means, padded, channel, POOL_LANES), relu);
#endif
    return r;
}

DT_INLINE POOL_F POOL(bnp_centered)(const POOL_ELEMENT *x, POOL(bnp_lanes) k) {
    return (POOL(pool_values)(POOL(pool_load)(x)) - k.hi) - k.lo;
}

// The gradient that passes the ReLU, as bn_passed.
DT_INLINE POOL_F POOL(bnp_passed)(POOL_F centered, POOL_E dy, POOL(bnp_lanes) k, bool relu) {
    const POOL_F g = POOL(pool_values)(dy);
    return relu ? (centered * k.scale > -k.beta ? g : (POOL_F)0.0f) : g;
}

// ---- batch norm of two neighbouring pixels ----

typedef struct {
    POOL_E left, right;
} POOL(bnp_two);

#if POOL_PAIRS
DT_INLINE POOL(bnp_two) POOL(bnp_outputs)(const POOL_ELEMENT *x, POOL(bnp_lanes) k, bool relu) {
    const bn_pass pass = relu ? BN_FORWARD_RELU : BN_FORWARD;
    POOL_ELEMENT y[DT_PAIR];
    bn_map_pair(x, x, 0, k.pairs, pass, false, y);
    return (POOL(bnp_two)){POOL(pool_load)(y), POOL(pool_load)(y + POOL_LANES)};
}
#else
DT_INLINE POOL_E POOL(bnp_output)(const POOL_ELEMENT *x, POOL(bnp_lanes) k, bool relu) {
    const POOL_F y = POOL(bnp_centered)(x, k) * k.scale + k.beta;
    return POOL(pool_rounded)(relu ? (y <= 0.0f ? (POOL_F)0.0f : y) : y);
}

DT_INLINE POOL(bnp_two) POOL(bnp_outputs)(const POOL_ELEMENT *x, POOL(bnp_lanes) k, bool relu) {
    return (POOL(bnp_two)){POOL(bnp_output)(x, k, relu), POOL(bnp_output)(x + POOL_LANES, k, relu)};
}
#endif

DT_INLINE void POOL(bnp_forward)(const POOL_ELEMENT *x, dt_window w, POOL(bnp_lanes) k, bool relu, POOL_ELEMENT *y,
                                 uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL(bnp_two) upper = POOL(bnp_outputs)(top, k, relu), lower = POOL(bnp_outputs)(bottom, k, relu);
            POOL(pool_best) best = POOL(pool_first)(upper.left, 0, relu);
            best = POOL(pool_next)(best, upper.right, 1, relu);
            best = POOL(pool_next)(best, lower.left, 2, relu);
            best = POOL(pool_next)(best, lower.right, 3, relu);
            POOL(pool_store)(y, best.element);
            POOL(pool_store_indices)(indices, best.tap);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            y += POOL_LANES;
            indices += POOL_LANES;
        }
    }
}

typedef struct {
    POOL_D first, second;
} POOL(bnp_sums);

// Adds one plane's sums of dy' and dy'*xhat: only the pixels that won their window have a gradient.
DT_INLINE void POOL(bnp_add_sums)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                  POOL(bnp_lanes) k, bool relu, POOL(bnp_sums) *sums) {
    POOL(bnp_sums) s = *sums;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_I tap = POOL(pool_load_indices)(indices);
            const POOL_E first = tap == 1 ? POOL(pool_load)(top + POOL_LANES) : POOL(pool_load)(top);
            const POOL_E second = tap == 3 ? POOL(pool_load)(bottom + POOL_LANES) : POOL(pool_load)(bottom);
            const POOL_F centered = (POOL(pool_values)(tap < 2 ? first : second) - k.hi) - k.lo;
            const POOL_D passed =
                __builtin_convertvector(POOL(bnp_passed)(centered, POOL(pool_load)(dy), k, relu), POOL_D);
            s.first += passed;
            s.second += passed * __builtin_convertvector(centered * k.inv_std, POOL_D);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            dy += POOL_LANES;
            indices += POOL_LANES;
        }
    }
    *sums = s;
}

DT_INLINE void POOL(bnp_gradient)(const POOL_ELEMENT *x, POOL_E dy, POOL(bnp_lanes) k, bool relu, POOL_ELEMENT *dx) {
    const POOL_F centered = POOL(bnp_centered)(x, k);
    const POOL_F passed = POOL(bnp_passed)(centered, dy, k, relu);
    const POOL_F d = k.scale * ((passed - k.mean) - (centered * k.inv_std) * k.mean_xhat);
    POOL(pool_store)(dx, POOL(pool_rounded)(d));
}

#if POOL_PAIRS
DT_INLINE void POOL(bnp_gradients)(const POOL_ELEMENT *x, POOL(bnp_two) dy, POOL(bnp_lanes) k, bool relu,
                                   POOL_ELEMENT *dx) {
    const bn_pass pass = relu ? BN_BACKWARD_RELU : BN_BACKWARD;
    POOL_ELEMENT g[DT_PAIR];
    POOL(pool_store)(g, dy.left);
    POOL(pool_store)(g + POOL_LANES, dy.right);
    const f32_pair v = load_pair(x, 0), passed = load_pair(g, 0);
    const f32_pair d = {bn_map(v.even, passed.even, k.pairs.even, pass, true),
                        bn_map(v.odd, passed.odd, k.pairs.odd, pass, true)};
    store_pair(dx, 0, d);
}
#else
DT_INLINE void POOL(bnp_gradients)(const POOL_ELEMENT *x, POOL(bnp_two) dy, POOL(bnp_lanes) k, bool relu,
                                   POOL_ELEMENT *dx) {
    POOL(bnp_gradient)(x, dy.left, k, relu, dx);
    POOL(bnp_gradient)(x + POOL_LANES, dy.right, k, relu, dx + POOL_LANES);
}
#endif

DT_INLINE void POOL(bnp_backward)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                  POOL(bnp_lanes) k, bool relu, POOL_ELEMENT *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        int64_t top = 2 * oy * row, bottom = top + row;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_E d = POOL(pool_load)(dy);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            const POOL(bnp_two) upper = {POOL(pool_keep)(d, tap == 0), POOL(pool_keep)(d, tap == 1)};
            const POOL(bnp_two) lower = {POOL(pool_keep)(d, tap == 2), POOL(pool_keep)(d, tap == 3)};
            POOL(bnp_gradients)(x + top, upper, k, relu, dx + top);
            POOL(bnp_gradients)(x + bottom, lower, k, relu, dx + bottom);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            dy += POOL_LANES;
            indices += POOL_LANES;
        }
        // A last column that no window covers.
        if (w.w > 2 * w.ow) {
            POOL(bnp_gradient)(x + top, 0, k, relu, dx + top);
            POOL(bnp_gradient)(x + bottom, 0, k, relu, dx + bottom);
        }
    }
    for (int64_t at = 2 * w.oh * row; at < w.h * row; at += POOL_LANES) {
        POOL(bnp_gradient)(x + at, 0, k, relu, dx + at);
    }
}

// ---- all planes ----

DT_INLINE void POOL(bnp_max_pool)(const POOL_ELEMENT *x, dt_activation l, dt_window w, const float *coefficients,
                                  bool relu, POOL_ELEMENT *y, uint8_t *indices) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t plane = 0; plane < l.n * blocks; plane++) {
        const int64_t channel = plane % blocks * POOL_LANES;
        const POOL(bnp_lanes) k = POOL(bnp_lanes_of)(coefficients, NULL, padded, channel, relu);
        POOL(bnp_forward)(x + plane * input, w, k, relu, y + plane * output, indices + plane * output);
    }
}

DT_INLINE void POOL(bnp_max_pool_sums)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy, const uint8_t *indices,
                                       dt_activation l, dt_window w, const float *coefficients, bool relu,
                                       double *result) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t base = 0; base < blocks; base += BN_GROUP) {
        const int64_t end = blocks - base < BN_GROUP ? blocks : base + BN_GROUP;
        POOL(bnp_sums) sums[BN_GROUP] = {0};
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t block = base; block < end; block++) {
                const int64_t plane = i * blocks + block;
                POOL(bnp_add_sums)(x + plane * input, dy + plane * output, indices + plane * output, w,
                                   POOL(bnp_lanes_of)(coefficients, NULL, padded, block * POOL_LANES, false), relu,
                                   &sums[block - base]);
            }
        }
        for (int64_t channel = base * POOL_LANES; channel < end * POOL_LANES && channel < l.c; channel++) {
            const POOL(bnp_sums) s = sums[channel / POOL_LANES - base];
            const int64_t lane = POOL_PLACE_LANE(channel % POOL_LANES, POOL_LANES);
            result[channel] = s.first[lane];
            result[l.c + channel] = s.second[lane];
        }
    }
}

DT_INLINE void POOL(bnp_max_pool_gradient)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy, const uint8_t *indices,
                                           dt_activation l, dt_window w, const float *coefficients,
                                           const float *means, bool relu, POOL_ELEMENT *dx) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t plane = 0; plane < l.n * blocks; plane++) {
        const int64_t channel = plane % blocks * POOL_LANES;
        POOL(bnp_backward)(x + plane * input, dy + plane * output, indices + plane * output, w,
                           POOL(bnp_lanes_of)(coefficients, means, padded, channel, false), relu, dx + plane * input);
    }
}

#undef POOL
#undef POOL_E
#undef POOL_I
#undef POOL_F
#undef POOL_D
#undef POOL_PAIRS

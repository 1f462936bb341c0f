// Batch norm and max pooling in one pass over channel blocks of one width. batch_norm_pool.h includes this once per
// width, with POOL_LANES defined as the block.

#define POOL_JOIN_(a, b) a##b
#define POOL_JOIN(a, b) POOL_JOIN_(a, b)
#define POOL_F POOL_JOIN(pool_f32x, POOL_LANES)
#define POOL_D POOL_JOIN(pool_f64x, POOL_LANES)
#define POOL_I POOL_JOIN(pool_i32x, POOL_LANES)
#define POOL(name) POOL_JOIN(name##_, POOL_LANES)

// The coefficients of a block's channels.
typedef struct {
    POOL_F hi, lo, inv_std, scale, beta;
} POOL(bnp_lanes);

DT_INLINE POOL(bnp_lanes) POOL(bnp_lanes_of)(const float *coefficients, int64_t padded, int64_t channel) {
    const float *p = coefficients + channel;
    POOL(bnp_lanes) r = {POOL(pool_load)(p), POOL(pool_load)(p + padded), POOL(pool_load)(p + 2 * padded),
                         POOL(pool_load)(p + 3 * padded), POOL(pool_load)(p + 4 * padded)};
    return r;
}

DT_INLINE POOL_F POOL(bnp_centered)(const float *x, POOL(bnp_lanes) k) {
    return (POOL(pool_load)(x) - k.hi) - k.lo;
}

DT_INLINE POOL_F POOL(bnp_output)(const float *x, POOL(bnp_lanes) k, bool relu) {
    const POOL_F y = POOL(bnp_centered)(x, k) * k.scale + k.beta;
    return relu ? (y <= 0.0f ? (POOL_F)0.0f : y) : y;
}

// The gradient that passes the ReLU.
DT_INLINE POOL_F POOL(bnp_passed)(POOL_F centered, POOL_F dy, POOL(bnp_lanes) k, bool relu) {
    return relu ? POOL(pool_keep)(dy, centered * k.scale + k.beta > 0.0f) : dy;
}

DT_INLINE void POOL(bnp_forward)(const float *x, dt_window w, POOL(bnp_lanes) k, bool relu, float *y,
                                 uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const float *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            POOL(pool_best) best = {POOL(bnp_output)(top, k, relu), 0};
            best = POOL(pool_next)(best, POOL(bnp_output)(top + POOL_LANES, k, relu), 1);
            best = POOL(pool_next)(best, POOL(bnp_output)(bottom, k, relu), 2);
            best = POOL(pool_next)(best, POOL(bnp_output)(bottom + POOL_LANES, k, relu), 3);
            POOL(pool_store)(y, best.value);
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
DT_INLINE void POOL(bnp_add_sums)(const float *x, const float *dy, const uint8_t *indices, dt_window w,
                                  POOL(bnp_lanes) k, bool relu, POOL(bnp_sums) *sums) {
    POOL(bnp_sums) s = *sums;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const float *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_I tap = POOL(pool_load_indices)(indices);
            const POOL_F first = tap == 1 ? POOL(pool_load)(top + POOL_LANES) : POOL(pool_load)(top);
            const POOL_F second = tap == 3 ? POOL(pool_load)(bottom + POOL_LANES) : POOL(pool_load)(bottom);
            const POOL_F centered = ((tap < 2 ? first : second) - k.hi) - k.lo;
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

DT_INLINE void POOL(bnp_pixel)(const float *x, POOL_F dy, POOL(bnp_lanes) k, POOL_F mean, POOL_F mean_xhat,
                               bool relu, float *dx) {
    const POOL_F centered = POOL(bnp_centered)(x, k);
    const POOL_F passed = POOL(bnp_passed)(centered, dy, k, relu);
    POOL(pool_store)(dx, k.scale * ((passed - mean) - (centered * k.inv_std) * mean_xhat));
}

DT_INLINE void POOL(bnp_backward)(const float *x, const float *dy, const uint8_t *indices, dt_window w,
                                  POOL(bnp_lanes) k, POOL_F mean, POOL_F mean_xhat, bool relu, float *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        int64_t top = 2 * oy * row, bottom = top + row;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_F d = POOL(pool_load)(dy);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            POOL(bnp_pixel)(x + top, POOL(pool_keep)(d, tap == 0), k, mean, mean_xhat, relu, dx + top);
            top += POOL_LANES;
            POOL(bnp_pixel)(x + top, POOL(pool_keep)(d, tap == 1), k, mean, mean_xhat, relu, dx + top);
            top += POOL_LANES;
            POOL(bnp_pixel)(x + bottom, POOL(pool_keep)(d, tap == 2), k, mean, mean_xhat, relu, dx + bottom);
            bottom += POOL_LANES;
            POOL(bnp_pixel)(x + bottom, POOL(pool_keep)(d, tap == 3), k, mean, mean_xhat, relu, dx + bottom);
            bottom += POOL_LANES;
            dy += POOL_LANES;
            indices += POOL_LANES;
        }
        // A last column that no window covers.
        if (w.w > 2 * w.ow) {
            POOL(bnp_pixel)(x + top, 0.0f, k, mean, mean_xhat, relu, dx + top);
            POOL(bnp_pixel)(x + bottom, 0.0f, k, mean, mean_xhat, relu, dx + bottom);
        }
    }
    for (int64_t at = 2 * w.oh * row; at < w.h * row; at += POOL_LANES) {
        POOL(bnp_pixel)(x + at, 0.0f, k, mean, mean_xhat, relu, dx + at);
    }
}

// ---- all planes ----

DT_INLINE void POOL(bnp_max_pool)(const float *x, dt_activation l, dt_window w, const float *coefficients,
                                  bool relu, float *y, uint8_t *indices) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t plane = 0; plane < l.n * blocks; plane++) {
        const POOL(bnp_lanes) k = POOL(bnp_lanes_of)(coefficients, padded, plane % blocks * POOL_LANES);
        POOL(bnp_forward)(x + plane * input, w, k, relu, y + plane * output, indices + plane * output);
    }
}

DT_INLINE void POOL(bnp_max_pool_sums)(const float *x, const float *dy, const uint8_t *indices, dt_activation l,
                                       dt_window w, const float *coefficients, bool relu, double *result) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t base = 0; base < blocks; base += BN_GROUP) {
        const int64_t end = blocks - base < BN_GROUP ? blocks : base + BN_GROUP;
        POOL(bnp_sums) sums[BN_GROUP] = {0};
        for (int64_t i = 0; i < l.n; i++) {
            for (int64_t block = base; block < end; block++) {
                const int64_t plane = i * blocks + block;
                POOL(bnp_add_sums)(x + plane * input, dy + plane * output, indices + plane * output, w,
                                   POOL(bnp_lanes_of)(coefficients, padded, block * POOL_LANES), relu,
                                   &sums[block - base]);
            }
        }
        for (int64_t channel = base * POOL_LANES; channel < end * POOL_LANES && channel < l.c; channel++) {
            const POOL(bnp_sums) s = sums[channel / POOL_LANES - base];
            result[channel] = s.first[channel % POOL_LANES];
            result[l.c + channel] = s.second[channel % POOL_LANES];
        }
    }
}

DT_INLINE void POOL(bnp_max_pool_gradient)(const float *x, const float *dy, const uint8_t *indices,
                                           dt_activation l, dt_window w, const float *coefficients,
                                           const float *means, bool relu, float *dx) {
    const int64_t blocks = (l.c + POOL_LANES - 1) / POOL_LANES, padded = blocks * POOL_LANES;
    const int64_t input = l.hw * POOL_LANES, output = w.oh * w.ow * POOL_LANES;
    for (int64_t plane = 0; plane < l.n * blocks; plane++) {
        const int64_t channel = plane % blocks * POOL_LANES;
        POOL(bnp_backward)(x + plane * input, dy + plane * output, indices + plane * output, w,
                           POOL(bnp_lanes_of)(coefficients, padded, channel), POOL(pool_load)(means + channel),
                           POOL(pool_load)(means + padded + channel), relu, dx + plane * input);
    }
}

#undef POOL_JOIN_
#undef POOL_JOIN
#undef POOL_F
#undef POOL_D
#undef POOL_I
#undef POOL

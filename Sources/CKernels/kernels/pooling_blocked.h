// Pooling over channel blocks of one width. pooling.h includes this once per width, with POOL_LANES defined
// as the block and POOL_NAME as the suffix of the functions; every vector is one pixel of one block.

#define POOL_JOIN_(a, b) a##b
#define POOL_JOIN(a, b) POOL_JOIN_(a, b)
#define POOL_F POOL_JOIN(pool_f32x, POOL_LANES)
#define POOL_D POOL_JOIN(pool_f64x, POOL_LANES)
#define POOL_I POOL_JOIN(pool_i32x, POOL_LANES)
#define POOL_B POOL_JOIN(pool_u8x, POOL_LANES)
#define POOL(name) POOL_JOIN(name##_, POOL_LANES)

typedef float POOL_F __attribute__((ext_vector_type(POOL_LANES)));
typedef double POOL_D __attribute__((ext_vector_type(POOL_LANES)));
typedef int32_t POOL_I __attribute__((ext_vector_type(POOL_LANES)));
typedef uint8_t POOL_B __attribute__((ext_vector_type(POOL_LANES)));

DT_INLINE POOL_F POOL(pool_load)(const float *p) {
    POOL_F v;
    memcpy(&v, p, sizeof v);
    return v;
}

DT_INLINE void POOL(pool_store)(float *p, POOL_F v) { memcpy(p, &v, sizeof v); }

DT_INLINE POOL_I POOL(pool_load_indices)(const uint8_t *p) {
    POOL_B v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, POOL_I);
}

DT_INLINE void POOL(pool_store_indices)(uint8_t *p, POOL_I v) {
    const POOL_B bytes = __builtin_convertvector(v, POOL_B);
    memcpy(p, &bytes, sizeof bytes);
}

// v where the mask is set, zeros elsewhere.
DT_INLINE POOL_F POOL(pool_keep)(POOL_F v, POOL_I mask) {
    POOL_I bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= mask;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

typedef struct {
    POOL_F value;
    POOL_I tap;
} POOL(pool_best);

// The better of the best element so far and the window's next element.
DT_INLINE POOL(pool_best) POOL(pool_next)(POOL(pool_best) best, POOL_F v, int32_t tap) {
    const POOL_I wins = (v > best.value) | (v != v);
    POOL(pool_best) r = {wins ? v : best.value, wins ? (POOL_I)tap : best.tap};
    return r;
}

// ---- windows of 2x2 with stride 2 and no padding: every input pixel is in one window at most ----

DT_INLINE void POOL(max_pool_pairs)(const float *x, dt_window w, float *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const float *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            POOL(pool_best) best = {POOL(pool_load)(top), 0};
            best = POOL(pool_next)(best, POOL(pool_load)(top + POOL_LANES), 1);
            best = POOL(pool_next)(best, POOL(pool_load)(bottom), 2);
            best = POOL(pool_next)(best, POOL(pool_load)(bottom + POOL_LANES), 3);
            POOL(pool_store)(y, best.value);
            POOL(pool_store_indices)(indices, best.tap);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            y += POOL_LANES;
            indices += POOL_LANES;
        }
    }
}

DT_INLINE void POOL(max_pool_scatter_pairs)(const float *dy, const uint8_t *indices, dt_window w, float *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        float *top = dx + 2 * oy * row, *bottom = top + row;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_F d = POOL(pool_load)(dy);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            POOL(pool_store)(top, POOL(pool_keep)(d, tap == 0));
            POOL(pool_store)(top + POOL_LANES, POOL(pool_keep)(d, tap == 1));
            POOL(pool_store)(bottom, POOL(pool_keep)(d, tap == 2));
            POOL(pool_store)(bottom + POOL_LANES, POOL(pool_keep)(d, tap == 3));
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            dy += POOL_LANES;
            indices += POOL_LANES;
        }
        if (w.w > 2 * w.ow) {
            POOL(pool_store)(top, 0.0f);
            POOL(pool_store)(bottom, 0.0f);
        }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * row, 0, (size_t)row * sizeof(float)); }
}

DT_INLINE void POOL(max_pool_gather_pairs)(const float *x, const uint8_t *indices, dt_window w, float *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const float *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_I tap = POOL(pool_load_indices)(indices);
            const POOL_F first = tap == 1 ? POOL(pool_load)(top + POOL_LANES) : POOL(pool_load)(top);
            const POOL_F second = tap == 3 ? POOL(pool_load)(bottom + POOL_LANES) : POOL(pool_load)(bottom);
            POOL(pool_store)(y, tap < 2 ? first : second);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            y += POOL_LANES;
            indices += POOL_LANES;
        }
    }
}

DT_INLINE void POOL(average_pool_pairs)(const float *x, dt_window w, float *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const float *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES) {
            POOL_D sum = __builtin_convertvector(POOL(pool_load)(top), POOL_D);
            sum += __builtin_convertvector(POOL(pool_load)(top + POOL_LANES), POOL_D);
            sum += __builtin_convertvector(POOL(pool_load)(bottom), POOL_D);
            sum += __builtin_convertvector(POOL(pool_load)(bottom + POOL_LANES), POOL_D);
            POOL(pool_store)(y, __builtin_convertvector(sum * 0.25, POOL_F));
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
        }
    }
}

DT_INLINE void POOL(average_pool_scatter_pairs)(const float *dy, dt_window w, float *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        float *top = dx + 2 * oy * row, *bottom = top + row;
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES) {
            const POOL_F share = POOL(pool_load)(dy) * 0.25f;
            POOL(pool_store)(top, share);
            POOL(pool_store)(top + POOL_LANES, share);
            POOL(pool_store)(bottom, share);
            POOL(pool_store)(bottom + POOL_LANES, share);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
        }
        if (w.w > 2 * w.ow) {
            POOL(pool_store)(top, 0.0f);
            POOL(pool_store)(bottom, 0.0f);
        }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * row, 0, (size_t)row * sizeof(float)); }
}

// ---- any window ----

DT_INLINE void POOL(max_pool_window)(const float *x, dt_window w, float *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const int32_t first = (int32_t)(rows.first * w.kernel_w + columns.first);
            POOL(pool_best) best = {-__builtin_inff(), first};
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const float *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    best = POOL(pool_next)(best, POOL(pool_load)(p), (int32_t)(kh * w.kernel_w + kw));
                }
            }
            POOL(pool_store)(y, best.value);
            POOL(pool_store_indices)(indices, best.tap);
        }
    }
}

DT_INLINE void POOL(max_pool_scatter_window)(const float *dy, const uint8_t *indices, dt_window w,
                                             float *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_F d = POOL(pool_load)(dy);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                float *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    const POOL_F share = POOL(pool_keep)(d, tap == (int32_t)(kh * w.kernel_w + kw));
                    POOL(pool_store)(p, POOL(pool_load)(p) + share);
                }
            }
        }
    }
}

DT_INLINE void POOL(max_pool_gather_window)(const float *x, const uint8_t *indices, dt_window w, float *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            POOL_F v = 0.0f;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const float *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    v = tap == (int32_t)(kh * w.kernel_w + kw) ? POOL(pool_load)(p) : v;
                }
            }
            POOL(pool_store)(y, v);
        }
    }
}

DT_INLINE void POOL(average_pool_window)(const float *x, dt_window w, float *y) {
    const double area = (double)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            POOL_D sum = 0.0;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const float *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    sum += __builtin_convertvector(POOL(pool_load)(p), POOL_D);
                }
            }
            POOL(pool_store)(y, __builtin_convertvector(sum / area, POOL_F));
        }
    }
}

DT_INLINE void POOL(average_pool_scatter_window)(const float *dy, dt_window w, float *dx) {
    const float area = (float)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_F share = POOL(pool_load)(dy) / area;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                float *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    POOL(pool_store)(p, POOL(pool_load)(p) + share);
                }
            }
        }
    }
}

#undef POOL_JOIN_
#undef POOL_JOIN
#undef POOL_F
#undef POOL_D
#undef POOL_I
#undef POOL_B
#undef POOL

// Pooling over channel blocks of one width. pooling_planes.h includes this once per width, after pooling_vectors.h.

// ---- windows of 2x2 with stride 2 and no padding: every input pixel is in one window at most ----

DT_INLINE void POOL(max_pool_pairs)(const POOL_ELEMENT *x, dt_window w, POOL_ELEMENT *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            POOL(pool_best) best = POOL(pool_first)(POOL(pool_load)(top), 0, false);
            best = POOL(pool_next)(best, POOL(pool_load)(top + POOL_LANES), 1, false);
            best = POOL(pool_next)(best, POOL(pool_load)(bottom), 2, false);
            best = POOL(pool_next)(best, POOL(pool_load)(bottom + POOL_LANES), 3, false);
            POOL(pool_store)(y, best.element);
            POOL(pool_store_indices)(indices, best.tap);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            y += POOL_LANES;
            indices += POOL_LANES;
        }
    }
}

DT_INLINE void POOL(max_pool_scatter_pairs)(const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                            POOL_ELEMENT *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        POOL_ELEMENT *top = dx + 2 * oy * row, *bottom = top + row;
#pragma clang loop unroll_count(2)
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_E d = POOL(pool_load)(dy);
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
            POOL(pool_store)(top, 0);
            POOL(pool_store)(bottom, 0);
        }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * row, 0, (size_t)row * sizeof(POOL_ELEMENT)); }
}

DT_INLINE void POOL(max_pool_gather_pairs)(const POOL_ELEMENT *x, const uint8_t *indices, dt_window w,
                                           POOL_ELEMENT *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++) {
            const POOL_I tap = POOL(pool_load_indices)(indices);
            const POOL_E first = tap == 1 ? POOL(pool_load)(top + POOL_LANES) : POOL(pool_load)(top);
            const POOL_E second = tap == 3 ? POOL(pool_load)(bottom + POOL_LANES) : POOL(pool_load)(bottom);
            POOL(pool_store)(y, tap < 2 ? first : second);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
            y += POOL_LANES;
            indices += POOL_LANES;
        }
    }
}

DT_INLINE void POOL(average_pool_pairs)(const POOL_ELEMENT *x, dt_window w, POOL_ELEMENT *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w * POOL_LANES, *bottom = top + w.w * POOL_LANES;
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES) {
            POOL_D sum = __builtin_convertvector(POOL(pool_values)(POOL(pool_load)(top)), POOL_D);
            sum += __builtin_convertvector(POOL(pool_values)(POOL(pool_load)(top + POOL_LANES)), POOL_D);
            sum += __builtin_convertvector(POOL(pool_values)(POOL(pool_load)(bottom)), POOL_D);
            sum += __builtin_convertvector(POOL(pool_values)(POOL(pool_load)(bottom + POOL_LANES)), POOL_D);
            POOL(pool_store)(y, POOL(pool_rounded)(__builtin_convertvector(sum * 0.25, POOL_F)));
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
        }
    }
}

DT_INLINE void POOL(average_pool_scatter_pairs)(const POOL_ELEMENT *dy, dt_window w, POOL_ELEMENT *dx) {
    const int64_t row = w.w * POOL_LANES;
    for (int64_t oy = 0; oy < w.oh; oy++) {
        POOL_ELEMENT *top = dx + 2 * oy * row, *bottom = top + row;
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES) {
            const POOL_E share = POOL(pool_rounded)(POOL(pool_values)(POOL(pool_load)(dy)) * 0.25f);
            POOL(pool_store)(top, share);
            POOL(pool_store)(top + POOL_LANES, share);
            POOL(pool_store)(bottom, share);
            POOL(pool_store)(bottom + POOL_LANES, share);
            top += 2 * POOL_LANES;
            bottom += 2 * POOL_LANES;
        }
        if (w.w > 2 * w.ow) {
            POOL(pool_store)(top, 0);
            POOL(pool_store)(bottom, 0);
        }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * row, 0, (size_t)row * sizeof(POOL_ELEMENT)); }
}

// ---- any window ----

DT_INLINE void POOL(max_pool_window)(const POOL_ELEMENT *x, dt_window w, POOL_ELEMENT *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            POOL(pool_best) best = POOL(pool_first)(POOL_LOWEST, rows.first * w.kernel_w + columns.first, false);
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    best = POOL(pool_next)(best, POOL(pool_load)(p), kh * w.kernel_w + kw, false);
                }
            }
            POOL(pool_store)(y, best.element);
            POOL(pool_store_indices)(indices, best.tap);
        }
    }
}

DT_INLINE void POOL(max_pool_gather_window)(const POOL_ELEMENT *x, const uint8_t *indices, dt_window w,
                                            POOL_ELEMENT *y) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            POOL_E v = 0;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    v = tap == (POOL_INTEGER)(kh * w.kernel_w + kw) ? POOL(pool_load)(p) : v;
                }
            }
            POOL(pool_store)(y, v);
        }
    }
}

DT_INLINE void POOL(average_pool_window)(const POOL_ELEMENT *x, dt_window w, POOL_ELEMENT *y) {
    const double area = (double)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, y += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            POOL_D sum = 0.0;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    sum += __builtin_convertvector(POOL(pool_values)(POOL(pool_load)(p)), POOL_D);
                }
            }
            POOL(pool_store)(y, POOL(pool_rounded)(__builtin_convertvector(sum / area, POOL_F)));
        }
    }
}

// ---- gradients of any window: of Float32, what a window passes on is added to the zeros in dx; a sum of bfloat16 must
// not be rounded before it is complete, so every pixel gathers from its windows, which are added in the same order ----

#if POOL_BFLOAT16
DT_INLINE void POOL(max_pool_scatter_window)(const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                             POOL_ELEMENT *dx) {
    if (pool_windows_apart(w)) {
        // What passes is added to nothing but zero, which makes -0 zero.
        memset(dx, 0, (size_t)(w.h * w.w * POOL_LANES) * sizeof(POOL_ELEMENT));
        for (int64_t oy = 0; oy < w.oh; oy++) {
            const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
            for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES, indices += POOL_LANES) {
                const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
                POOL_E d = POOL(pool_load)(dy);
                d = d == (uint16_t)0x8000 ? (POOL_E)0 : d;
                const POOL_I tap = POOL(pool_load_indices)(indices);
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    POOL_ELEMENT *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                    for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                        POOL(pool_store)(p, POOL(pool_keep)(d, tap == (POOL_INTEGER)(kh * w.kernel_w + kw)));
                    }
                }
            }
        }
        return;
    }
    for (int64_t y = 0; y < w.h; y++) {
        const pool_range rows = pool_windows(y, w.stride_h, w.padding_h, w.kernel_h, w.oh);
        pool_range columns = {0, 0};
        for (int64_t x = 0; x < w.w; x++, dx += POOL_LANES) {
            columns = pool_next_windows(columns, x, w.stride_w, w.padding_w, w.kernel_w, w.ow);
            POOL_F sum = 0.0f;
            for (int64_t oy = rows.first; oy < rows.end; oy++) {
                const int64_t row = (y + w.padding_h - oy * w.stride_h) * w.kernel_w + x + w.padding_w;
                for (int64_t ox = columns.first; ox < columns.end; ox++) {
                    const int64_t o = (oy * w.ow + ox) * POOL_LANES, tap = row - ox * w.stride_w;
                    const POOL_I passes = POOL(pool_load_indices)(indices + o) == (POOL_INTEGER)tap;
                    sum += POOL(pool_values)(POOL(pool_keep)(POOL(pool_load)(dy + o), passes));
                }
            }
            POOL(pool_store)(dx, POOL(pool_rounded)(sum));
        }
    }
}

DT_INLINE void POOL(average_pool_scatter_window)(const POOL_ELEMENT *dy, dt_window w, POOL_ELEMENT *dx) {
    const float area = (float)(w.kernel_h * w.kernel_w);
    if (pool_windows_apart(w)) {
        // What a window passes on is divided and rounded once.
        memset(dx, 0, (size_t)(w.h * w.w * POOL_LANES) * sizeof(POOL_ELEMENT));
        for (int64_t oy = 0; oy < w.oh; oy++) {
            const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
            for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES) {
                const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
                const POOL_E share = POOL(pool_rounded)(0.0f + POOL(pool_values)(POOL(pool_load)(dy)) / area);
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    POOL_ELEMENT *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                    for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                        POOL(pool_store)(p, share);
                    }
                }
            }
        }
        return;
    }
    for (int64_t y = 0; y < w.h; y++) {
        const pool_range rows = pool_windows(y, w.stride_h, w.padding_h, w.kernel_h, w.oh);
        pool_range columns = {0, 0};
        for (int64_t x = 0; x < w.w; x++, dx += POOL_LANES) {
            columns = pool_next_windows(columns, x, w.stride_w, w.padding_w, w.kernel_w, w.ow);
            POOL_F sum = 0.0f;
            for (int64_t oy = rows.first; oy < rows.end; oy++) {
                const POOL_ELEMENT *p = dy + (oy * w.ow + columns.first) * POOL_LANES;
                for (int64_t ox = columns.first; ox < columns.end; ox++, p += POOL_LANES) {
                    sum += POOL(pool_values)(POOL(pool_load)(p)) / area;
                }
            }
            POOL(pool_store)(dx, POOL(pool_rounded)(sum));
        }
    }
}
#else
DT_INLINE void POOL(max_pool_scatter_window)(const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                             POOL_ELEMENT *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES, indices += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_E d = POOL(pool_load)(dy);
            const POOL_I tap = POOL(pool_load_indices)(indices);
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                POOL_ELEMENT *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    const POOL_E share = POOL(pool_keep)(d, tap == (int32_t)(kh * w.kernel_w + kw));
                    POOL(pool_store)(p, POOL(pool_load)(p) + share);
                }
            }
        }
    }
}

DT_INLINE void POOL(average_pool_scatter_window)(const POOL_ELEMENT *dy, dt_window w, POOL_ELEMENT *dx) {
    const float area = (float)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += POOL_LANES) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const POOL_E share = POOL(pool_load)(dy) / area;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                POOL_ELEMENT *p = dx + pool_pixel(w, oy, ox, kh, columns.first) * POOL_LANES;
                for (int64_t kw = columns.first; kw < columns.end; kw++, p += POOL_LANES) {
                    POOL(pool_store)(p, POOL(pool_load)(p) + share);
                }
            }
        }
    }
}
#endif

#undef POOL
#undef POOL_E
#undef POOL_I
#undef POOL_F
#undef POOL_D
#undef POOL_B

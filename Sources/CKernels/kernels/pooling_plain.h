// Pooling of plain planes, channel by channel; included by pooling_planes.h after the vectors of eight.

#define POOL(name) POOL_OF(name, 8)
#define POOL_1(name) POOL_OF(name, 1)
#define POOL_E POOL(pool_elements)
#define POOL_I POOL(pool_integers)

typedef POOL_ELEMENT POOL_1(pool_row) __attribute__((ext_vector_type(16)));

DT_INLINE POOL_1(pool_row) POOL_1(pool_load_row)(const POOL_ELEMENT *p) {
    POOL_1(pool_row) v;
    memcpy(&v, p, sizeof v);
    return v;
}

DT_INLINE void POOL_1(pool_store_row)(POOL_ELEMENT *p, POOL_1(pool_row) v) { memcpy(p, &v, sizeof v); }

// ---- windows of 2x2 with stride 2 and no padding, block 1: eight windows at a time; a row's last vector
// overlaps the one before it, so ow >= 8 ----

// The sixteen input columns under eight windows, split into the left and the right of each pair.
DT_INLINE POOL_E POOL_1(pool_lefts)(POOL_1(pool_row) v) {
    return __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14);
}

DT_INLINE POOL_E POOL_1(pool_rights)(POOL_1(pool_row) v) {
    return __builtin_shufflevector(v, v, 1, 3, 5, 7, 9, 11, 13, 15);
}

DT_INLINE POOL_1(pool_row) POOL_1(pool_pairs)(POOL_E left, POOL_E right) {
    return __builtin_shufflevector(left, right, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

DT_INLINE void POOL_1(max_pool_pairs)(const POOL_ELEMENT *x, dt_window w, POOL_ELEMENT *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow, indices += w.ow) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const POOL_1(pool_row) upper = POOL_1(pool_load_row)(top + 2 * ox);
            const POOL_1(pool_row) lower = POOL_1(pool_load_row)(bottom + 2 * ox);
            POOL(pool_best) best = POOL(pool_first)(POOL_1(pool_lefts)(upper), 0, false);
            best = POOL(pool_next)(best, POOL_1(pool_rights)(upper), 1, false);
            best = POOL(pool_next)(best, POOL_1(pool_lefts)(lower), 2, false);
            best = POOL(pool_next)(best, POOL_1(pool_rights)(lower), 3, false);
            POOL(pool_store)(y + ox, best.element);
            POOL(pool_store_indices)(indices + ox, best.tap);
        }
    }
}

DT_INLINE void POOL_1(max_pool_scatter_pairs)(const POOL_ELEMENT *dy, const uint8_t *indices, dt_window w,
                                              POOL_ELEMENT *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++, dy += w.ow, indices += w.ow) {
        POOL_ELEMENT *top = dx + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const POOL_E d = POOL(pool_load)(dy + ox);
            const POOL_I tap = POOL(pool_load_indices)(indices + ox);
            const POOL_1(pool_row) upper =
                POOL_1(pool_pairs)(POOL(pool_keep)(d, tap == 0), POOL(pool_keep)(d, tap == 1));
            const POOL_1(pool_row) lower =
                POOL_1(pool_pairs)(POOL(pool_keep)(d, tap == 2), POOL(pool_keep)(d, tap == 3));
            POOL_1(pool_store_row)(top + 2 * ox, upper);
            POOL_1(pool_store_row)(bottom + 2 * ox, lower);
        }
        if (w.w > 2 * w.ow) { top[w.w - 1] = bottom[w.w - 1] = 0; }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * w.w, 0, (size_t)w.w * sizeof(POOL_ELEMENT)); }
}

DT_INLINE void POOL_1(max_pool_gather_pairs)(const POOL_ELEMENT *x, const uint8_t *indices, dt_window w,
                                             POOL_ELEMENT *y) {
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow, indices += w.ow) {
        const POOL_ELEMENT *top = x + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const POOL_1(pool_row) upper = POOL_1(pool_load_row)(top + 2 * ox);
            const POOL_1(pool_row) lower = POOL_1(pool_load_row)(bottom + 2 * ox);
            const POOL_I tap = POOL(pool_load_indices)(indices + ox);
            const POOL_E first = tap == 1 ? POOL_1(pool_rights)(upper) : POOL_1(pool_lefts)(upper);
            const POOL_E second = tap == 3 ? POOL_1(pool_rights)(lower) : POOL_1(pool_lefts)(lower);
            POOL(pool_store)(y + ox, tap < 2 ? first : second);
        }
    }
}

DT_INLINE void POOL_1(average_pool_scatter_pairs)(const POOL_ELEMENT *dy, dt_window w, POOL_ELEMENT *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++, dy += w.ow) {
        POOL_ELEMENT *top = dx + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const POOL_E share = POOL(pool_rounded)(POOL(pool_values)(POOL(pool_load)(dy + ox)) * 0.25f);
            POOL_1(pool_store_row)(top + 2 * ox, POOL_1(pool_pairs)(share, share));
            POOL_1(pool_store_row)(bottom + 2 * ox, POOL_1(pool_pairs)(share, share));
        }
        if (w.w > 2 * w.ow) { top[w.w - 1] = bottom[w.w - 1] = 0; }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * w.w, 0, (size_t)w.w * sizeof(POOL_ELEMENT)); }
}

// ---- any window, one channel of a plane, its pixels `block` elements apart ----

// Eight elements that are one or two apart; touches nothing behind the last.
DT_INLINE POOL_E POOL_1(pool_load_apart)(const POOL_ELEMENT *p, int64_t stride) {
    const POOL_E a = POOL(pool_load)(p);
    if (stride == 1) { return a; }
    return __builtin_shufflevector(a, POOL(pool_load)(p + 7), 0, 2, 4, 6, 9, 11, 13, 15);
}

DT_INLINE void POOL_1(max_pool_channel)(const POOL_ELEMENT *x, dt_window w, int64_t block, POOL_ELEMENT *y,
                                        uint8_t *indices) {
    const pool_range eights = pool_eights(w, block);
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow * block, indices += w.ow * block) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow;) {
            if (ox >= eights.first && ox < eights.end) {
                ox = ox < eights.end - 8 ? ox : eights.end - 8;
                POOL(pool_best) best = POOL(pool_first)(POOL_LOWEST, rows.first * w.kernel_w, false);
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, 0);
                    for (int64_t kw = 0; kw < w.kernel_w; kw++) {
                        const POOL_E v = POOL_1(pool_load_apart)(p + kw, w.stride_w);
                        best = POOL(pool_next)(best, v, kh * w.kernel_w + kw, false);
                    }
                }
                POOL(pool_store)(y + ox, best.element);
                POOL(pool_store_indices)(indices + ox, best.tap);
                ox += 8;
                continue;
            }
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            float best = -__builtin_inff();
            int64_t winner = rows.first * w.kernel_w + columns.first;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) {
                    const float v = POOL_VALUE(p[kw * block]);
                    const bool wins = (v > best) | (v != v);
                    best = wins ? v : best;
                    winner = wins ? kh * w.kernel_w + kw : winner;
                }
            }
            y[ox * block] = POOL_ROUNDED(best);
            indices[ox * block] = (uint8_t)winner;
            ox++;
        }
    }
}

DT_INLINE void POOL_1(average_pool_channel)(const POOL_ELEMENT *x, dt_window w, int64_t block, POOL_ELEMENT *y) {
    const double area = (double)(w.kernel_h * w.kernel_w);
    const pool_range eights = pool_eights(w, block);
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow * block) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow;) {
            if (ox >= eights.first && ox < eights.end) {
                ox = ox < eights.end - 8 ? ox : eights.end - 8;
                POOL(pool_doubles) sum = 0.0;
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, 0);
                    for (int64_t kw = 0; kw < w.kernel_w; kw++) {
                        const POOL_E v = POOL_1(pool_load_apart)(p + kw, w.stride_w);
                        sum += __builtin_convertvector(POOL(pool_values)(v), POOL(pool_doubles));
                    }
                }
                const POOL(pool_floats) mean = __builtin_convertvector(sum / area, POOL(pool_floats));
                POOL(pool_store)(y + ox, POOL(pool_rounded)(mean));
                ox += 8;
                continue;
            }
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            double sum = 0;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const POOL_ELEMENT *p = x + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) {
                    sum += (double)POOL_VALUE(p[kw * block]);
                }
            }
            y[ox * block] = POOL_ROUNDED((float)(sum / area));
            ox++;
        }
    }
}

DT_INLINE void POOL_1(max_pool_gather_channel)(const POOL_ELEMENT *x, const uint8_t *indices, const pool_offsets *t,
                                               dt_window w, int64_t block, POOL_ELEMENT *y) {
    for (int64_t oy = 0, o = 0; oy < w.oh; oy++) {
        for (int64_t ox = 0; ox < w.ow; ox++, o += block) {
            const int64_t pixel = pool_winner(t, w, oy, ox, indices[o]);
            y[o] = pixel >= 0 ? x[pixel * block] : 0;
        }
    }
}

// ---- gradients of any window: of Float32, what a window passes on is added to the zeros in dx; of bfloat16, to those
// of a tile in Float32, which is rounded when its sums are complete ----

#if POOL_BFLOAT16
// The windows over pixels [first, end), along one axis.
DT_INLINE pool_range pool_windows_of(int64_t first, int64_t end, int64_t stride, int64_t padding, int64_t kernel,
                                     int64_t outputs) {
    const pool_range a = pool_windows(first, stride, padding, kernel, outputs);
    return (pool_range){a.first, pool_windows(end - 1, stride, padding, kernel, outputs).end};
}

// The gradient of pixels [rows) x [columns), of max pooling if there are indices, else of average pooling.
DT_INLINE void pool_scatter_tile(const uint16_t *dy, const uint8_t *indices, const pool_offsets *t, dt_window w,
                                 int64_t block, pool_range rows, pool_range columns, uint16_t *dx) {
    const int64_t width = columns.end - columns.first;
    const float area = (float)(w.kernel_h * w.kernel_w);
    const pool_range oys = pool_windows_of(rows.first, rows.end, w.stride_h, w.padding_h, w.kernel_h, w.oh);
    const pool_range oxs = pool_windows_of(columns.first, columns.end, w.stride_w, w.padding_w, w.kernel_w, w.ow);
    float sums[POOL_TILE];
    memset(sums, 0, (size_t)((rows.end - rows.first) * width) * sizeof(float));
    for (int64_t oy = oys.first; oy < oys.end; oy++) {
        const int64_t top = oy * w.stride_h - w.padding_h - rows.first;
        for (int64_t ox = oxs.first; ox < oxs.end; ox++) {
            const int64_t left = ox * w.stride_w - w.padding_w - columns.first, o = (oy * w.ow + ox) * block;
            const float d = bfloat16_one_widened(dy[o]);
            if (indices) {
                const int64_t row = top + t->row[indices[o]], column = left + t->column[indices[o]];
                const bool inside = row >= 0 && row < rows.end - rows.first && column >= 0 && column < width;
                if (inside) { sums[row * width + column] += d; }
                continue;
            }
            const float share = d / area;
            for (int64_t kh = top < 0 ? -top : 0; kh < w.kernel_h && top + kh < rows.end - rows.first; kh++) {
                float *p = sums + (top + kh) * width + left;
                for (int64_t kw = left < 0 ? -left : 0; kw < w.kernel_w && left + kw < width; kw++) { p[kw] += share; }
            }
        }
    }
    if (block == 1 && width == w.w) {
        to_bf16((rows.end - rows.first) * width, sums, dx + rows.first * width);
        return;
    }
    for (int64_t y = rows.first; y < rows.end; y++) {
        const float *from = sums + (y - rows.first) * width;
        uint16_t *to = dx + (y * w.w + columns.first) * block;
        if (block == 1) {
            to_bf16(width, from, to);
        } else {
            for (int64_t x = 0; x < width; x++) { to[x * block] = bfloat16_one_rounded(from[x]); }
        }
    }
}

DT_INLINE void pool_scatter_tiles(const uint16_t *dy, const uint8_t *indices, const pool_offsets *t, dt_window w,
                                  int64_t block, uint16_t *dx) {
    const int64_t width = w.w < POOL_TILE ? w.w : POOL_TILE, height = w.w > 0 ? POOL_TILE / width : 1;
    for (int64_t y = 0; y < w.h; y += height) {
        const pool_range rows = {y, y + height < w.h ? y + height : w.h};
        for (int64_t x = 0; x < w.w; x += width) {
            const pool_range columns = {x, x + width < w.w ? x + width : w.w};
            pool_scatter_tile(dy, indices, t, w, block, rows, columns, dx);
        }
    }
}

DT_INLINE void POOL_1(max_pool_scatter_channel)(const POOL_ELEMENT *dy, const uint8_t *indices, const pool_offsets *t,
                                                dt_window w, int64_t block, POOL_ELEMENT *dx) {
    pool_scatter_tiles(dy, indices, t, w, block, dx);
}

DT_INLINE void POOL_1(average_pool_scatter_channel)(const POOL_ELEMENT *dy, dt_window w, int64_t block,
                                                    POOL_ELEMENT *dx) {
    pool_scatter_tiles(dy, NULL, NULL, w, block, dx);
}
#else
DT_INLINE void POOL_1(max_pool_scatter_channel)(const POOL_ELEMENT *dy, const uint8_t *indices, const pool_offsets *t,
                                                dt_window w, int64_t block, POOL_ELEMENT *dx) {
    for (int64_t oy = 0, o = 0; oy < w.oh; oy++) {
        for (int64_t ox = 0; ox < w.ow; ox++, o += block) {
            const int64_t pixel = pool_winner(t, w, oy, ox, indices[o]);
            if (pixel >= 0) { dx[pixel * block] += dy[o]; }
        }
    }
}

DT_INLINE void POOL_1(average_pool_scatter_channel)(const POOL_ELEMENT *dy, dt_window w, int64_t block,
                                                    POOL_ELEMENT *dx) {
    const float area = (float)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += block) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const float share = *dy / area;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                POOL_ELEMENT *p = dx + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) { p[kw * block] += share; }
            }
        }
    }
}
#endif

#undef POOL
#undef POOL_1
#undef POOL_E
#undef POOL_I

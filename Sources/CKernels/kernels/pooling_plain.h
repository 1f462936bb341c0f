// Pooling of plain planes, channel by channel; included by pooling.h after the vectors of eight.

// ---- windows of 2x2 with stride 2 and no padding, block 1: eight windows at a time; a row's last vector
// overlaps the one before it, so ow >= 8 ----

DT_INLINE int64_t pool_next_eight(int64_t ox, int64_t ow) {
    return ox + 16 > ow && ox + 8 < ow ? ow - 8 : ox + 8;
}

// The sixteen input columns under eight windows, split into the left and the right of each pair.
DT_INLINE pool_f32x8 pool_lefts(f32x16 v) {
    return __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14);
}

DT_INLINE pool_f32x8 pool_rights(f32x16 v) {
    return __builtin_shufflevector(v, v, 1, 3, 5, 7, 9, 11, 13, 15);
}

DT_INLINE f32x16 pool_pairs(pool_f32x8 left, pool_f32x8 right) {
    return __builtin_shufflevector(left, right, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

DT_INLINE void max_pool_pairs_1(const float *x, dt_window w, float *y, uint8_t *indices) {
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow, indices += w.ow) {
        const float *top = x + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const f32x16 upper = load_f32(top + 2 * ox), lower = load_f32(bottom + 2 * ox);
            pool_best_8 best = {pool_lefts(upper), 0};
            best = pool_next_8(best, pool_rights(upper), 1);
            best = pool_next_8(best, pool_lefts(lower), 2);
            best = pool_next_8(best, pool_rights(lower), 3);
            pool_store_8(y + ox, best.value);
            pool_store_indices_8(indices + ox, best.tap);
        }
    }
}

DT_INLINE void max_pool_scatter_pairs_1(const float *dy, const uint8_t *indices, dt_window w, float *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++, dy += w.ow, indices += w.ow) {
        float *top = dx + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const pool_f32x8 d = pool_load_8(dy + ox);
            const pool_i32x8 tap = pool_load_indices_8(indices + ox);
            store_f32(top + 2 * ox, pool_pairs(pool_keep_8(d, tap == 0), pool_keep_8(d, tap == 1)));
            store_f32(bottom + 2 * ox, pool_pairs(pool_keep_8(d, tap == 2), pool_keep_8(d, tap == 3)));
        }
        if (w.w > 2 * w.ow) { top[w.w - 1] = bottom[w.w - 1] = 0; }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * w.w, 0, (size_t)w.w * sizeof(float)); }
}

DT_INLINE void max_pool_gather_pairs_1(const float *x, const uint8_t *indices, dt_window w, float *y) {
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow, indices += w.ow) {
        const float *top = x + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const f32x16 upper = load_f32(top + 2 * ox), lower = load_f32(bottom + 2 * ox);
            const pool_i32x8 tap = pool_load_indices_8(indices + ox);
            const pool_f32x8 first = tap == 1 ? pool_rights(upper) : pool_lefts(upper);
            const pool_f32x8 second = tap == 3 ? pool_rights(lower) : pool_lefts(lower);
            pool_store_8(y + ox, tap < 2 ? first : second);
        }
    }
}

DT_INLINE void average_pool_scatter_pairs_1(const float *dy, dt_window w, float *dx) {
    for (int64_t oy = 0; oy < w.oh; oy++, dy += w.ow) {
        float *top = dx + 2 * oy * w.w, *bottom = top + w.w;
        for (int64_t ox = 0; ox < w.ow; ox = pool_next_eight(ox, w.ow)) {
            const pool_f32x8 share = pool_load_8(dy + ox) * 0.25f;
            store_f32(top + 2 * ox, pool_pairs(share, share));
            store_f32(bottom + 2 * ox, pool_pairs(share, share));
        }
        if (w.w > 2 * w.ow) { top[w.w - 1] = bottom[w.w - 1] = 0; }
    }
    if (w.h > 2 * w.oh) { memset(dx + 2 * w.oh * w.w, 0, (size_t)w.w * sizeof(float)); }
}

// ---- any window, one channel of a plane, its pixels `block` floats apart ----

// The windows of an output row that are worked on eight at a time: those without padding on either side,
// where consecutive windows are one or two floats apart. Fewer than eight are left to the scalar loop.
DT_INLINE pool_range pool_eights(dt_window w, int64_t block) {
    pool_range r = {0, 0};
    if (block == 1 && w.stride_w <= 2) {
        r = pool_inside(w.stride_w, w.padding_w, w.kernel_w, w.w, w.ow);
        if (r.end - r.first < 8) { r.end = r.first; }
    }
    return r;
}

// Eight floats that are one or two apart; touches nothing behind the last.
DT_INLINE pool_f32x8 pool_load_apart(const float *p, int64_t stride) {
    const pool_f32x8 a = pool_load_8(p);
    if (stride == 1) { return a; }
    return __builtin_shufflevector(a, pool_load_8(p + 7), 0, 2, 4, 6, 9, 11, 13, 15);
}

DT_INLINE void max_pool_channel(const float *x, dt_window w, int64_t block, float *y, uint8_t *indices) {
    const pool_range eights = pool_eights(w, block);
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow * block, indices += w.ow * block) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow;) {
            if (ox >= eights.first && ox < eights.end) {
                ox = ox < eights.end - 8 ? ox : eights.end - 8;
                pool_best_8 best = {-__builtin_inff(), (int32_t)(rows.first * w.kernel_w)};
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    const float *p = x + pool_pixel(w, oy, ox, kh, 0);
                    for (int64_t kw = 0; kw < w.kernel_w; kw++) {
                        const int32_t tap = (int32_t)(kh * w.kernel_w + kw);
                        best = pool_next_8(best, pool_load_apart(p + kw, w.stride_w), tap);
                    }
                }
                pool_store_8(y + ox, best.value);
                pool_store_indices_8(indices + ox, best.tap);
                ox += 8;
                continue;
            }
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            float best = -__builtin_inff();
            int64_t winner = rows.first * w.kernel_w + columns.first;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const float *p = x + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) {
                    const float v = p[kw * block];
                    const bool wins = (v > best) | (v != v);
                    best = wins ? v : best;
                    winner = wins ? kh * w.kernel_w + kw : winner;
                }
            }
            y[ox * block] = best;
            indices[ox * block] = (uint8_t)winner;
            ox++;
        }
    }
}

DT_INLINE void average_pool_channel(const float *x, dt_window w, int64_t block, float *y) {
    const double area = (double)(w.kernel_h * w.kernel_w);
    const pool_range eights = pool_eights(w, block);
    for (int64_t oy = 0; oy < w.oh; oy++, y += w.ow * block) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow;) {
            if (ox >= eights.first && ox < eights.end) {
                ox = ox < eights.end - 8 ? ox : eights.end - 8;
                pool_f64x8 sum = 0.0;
                for (int64_t kh = rows.first; kh < rows.end; kh++) {
                    const float *p = x + pool_pixel(w, oy, ox, kh, 0);
                    for (int64_t kw = 0; kw < w.kernel_w; kw++) {
                        sum += __builtin_convertvector(pool_load_apart(p + kw, w.stride_w), pool_f64x8);
                    }
                }
                pool_store_8(y + ox, __builtin_convertvector(sum / area, pool_f32x8));
                ox += 8;
                continue;
            }
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            double sum = 0;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                const float *p = x + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) { sum += (double)p[kw * block]; }
            }
            y[ox * block] = (float)(sum / area);
            ox++;
        }
    }
}

// The input pixel that each index of a kernel stands for, relative to the window's first tap.
typedef struct {
    int16_t row[256], column[256];
} pool_offsets;

DT_INLINE pool_offsets pool_offsets_of(dt_window w) {
    pool_offsets t;
    int16_t row = 0, column = 0;
    for (int64_t i = 0; i < 256; i++) {
        t.row[i] = row;
        t.column[i] = column;
        if (++column == w.kernel_w) { row++, column = 0; }
    }
    return t;
}

// The input pixel that an index of window (oy, ox) stands for, or -1 if it is padding.
DT_INLINE int64_t pool_winner(const pool_offsets *t, dt_window w, int64_t oy, int64_t ox, uint8_t index) {
    const int64_t row = oy * w.stride_h - w.padding_h + t->row[index];
    const int64_t column = ox * w.stride_w - w.padding_w + t->column[index];
    return row >= 0 && row < w.h && column >= 0 && column < w.w ? row * w.w + column : -1;
}

DT_INLINE void max_pool_scatter_channel(const float *dy, const uint8_t *indices, const pool_offsets *t,
                                        dt_window w, int64_t block, float *dx) {
    for (int64_t oy = 0, o = 0; oy < w.oh; oy++) {
        for (int64_t ox = 0; ox < w.ow; ox++, o += block) {
            const int64_t pixel = pool_winner(t, w, oy, ox, indices[o]);
            if (pixel >= 0) { dx[pixel * block] += dy[o]; }
        }
    }
}

DT_INLINE void max_pool_gather_channel(const float *x, const uint8_t *indices, const pool_offsets *t,
                                       dt_window w, int64_t block, float *y) {
    for (int64_t oy = 0, o = 0; oy < w.oh; oy++) {
        for (int64_t ox = 0; ox < w.ow; ox++, o += block) {
            const int64_t pixel = pool_winner(t, w, oy, ox, indices[o]);
            y[o] = pixel >= 0 ? x[pixel * block] : 0;
        }
    }
}

DT_INLINE void average_pool_scatter_channel(const float *dy, dt_window w, int64_t block, float *dx) {
    const float area = (float)(w.kernel_h * w.kernel_w);
    for (int64_t oy = 0; oy < w.oh; oy++) {
        const pool_range rows = pool_taps(oy, w.stride_h, w.padding_h, w.kernel_h, w.h);
        for (int64_t ox = 0; ox < w.ow; ox++, dy += block) {
            const pool_range columns = pool_taps(ox, w.stride_w, w.padding_w, w.kernel_w, w.w);
            const float share = *dy / area;
            for (int64_t kh = rows.first; kh < rows.end; kh++) {
                float *p = dx + pool_pixel(w, oy, ox, kh, 0) * block;
                for (int64_t kw = columns.first; kw < columns.end; kw++) { p[kw * block] += share; }
            }
        }
    }
}

// Making a batch: stored examples of bytes, Float32 or Float64 become rows of normalized Float32.
#ifndef DTRAIN_KERNELS_BATCHES_H
#define DTRAIN_KERNELS_BATCHES_H

#include "common.h"

// y[e] = table[x[e]]. Eight bytes are loaded and four floats stored at a time, because load and store ports limit a
// table lookup. The table is volatile to keep the loads plain: compilers would turn them into hardware gathers, which
// take twice as long.
DT_INLINE void batches_lookup(const uint8_t *x, int64_t count, const volatile float *table, float *y) {
    typedef float f32x4 __attribute__((ext_vector_type(4)));
    int64_t e = 0;
    for (; e + 8 <= count; e += 8) {
        uint64_t bytes;
        memcpy(&bytes, x + e, sizeof bytes);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
        bytes = __builtin_bswap64(bytes);
#endif
        for (int half = 0; half < 2; half++, bytes >>= 32) {
            f32x4 v;
            for (int k = 0; k < 4; k++) { v[k] = table[bytes >> 8 * k & 255]; }
            memcpy(y + e + 4 * half, &v, sizeof v);
        }
    }
    for (; e < count; e++) { y[e] = table[x[e]]; }
}

// The end of the channel that starts at element `start`: the last channel of a row may be short.
DT_INLINE int64_t batches_channel_end(int64_t start, int64_t width, int64_t channel_width) {
    return width - start < channel_width ? width : start + channel_width;
}

// Rows lie anywhere in memory: while one is read, the one two further on is prefetched.
DT_INLINE void batches_prefetch(const void *base, const int64_t *rows, int64_t i, int64_t n, int64_t bytes) {
    if (i + 2 >= n) { return; }
    const char *row = (const char *)base + rows[i + 2] * bytes;
    for (int64_t at = 0; at < bytes && at < 4096; at += 64) { __builtin_prefetch(row + at, 0, 2); }
}

// y[e] = (x[e] - center)*factor in Float64, rounded once: the values of a table, and faster than looking them up where
// vectors are wide.
DT_INLINE void batches_scale(const uint8_t *x, int64_t count, double center, double factor, float *y) {
    typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
    int64_t e = 0;
    for (; e + DT_LANES <= count; e += DT_LANES) {
        u8x16 bytes;
        memcpy(&bytes, x + e, sizeof bytes);
        const i32x16 whole = __builtin_convertvector(bytes, i32x16);
        store_f32(y + e, narrow((__builtin_convertvector(whole, f64x16) - center) * factor));
    }
    for (; e < count; e++) { y[e] = (float)(((double)x[e] - center) * factor); }
}

static void gather_u8(const uint8_t *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width,
                      const double *center, const double *factor, const float *table, float *y) {
    for (int64_t i = 0; i < n; i++) {
        batches_prefetch(x, rows, i, n, width);
        const uint8_t *row = x + rows[i] * width;
        int64_t channel = 0;
        for (int64_t start = 0; start < width; start += channel_width, channel++) {
            const int64_t count = batches_channel_end(start, width, channel_width) - start;
            float *out = y + i * width + start;
#if defined(DT_VARIANT_WIDE)
            (void)table;
            batches_scale(row + start, count, center[channel], factor[channel], out);
#else
            (void)center, (void)factor;
            batches_lookup(row + start, count, table + 256 * channel, out);
#endif
        }
    }
}

static void gather_f32(const float *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width,
                       const double *center, const double *factor, float *y) {
    for (int64_t i = 0; i < n; i++) {
        batches_prefetch(x, rows, i, n, width * (int64_t)sizeof *x);
        const float *row = x + rows[i] * width;
        float *out = y + i * width;
        int64_t channel = 0;
        for (int64_t start = 0; start < width; start += channel_width, channel++) {
            const int64_t end = batches_channel_end(start, width, channel_width);
            const double c = center[channel], f = factor[channel];
            int64_t e = start;
            for (; e + DT_LANES <= end; e += DT_LANES) {
                store_f32(out + e, narrow((widen(load_f32(row + e)) - c) * f));
            }
            for (; e < end; e++) { out[e] = (float)(((double)row[e] - c) * f); }
        }
    }
}

static void gather_f64(const double *x, const int64_t *rows, int64_t n, int64_t width, int64_t channel_width,
                       const double *center, const double *factor, float *y) {
    for (int64_t i = 0; i < n; i++) {
        batches_prefetch(x, rows, i, n, width * (int64_t)sizeof *x);
        const double *row = x + rows[i] * width;
        float *out = y + i * width;
        int64_t channel = 0;
        for (int64_t start = 0; start < width; start += channel_width, channel++) {
            const int64_t end = batches_channel_end(start, width, channel_width);
            const double c = center[channel], f = factor[channel];
            int64_t e = start;
            for (; e + DT_LANES <= end; e += DT_LANES) {
                store_f32(out + e, narrow((load_f64(row + e) - c) * f));
            }
            for (; e < end; e++) { out[e] = (float)((row[e] - c) * f); }
        }
    }
}

#endif

// Max and average pooling with their adjoints, plane by plane: a plane is one channel block of one example.
//
// Blocks 8 and 16 have one vector per pixel (pooling_blocked.h); any other block is pooled channel by
// channel, plain NCHW with vectors along the output row (pooling_plain.h). Both give the same bits, because both
// compare a window's elements in row-major order and add windows into an input pixel in row-major order.
//
// A window's maximum follows torch: an element wins if it is larger than the best so far or is NaN, which
// also makes the last NaN the winner; a window of nothing but -infinity points at its first element.
#ifndef DTRAIN_KERNELS_POOLING_H
#define DTRAIN_KERNELS_POOLING_H

#include "common.h"

typedef struct {
    int64_t first, end;
} pool_range;

// The taps of output position o that fall inside the input, along one axis; empty if none do.
DT_INLINE pool_range pool_taps(int64_t o, int64_t stride, int64_t padding, int64_t kernel, int64_t size) {
    const int64_t start = o * stride - padding;
    pool_range r = {start < 0 ? -start : 0, size - start < kernel ? size - start : kernel};
    // Kept inside the kernel so that an index is one even if every tap is padding.
    if (r.first > kernel - 1) { r.first = kernel - 1, r.end = 0; }
    return r;
}

// The output positions, along one axis, whose window lies inside the input.
DT_INLINE pool_range pool_inside(int64_t stride, int64_t padding, int64_t kernel, int64_t size,
                                 int64_t outputs) {
    const int64_t room = size + padding - kernel;
    pool_range r = {(padding + stride - 1) / stride, room < 0 ? 0 : room / stride + 1};
    if (r.end > outputs) { r.end = outputs; }
    return r;
}

// The input pixel under tap (kh, kw) of window (oy, ox).
DT_INLINE int64_t pool_pixel(dt_window w, int64_t oy, int64_t ox, int64_t kh, int64_t kw) {
    return (oy * w.stride_h - w.padding_h + kh) * w.w + ox * w.stride_w - w.padding_w + kw;
}

// Whether the loops for 2x2 windows with stride 2 and no padding, which halve an image, can be used.
DT_INLINE bool pool_in_pairs(dt_activation l, dt_window w) {
    const bool halves = w.kernel_h == 2 && w.kernel_w == 2 && w.stride_h == 2 && w.stride_w == 2
        && w.padding_h == 0 && w.padding_w == 0 && w.oh == w.h / 2 && w.ow == w.w / 2;
    return halves && (l.block == 16 || l.block == 8 || (l.block == 1 && w.ow >= 8));
}

#define POOL_LANES 16
#include "pooling_blocked.h"
#undef POOL_LANES
#define POOL_LANES 8
#include "pooling_blocked.h"
#undef POOL_LANES

#include "pooling_plain.h"

// ---- all planes ----

// How many planes an activation has, and the floats of one plane of the input and of the output.
typedef struct {
    int64_t count, input, output;
} pool_planes;

DT_INLINE pool_planes pool_planes_of(dt_activation l, dt_window w) {
    pool_planes r = {0, w.h * w.w * l.block, w.oh * w.ow * l.block};
    if (l.c > 0) { r.count = l.n * ((l.c + l.block - 1) / l.block); }
    return r;
}

static void max_pool(const float *x, dt_activation l, dt_window w, float *y, uint8_t *indices) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const float *in = x + i * planes.input;
        float *out = y + i * planes.output;
        uint8_t *taps = indices + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                max_pool_pairs_16(in, w, out, taps);
            } else {
                max_pool_window_16(in, w, out, taps);
            }
        } else if (l.block == 8) {
            if (pairs) {
                max_pool_pairs_8(in, w, out, taps);
            } else {
                max_pool_window_8(in, w, out, taps);
            }
        } else if (pairs) {
            max_pool_pairs_1(in, w, out, taps);
        } else if (l.block == 1) {
            max_pool_channel(in, w, 1, out, taps);
        } else {
            for (int64_t k = 0; k < l.block; k++) { max_pool_channel(in + k, w, l.block, out + k, taps + k); }
        }
    }
}

static void max_pool_scatter(const float *dy, const uint8_t *indices, dt_activation l, dt_window w,
                             float *dx) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    const pool_offsets offsets = pool_offsets_of(w);
    for (int64_t i = 0; i < planes.count; i++) {
        const float *in = dy + i * planes.output;
        const uint8_t *taps = indices + i * planes.output;
        float *out = dx + i * planes.input;
        // Plane by plane, so that the zeros are still in cache when they are added to.
        if (!pairs) { memset(out, 0, (size_t)planes.input * sizeof(float)); }
        if (l.block == 16) {
            if (pairs) {
                max_pool_scatter_pairs_16(in, taps, w, out);
            } else {
                max_pool_scatter_window_16(in, taps, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                max_pool_scatter_pairs_8(in, taps, w, out);
            } else {
                max_pool_scatter_window_8(in, taps, w, out);
            }
        } else if (pairs) {
            max_pool_scatter_pairs_1(in, taps, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                max_pool_scatter_channel(in + k, taps + k, &offsets, w, l.block, out + k);
            }
        }
    }
}

static void max_pool_gather(const float *x, const uint8_t *indices, dt_activation l, dt_window w, float *y) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    const pool_offsets offsets = pool_offsets_of(w);
    for (int64_t i = 0; i < planes.count; i++) {
        const float *in = x + i * planes.input;
        const uint8_t *taps = indices + i * planes.output;
        float *out = y + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                max_pool_gather_pairs_16(in, taps, w, out);
            } else {
                max_pool_gather_window_16(in, taps, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                max_pool_gather_pairs_8(in, taps, w, out);
            } else {
                max_pool_gather_window_8(in, taps, w, out);
            }
        } else if (pairs) {
            max_pool_gather_pairs_1(in, taps, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                max_pool_gather_channel(in + k, taps + k, &offsets, w, l.block, out + k);
            }
        }
    }
}

static void average_pool(const float *x, dt_activation l, dt_window w, float *y) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const float *in = x + i * planes.input;
        float *out = y + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                average_pool_pairs_16(in, w, out);
            } else {
                average_pool_window_16(in, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                average_pool_pairs_8(in, w, out);
            } else {
                average_pool_window_8(in, w, out);
            }
        } else if (l.block == 1) {
            average_pool_channel(in, w, 1, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) { average_pool_channel(in + k, w, l.block, out + k); }
        }
    }
}

static void average_pool_scatter(const float *dy, dt_activation l, dt_window w, float *dx) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const float *in = dy + i * planes.output;
        float *out = dx + i * planes.input;
        if (!pairs) { memset(out, 0, (size_t)planes.input * sizeof(float)); }
        if (l.block == 16) {
            if (pairs) {
                average_pool_scatter_pairs_16(in, w, out);
            } else {
                average_pool_scatter_window_16(in, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                average_pool_scatter_pairs_8(in, w, out);
            } else {
                average_pool_scatter_window_8(in, w, out);
            }
        } else if (pairs) {
            average_pool_scatter_pairs_1(in, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                average_pool_scatter_channel(in + k, w, l.block, out + k);
            }
        }
    }
}

#endif

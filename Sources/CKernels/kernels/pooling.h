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
#include "activation.h"

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

// Whether no input pixel is in two windows.
DT_INLINE bool pool_windows_apart(dt_window w) { return w.kernel_h <= w.stride_h && w.kernel_w <= w.stride_w; }

// The windows over input position i, along one axis.
DT_INLINE pool_range pool_windows(int64_t i, int64_t stride, int64_t padding, int64_t kernel, int64_t outputs) {
    const int64_t first = i + padding - kernel + 1, last = (i + padding) / stride;
    pool_range r = {first <= 0 ? 0 : (first + stride - 1) / stride, last + 1 < outputs ? last + 1 : outputs};
    return r;
}

// The same without a division, from those over position i - 1.
DT_INLINE pool_range pool_next_windows(pool_range r, int64_t i, int64_t stride, int64_t padding, int64_t kernel,
                                       int64_t outputs) {
    while (r.first * stride - padding + kernel <= i) { r.first++; }
    while (r.end < outputs && r.end * stride - padding <= i) { r.end++; }
    return r;
}

// The windows of 2x2 of a plain row are taken eight at a time; a row's last vector overlaps the one before it.
DT_INLINE int64_t pool_next_eight(int64_t ox, int64_t ow) {
    return ox + 16 > ow && ox + 8 < ow ? ow - 8 : ox + 8;
}

// The windows of an output row that are worked on eight at a time: those without padding on either side,
// where consecutive windows are one or two elements apart. Fewer than eight are left to the scalar loop.
DT_INLINE pool_range pool_eights(dt_window w, int64_t block) {
    pool_range r = {0, 0};
    if (block == 1 && w.stride_w <= 2) {
        r = pool_inside(w.stride_w, w.padding_w, w.kernel_w, w.w, w.ow);
        if (r.end - r.first < 8) { r.end = r.first; }
    }
    return r;
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

// How many planes an activation has, and the elements of one plane of the input and of the output.
typedef struct {
    int64_t count, input, output;
} pool_planes;

DT_INLINE pool_planes pool_planes_of(dt_activation l, dt_window w) {
    pool_planes r = {0, w.h * w.w * l.block, w.oh * w.ow * l.block};
    if (l.c > 0) { r.count = l.n * ((l.c + l.block - 1) / l.block); }
    return r;
}

// Pixels of a tile of sums (pooling_plain.h).
#define POOL_TILE 4096

#define POOL_BFLOAT16 0
#include "pooling_planes.h"
#undef POOL_BFLOAT16
#define POOL_BFLOAT16 1
#include "pooling_planes.h"
#undef POOL_BFLOAT16

#undef POOL_TILE

static void max_pool(const void *x, dt_activation l, dt_window w, void *y, uint8_t *indices) {
    if (l.bfloat16) {
        max_pool_bf16(x, l, w, y, indices);
    } else {
        max_pool_f32(x, l, w, y, indices);
    }
}

static void max_pool_scatter(const void *dy, const uint8_t *indices, dt_activation l, dt_window w, void *dx) {
    if (l.bfloat16) {
        max_pool_scatter_bf16(dy, indices, l, w, dx);
    } else {
        max_pool_scatter_f32(dy, indices, l, w, dx);
    }
}

static void max_pool_gather(const void *x, const uint8_t *indices, dt_activation l, dt_window w, void *y) {
    if (l.bfloat16) {
        max_pool_gather_bf16(x, indices, l, w, y);
    } else {
        max_pool_gather_f32(x, indices, l, w, y);
    }
}

static void average_pool(const void *x, dt_activation l, dt_window w, void *y) {
    if (l.bfloat16) {
        average_pool_bf16(x, l, w, y);
    } else {
        average_pool_f32(x, l, w, y);
    }
}

static void average_pool_scatter(const void *dy, dt_activation l, dt_window w, void *dx) {
    if (l.bfloat16) {
        average_pool_scatter_bf16(dy, l, w, dx);
    } else {
        average_pool_scatter_f32(dy, l, w, dx);
    }
}

#endif

// Slices, concatenation, padding and running sums along the middle axis of [outer][middle][inner].
//
// Rows are the `inner` neighbouring elements of one place of the middle axis. Elements of two or four bytes are only
// moved; `size` is a literal wherever a kernel's body is called.
#ifndef DTRAIN_KERNELS_MOVES_H
#define DTRAIN_KERNELS_MOVES_H

#include "common.h"

// Copies count elements; a few without a call.
DT_INLINE void move_elements(void *to, const void *from, int64_t count, size_t size) {
    if (count < DT_LANES) {
        copy_partial(to, from, count, size);
    } else {
        memcpy(to, from, (size_t)count * size);
    }
}

// Copies a run of elements for each of `outer`, whose places in x and in y are so far apart.
DT_INLINE void move_runs(const void *x, int64_t x_stride, int64_t outer, int64_t run, void *y, int64_t y_stride,
                         size_t size) {
    const char *from = (const char *)x;
    char *to = (char *)y;
    for (int64_t o = 0; o < outer; o++) {
        move_elements(to, from, run, size);
        from += x_stride * (int64_t)size;
        to += y_stride * (int64_t)size;
    }
}

DT_INLINE void slice_middle_sized(const void *x, int64_t outer, int64_t middle, int64_t inner, int64_t first,
                                  int64_t count, void *y, size_t size) {
    const int64_t run = count * inner;
    if (run == 0) { return; }
    move_runs((const char *)x + first * inner * (int64_t)size, middle * inner, outer, run, y, run, size);
}

DT_INLINE void place_middle_sized(const void *x, int64_t outer, int64_t middle, int64_t inner, int64_t total,
                                  int64_t first, void *y, size_t size) {
    const int64_t run = middle * inner;
    if (run == 0) { return; }
    move_runs(x, run, outer, run, (char *)y + first * inner * (int64_t)size, total * inner, size);
}

// The place that a padded place repeats, counted from the first one of x, before which places are negative.
DT_INLINE int64_t padding_source(int64_t place, int64_t middle, dt_padding mode) {
    const bool is_before = place < 0;
    switch (mode) {
    case DT_PAD_REFLECT: return is_before ? -place : 2 * (middle - 1) - place;
    case DT_PAD_REPLICATE: return is_before ? 0 : middle - 1;
    case DT_PAD_CIRCULAR: return is_before ? place + middle : place - middle;
    case DT_PAD_ZERO: break;
    }
    __builtin_trap();
}

// Fills places first ..< end of one padded image; x and y point to place 0.
DT_INLINE void fill_padding(const char *x, int64_t middle, int64_t inner, int64_t first, int64_t end, dt_padding mode,
                            char *y, size_t size) {
    const int64_t row = inner * (int64_t)size;
    if (mode == DT_PAD_ZERO) {
        memset(y + first * row, 0, (size_t)((end - first) * row));
        return;
    }
    for (int64_t place = first; place < end; place++) {
        move_elements(y + place * row, x + padding_source(place, middle, mode) * row, inner, size);
    }
}

DT_INLINE void pad_middle_sized(const void *x, int64_t outer, int64_t middle, int64_t inner, int64_t before,
                                int64_t after, dt_padding mode, void *y, size_t size) {
    const int64_t row = inner * (int64_t)size, padded = before + middle + after;
    if (row * padded == 0) { return; }
    for (int64_t o = 0; o < outer; o++) {
        const char *from = (const char *)x + o * middle * row;
        char *to = (char *)y + (o * padded + before) * row;
        fill_padding(from, middle, inner, -before, 0, mode, to, size);
        move_elements(to, from, middle * inner, size);
        fill_padding(from, middle, inner, middle, middle + after, mode, to, size);
    }
}

// The table's functions for one type of elements.
#define DT_DEFINE_MOVES(SUFFIX, ELEMENT)                                                                               \
    static void slice_middle##SUFFIX(const ELEMENT *x, int64_t outer, int64_t middle, int64_t inner, int64_t first,    \
                                     int64_t count, ELEMENT *y) {                                                      \
        slice_middle_sized(x, outer, middle, inner, first, count, y, sizeof(ELEMENT));                                 \
    }                                                                                                                  \
                                                                                                                       \
    static void place_middle##SUFFIX(const ELEMENT *x, int64_t outer, int64_t middle, int64_t inner, int64_t total,    \
                                     int64_t first, ELEMENT *y) {                                                      \
        place_middle_sized(x, outer, middle, inner, total, first, y, sizeof(ELEMENT));                                 \
    }                                                                                                                  \
                                                                                                                       \
    static void pad_middle##SUFFIX(const ELEMENT *x, int64_t outer, int64_t middle, int64_t inner, int64_t before,     \
                                   int64_t after, dt_padding mode, ELEMENT *y) {                                       \
        pad_middle_sized(x, outer, middle, inner, before, after, mode, y, sizeof(ELEMENT));                            \
    }

DT_DEFINE_MOVES(, float)
DT_DEFINE_MOVES(_bf16, uint16_t)

// y += x for one row.
DT_INLINE void add_row(const float *x, int64_t count, float *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_f32(y + i, load_f32(y + i) + load_f32(x + i)); }
    for (; i < count; i++) { y[i] = y[i] + x[i]; }
}

// A place's own gradient first, then those of the padding in order.
static void pad_middle_gradient(const float *dy, int64_t outer, int64_t middle, int64_t inner, int64_t before,
                                int64_t after, dt_padding mode, float *dx) {
    const int64_t padded = before + middle + after;
    if (middle * inner == 0) { return; }
    for (int64_t o = 0; o < outer; o++) {
        const float *from = dy + (o * padded + before) * inner;
        float *to = dx + o * middle * inner;
        memcpy(to, from, (size_t)(middle * inner) * sizeof(float));
        if (mode == DT_PAD_ZERO) { continue; }
        for (int64_t place = -before; place < 0; place++) {
            add_row(from + place * inner, inner, to + padding_source(place, middle, mode) * inner);
        }
        for (int64_t place = middle; place < middle + after; place++) {
            add_row(from + place * inner, inner, to + padding_source(place, middle, mode) * inner);
        }
    }
}

// ---- running sums ----

// One running sum over count elements, `step` apart.
DT_INLINE void cumulate_line(const float *x, int64_t count, int64_t step, float *y) {
    double sum = 0.0;
    for (int64_t m = 0; m < count; m++, x += step, y += step) {
        sum += (double)x[0];
        y[0] = (float)sum;
    }
}

// Sixteen neighbouring ones, or the first `columns` of them.
DT_INLINE void cumulate_columns(const float *x, int64_t count, int64_t step, int64_t columns, float *y) {
    f64x16 sum = 0.0;
    for (int64_t m = 0; m < count; m++, x += step, y += step) {
        if (columns >= DT_LANES) {
            sum += widen(load_f32(x));
            store_f32(y, narrow(sum));
        } else {
            sum += widen(load_partial_f32(x, columns, 0));
            store_partial_f32(y, narrow(sum), columns);
        }
    }
}

static void cumulative_sum(const float *x, int64_t outer, int64_t middle, int64_t inner, bool reversed, float *y) {
    if (middle == 0) { return; }
    const int64_t start = reversed ? (middle - 1) * inner : 0, step = reversed ? -inner : inner;
    for (int64_t o = 0; o < outer; o++) {
        const float *from = x + o * middle * inner + start;
        float *to = y + o * middle * inner + start;
        if (inner == 1) {
            cumulate_line(from, middle, step, to);
            continue;
        }
        for (int64_t j = 0; j < inner; j += DT_LANES) { cumulate_columns(from + j, middle, step, inner - j, to + j); }
    }
}

#endif

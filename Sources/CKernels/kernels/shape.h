// Sums, maxima, repetition and bias over the middle axis of [outer][middle][inner].
#ifndef DTRAIN_KERNELS_SHAPE_H
#define DTRAIN_KERNELS_SHAPE_H

#include "common.h"
#include "activation.h"

DT_INLINE f64x16 load_wide_f32(const float *p) { return widen(load_f32(p)); }
DT_INLINE f64x16 load_wide_f64(const double *p) { return load_f64(p); }
DT_INLINE f64x16 load_wide_bf16(const uint16_t *p) { return widen(load_summands(p, 0, true)); }

DT_INLINE f64x16 load_wide_partial_f32(const float *p, int64_t count) {
    return widen(load_partial_f32(p, count, 0));
}

DT_INLINE f64x16 load_wide_partial_f64(const double *p, int64_t count) {
    return load_partial_f64(p, count, 0);
}

DT_INLINE f64x16 load_wide_partial_bf16(const uint16_t *p, int64_t count) {
    return widen(load_summands_partial(p, 0, count, 0.0f, true));
}

// Sums whose lanes stand in order of places.
DT_INLINE f64x16 places_f32(f64x16 sums) { return sums; }
DT_INLINE f64x16 places_f64(f64x16 sums) { return sums; }
DT_INLINE f64x16 places_bf16(f64x16 sums) { return place_lanes(sums, true); }

DT_INLINE double value_f32(float x) { return (double)x; }
DT_INLINE double value_f64(double x) { return x; }
DT_INLINE double value_bf16(uint16_t x) { return (double)load_stored_one(&x, 0, true); }

DT_INLINE void store_wide_f32(float *p, f64x16 v) { store_f32(p, narrow(v)); }
DT_INLINE void store_wide_f64(double *p, f64x16 v) { store_f64(p, v); }

// The vectors whose column sums stay in registers while rows are added.
#define DT_COLUMN_VECTORS 4

// Defines, for Float32 (f32, float), Float64 or bfloat16 elements and results of OUT, all accumulating in Float64:
//   sum_lanes_*    element i goes to lane i % 16, lanes folded at the end
//   sum_columns_*  one running sum per column in row order, whatever the number of columns
//   NAME           the table's function
// A column's sum is the same however the columns are cut into tiles.
#define DT_DEFINE_SUM_MIDDLE(NAME, TYPE, ELEMENT, OUT, RESULT)                                            \
    DT_INLINE double sum_lanes_##TYPE(const ELEMENT *x, int64_t count) {                                  \
        f64x16 sum = 0.0;                                                                                 \
        int64_t i = 0;                                                                                    \
        for (; i + DT_LANES <= count; i += DT_LANES) { sum += load_wide_##TYPE(x + i); }                  \
        if (i < count) { sum += load_wide_partial_##TYPE(x + i, count - i); }                             \
        return fold_sum(places_##TYPE(sum));                                                              \
    }                                                                                                     \
                                                                                                          \
    DT_INLINE void sum_column_tile_##TYPE(                                                                \
        const ELEMENT *x, int64_t rows, int64_t stride, int vectors, RESULT *y) {                         \
        f64x16 sums[DT_COLUMN_VECTORS];                                                                   \
        for (int v = 0; v < vectors; v++) { sums[v] = 0.0; }                                              \
        for (int64_t r = 0; r < rows; r++) {                                                              \
            const ELEMENT *row = x + r * stride;                                                          \
            for (int v = 0; v < vectors; v++) { sums[v] += load_wide_##TYPE(row + v * DT_LANES); }        \
        }                                                                                                 \
        for (int v = 0; v < vectors; v++) { store_wide_##OUT(y + v * DT_LANES, places_##TYPE(sums[v])); } \
    }                                                                                                     \
                                                                                                          \
    static void sum_columns_##TYPE(const ELEMENT *x, int64_t rows, int64_t columns, RESULT *y) {          \
        const int64_t tile = DT_COLUMN_VECTORS * DT_LANES;                                                \
        int64_t j = 0;                                                                                    \
        for (; j + tile <= columns; j += tile) {                                                          \
            sum_column_tile_##TYPE(x + j, rows, columns, DT_COLUMN_VECTORS, y + j);                       \
        }                                                                                                 \
        for (; j + DT_LANES <= columns; j += DT_LANES) {                                                  \
            sum_column_tile_##TYPE(x + j, rows, columns, 1, y + j);                                       \
        }                                                                                                 \
        if (j == columns) { return; }                                                                     \
        double sums[DT_LANES] = {0};                                                                      \
        for (int64_t r = 0; r < rows; r++) {                                                              \
            for (int64_t k = j; k < columns; k++) { sums[k - j] += value_##TYPE(x[r * columns + k]); }    \
        }                                                                                                 \
        for (int64_t k = j; k < columns; k++) { y[k] = (RESULT)sums[k - j]; }                             \
    }                                                                                                     \
                                                                                                          \
    static void NAME(const ELEMENT *x, int64_t outer, int64_t middle, int64_t inner, RESULT *y) {         \
        for (int64_t o = 0; o < outer; o++) {                                                             \
            const ELEMENT *from = x + o * middle * inner;                                                 \
            if (inner == 1) {                                                                             \
                y[o] = (RESULT)sum_lanes_##TYPE(from, middle);                                            \
            } else {                                                                                      \
                sum_columns_##TYPE(from, middle, inner, y + o * inner);                                   \
            }                                                                                             \
        }                                                                                                 \
    }

DT_DEFINE_SUM_MIDDLE(sum_middle, f32, float, f32, float)
DT_DEFINE_SUM_MIDDLE(sum_middle_f64, f64, double, f64, double)
DT_DEFINE_SUM_MIDDLE(sum_middle_bf16, bf16, uint16_t, f32, float)

// The largest of count elements, NaN if one is NaN, -infinity of none.
DT_INLINE float largest(const float *x, int64_t count) {
    const float lowest = -__builtin_inff();
    f32x16 m = lowest;
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { m = larger_f32(m, load_f32(x + i)); }
    if (i < count) { m = larger_f32(m, load_partial_f32(x + i, count - i, lowest)); }
    return fold_larger(m);
}

// NaN wins; the maximum over an empty middle is -infinity.
static void max_middle(const float *x, int64_t outer, int64_t middle, int64_t inner, float *y) {
    for (int64_t o = 0; o < outer; o++) {
        const float *from = x + o * middle * inner;
        if (inner == 1) {
            y[o] = largest(from, middle);
            continue;
        }
        float *to = y + o * inner;
        for (int64_t j = 0; j < inner; j += DT_LANES) {
            int64_t columns = inner - j;
            f32x16 m = -__builtin_inff();
            for (int64_t r = 0; r < middle; r++) {
                const float *p = from + r * inner + j;
                m = larger_f32(m, columns >= DT_LANES ? load_f32(p) : load_partial_f32(p, columns, 0));
            }
            if (columns >= DT_LANES) { store_f32(to + j, m); } else { store_partial_f32(to + j, m, columns); }
        }
    }
}

#define DT_DEFINE_REPEAT_MIDDLE(NAME, ELEMENT)                                                            \
    static void NAME(const ELEMENT *x, int64_t outer, int64_t middle, int64_t inner, ELEMENT *y) {        \
        for (int64_t o = 0; o < outer; o++) {                                                             \
            const ELEMENT *from = x + o * inner;                                                          \
            ELEMENT *to = y + o * middle * inner;                                                         \
            if (inner == 1) {                                                                             \
                ELEMENT value = from[0];                                                                  \
                for (int64_t m = 0; m < middle; m++) { to[m] = value; }                                   \
            } else {                                                                                      \
                for (int64_t m = 0; m < middle; m++) {                                                    \
                    memcpy(to + m * inner, from, (size_t)inner * sizeof(ELEMENT));                        \
                }                                                                                         \
            }                                                                                             \
        }                                                                                                 \
    }

DT_DEFINE_REPEAT_MIDDLE(repeat_middle, float)
DT_DEFINE_REPEAT_MIDDLE(repeat_middle_f64, double)

// y = x + bias element by element, for one row of count elements from place `at` on.
DT_INLINE void add_bias_row(const void *x, const float *bias, int64_t at, int64_t count, bool relu, bool bfloat16,
                            void *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) {
        f32x16 v = load_stored(x, at + i, bfloat16) + load_f32(bias + i);
        store_stored(y, at + i, relu ? relu_f32(v) : v, bfloat16);
    }
    if (i < count) {
        f32x16 v = load_stored_partial(x, at + i, count - i, 0.0f, bfloat16)
            + load_partial_f32(bias + i, count - i, 0);
        store_stored_partial(y, at + i, relu ? relu_f32(v) : v, count - i, bfloat16);
    }
}

// y = x + bias with one bias for count elements.
DT_INLINE void add_bias_run(const void *x, float bias, int64_t at, int64_t count, bool relu, bool bfloat16, void *y) {
    int64_t i = 0;
    if (bfloat16) {
        const f32x16 plain = payload_cleared(bias);
        for (; i + DT_PAIR <= count; i += DT_PAIR) {
            const f32_pair v = load_pair(x, at + i);
            const f32x16 even = v.even + plain, odd = v.odd + plain;
            store_pair(y, at + i, (f32_pair){relu ? relu_f32(even) : even, relu ? relu_f32(odd) : odd});
        }
    }
    for (; i + DT_LANES <= count; i += DT_LANES) {
        f32x16 v = load_stored(x, at + i, bfloat16) + bias;
        store_stored(y, at + i, relu ? relu_f32(v) : v, bfloat16);
    }
    if (i < count) {
        f32x16 v = load_stored_partial(x, at + i, count - i, 0.0f, bfloat16) + bias;
        store_stored_partial(y, at + i, relu ? relu_f32(v) : v, count - i, bfloat16);
    }
}

DT_INLINE void bias_add_stored(const void *x, const float *bias, int64_t outer, int64_t middle, int64_t inner,
                               bool relu, bool bfloat16, void *y) {
    for (int64_t o = 0; o < outer; o++) {
        int64_t start = o * middle * inner;
        if (inner == 1) {
            add_bias_row(x, bias, start, middle, relu, bfloat16, y);
            continue;
        }
        for (int64_t m = 0; m < middle; m++) {
            add_bias_run(x, bias[m], start + m * inner, inner, relu, bfloat16, y);
        }
    }
}

static void bias_add(const float *x, const float *bias, int64_t outer, int64_t middle, int64_t inner,
                     bool relu, float *y) {
    bias_add_stored(x, bias, outer, middle, inner, relu, false, y);
}

static void bias_add_bf16(const uint16_t *x, const float *bias, int64_t outer, int64_t middle, int64_t inner,
                          bool relu, uint16_t *y) {
    bias_add_stored(x, bias, outer, middle, inner, relu, true, y);
}

#endif

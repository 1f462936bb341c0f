// permute: copies an array with its dimensions in another order.
#ifndef DTRAIN_KERNELS_PERMUTE_H
#define DTRAIN_KERNELS_PERMUTE_H

#include "common.h"

#define DT_MAX_RANK 6

// The dimensions of the result, outermost first: sizes, and strides in elements in x and in y.
typedef struct {
    int rank;
    int64_t size[DT_MAX_RANK], from[DT_MAX_RANK], to[DT_MAX_RANK];
} dt_walk;

// The shortest walk that visits the same elements: dimensions of size 1 are dropped, and dimensions that are neighbours
// in both x and y are merged.
DT_INLINE dt_walk plan_walk(int rank, const int64_t *shape, const int64_t *permutation) {
    int64_t stride[DT_MAX_RANK], total = 1;
    for (int d = rank - 1; d >= 0; d--) {
        stride[d] = total;
        total *= shape[d];
    }
    dt_walk w = {.rank = 0};
    for (int d = 0; d < rank; d++) {
        int64_t size = shape[permutation[d]], from = stride[permutation[d]];
        if (size == 1) { continue; }
        if (w.rank > 0 && w.from[w.rank - 1] == size * from) {
            w.size[w.rank - 1] *= size;
            w.from[w.rank - 1] = from;
        } else {
            w.size[w.rank] = size;
            w.from[w.rank] = from;
            w.rank++;
        }
    }
    int64_t to = 1;
    for (int d = w.rank - 1; d >= 0; d--) {
        w.to[d] = to;
        to *= w.size[d];
    }
    return w;
}

// Exchanges, for rows i and i + S, the right half-block of one with the left of the other; LOW and HIGH are
// the lanes of the two results.
#define DT_EXCHANGE(S, LOW, HIGH)                                                                   \
    for (int i = 0; i < DT_LANES; i++) {                                                            \
        if (i & S) { continue; }                                                                    \
        f32x16 a = r[i], b = r[i + S];                                                              \
        r[i] = __builtin_shufflevector(a, b, LOW);                                                  \
        r[i + S] = __builtin_shufflevector(a, b, HIGH);                                             \
    }
#define DT_LANES_OF(...) __VA_ARGS__

// A block of 16 rows of 16 elements: y[c][r] = x[r][c].
DT_INLINE void transpose_block(const float *x, int64_t x_stride, float *y, int64_t y_stride) {
    f32x16 r[DT_LANES];
    for (int i = 0; i < DT_LANES; i++) { r[i] = load_f32(x + i * x_stride); }
    DT_EXCHANGE(8, DT_LANES_OF(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                DT_LANES_OF(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    DT_EXCHANGE(4, DT_LANES_OF(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
                DT_LANES_OF(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    DT_EXCHANGE(2, DT_LANES_OF(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
                DT_LANES_OF(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    DT_EXCHANGE(1, DT_LANES_OF(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
                DT_LANES_OF(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
    for (int i = 0; i < DT_LANES; i++) { store_f32(y + i * y_stride, r[i]); }
}

// y[c*y_stride + r] = x[r*x_stride + c] for r < rows, c < columns.
static void transpose_plane(const float *x, int64_t x_stride, int64_t rows, int64_t columns, float *y,
                            int64_t y_stride) {
    int64_t whole_rows = rows - rows % DT_LANES, whole_columns = columns - columns % DT_LANES;
    for (int64_t c = 0; c < whole_columns; c += DT_LANES) {
        for (int64_t r = 0; r < whole_rows; r += DT_LANES) {
            transpose_block(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);
        }
    }
    for (int64_t c = 0; c < columns; c++) {
        for (int64_t r = c < whole_columns ? whole_rows : 0; r < rows; r++) {
            y[c * y_stride + r] = x[r * x_stride + c];
        }
    }
}

// Moves on to the next index of the dimensions other than a and b, in row-major order, and both offsets with
// it; false when all are done.
DT_INLINE bool next_position(const dt_walk *w, int a, int b, int64_t *index, int64_t *from, int64_t *to) {
    for (int d = w->rank - 1; d >= 0; d--) {
        if (d == a || d == b) { continue; }
        *from += w->from[d];
        *to += w->to[d];
        if (++index[d] < w->size[d]) { return true; }
        *from -= w->size[d] * w->from[d];
        *to -= w->size[d] * w->to[d];
        index[d] = 0;
    }
    return false;
}

// If the last dimension of y is contiguous in x, runs are copied. Otherwise it forms a plane with the dimension that is
// contiguous in x, and planes are transposed.
static void permute(const float *x, int rank, const int64_t *shape, const int64_t *permutation, float *y) {
    if (rank < 0 || rank > DT_MAX_RANK) { __builtin_trap(); }
    for (int d = 0; d < rank; d++) {
        if (shape[d] == 0) { return; }
    }
    dt_walk w = plan_walk(rank, shape, permutation);
    if (w.rank == 0) {
        y[0] = x[0];
        return;
    }
    int last = w.rank - 1, contiguous = last;
    while (w.from[contiguous] != 1) { contiguous--; }
    int64_t index[DT_MAX_RANK] = {0}, from = 0, to = 0;
    do {
        if (contiguous == last) {
            memcpy(y + to, x + from, (size_t)w.size[last] * sizeof(float));
        } else {
            transpose_plane(x + from, w.from[last], w.size[last], w.size[contiguous], y + to,
                            w.to[contiguous]);
        }
    } while (next_position(&w, last, contiguous, index, &from, &to));
}

#endif

// Products of equally many row-major matrices, either of them transposed or not.
//
// An element is the sum that dense.h describes: chunks of DENSE_CHUNK neighbouring terms, each one chain of fused
// multiply-adds from zero, added up in order. It is the same wherever the element stands and whatever the other sizes.
//
// The columns of a product are vectors. Those of op(b) are copied to *panels* [ceil(n/32)][k][32], zeros behind n,
// except where so few rows use them that copying costs more than it saves; op(a) is only read as scalars, in place.
#ifndef DTRAIN_KERNELS_BATCH_MATMUL_H
#define DTRAIN_KERNELS_BATCH_MATMUL_H

#include "common.h"
#include "dense.h"
#include "permute.h"

#define MATMUL_TILE (DENSE_VECTORS * DT_LANES)

// Columns of a product: how many, and term t of them at x + t*stride.
typedef struct {
    const float *x;
    int64_t stride, columns;
} matmul_panel;

// One product; element (i, t) of op(a) is a[i*row_stride + t*term_stride].
typedef struct {
    const float *a;
    int64_t row_stride, term_stride, n, k;
    float *c;
} matmul_task;

// Adds one chunk of terms, from `first` on, to the elements of c that one tile covers: `rows` rows from i on.
DT_INLINE void matmul_tile(const matmul_task *t, matmul_panel p, float *c, int64_t i, int64_t first, int rows,
                           int vectors) {
    f32x16 acc[DENSE_ROWS][DENSE_VECTORS];
    dense_clear(acc, rows, vectors);
    const float *x = p.x + first * p.stride, *a = t->a + i * t->row_stride + first * t->term_stride;
    const int64_t end = first + DENSE_CHUNK < t->k ? first + DENSE_CHUNK : t->k;
    for (int64_t term = first; term < end; term++) {
        dense_term(acc, x, a, t->row_stride, rows, vectors, DT_LANES, DENSE_FLOATS);
        x += p.stride;
        a += t->term_stride;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *target = c + (i + r) * t->n + v * DT_LANES;
            const int64_t columns = p.columns - v * DT_LANES;
            if (columns >= DT_LANES) {
                store_f32(target, first > 0 ? load_f32(target) + acc[r][v] : acc[r][v]);
            } else {
                const f32x16 sum = first > 0 ? load_partial_f32(target, columns, 0) + acc[r][v] : acc[r][v];
                store_partial_f32(target, sum, columns);
            }
        }
    }
}

// All rows of the columns of one panel, `vectors` vectors of them; c points to the first column.
DT_INLINE void matmul_columns(const matmul_task *t, matmul_panel p, float *c, int64_t m, int vectors) {
    for (int64_t first = 0; first == 0 || first < t->k; first += DENSE_CHUNK) {
        for (int64_t i = 0, rows; i < m; i += rows) {
            rows = dense_rows(m - i, DENSE_ROWS);
#define MATMUL_CASE(n) matmul_tile(t, p, c, i, first, n, vectors)
            DENSE_DISPATCH(rows, MATMUL_CASE)
#undef MATMUL_CASE
        }
    }
}

// Whether columns j ..< j + MATMUL_TILE of b are read where they are.
DT_INLINE bool matmul_in_place(int64_t m, int64_t n, int64_t j, bool transpose_b) {
    return !transpose_b && m <= DENSE_ROWS && n - j >= MATMUL_TILE;
}

// Copies columns j on of op(b), at most MATMUL_TILE, to a panel.
static void matmul_pack(const float *b, int64_t n, int64_t k, int64_t j, bool transpose_b, float *panel) {
    const int64_t columns = n - j < MATMUL_TILE ? n - j : MATMUL_TILE;
    if (columns < MATMUL_TILE) { memset(panel, 0, (size_t)(k * MATMUL_TILE) * sizeof(float)); }
    if (transpose_b) {
        transpose_plane(b + j * k, k, columns, k, panel, MATMUL_TILE);
        return;
    }
    for (int64_t t = 0; t < k; t++) {
        float *to = panel + t * MATMUL_TILE;
        const float *from = b + t * n + j;
        if (columns == MATMUL_TILE) {
            memcpy(to, from, MATMUL_TILE * sizeof(float));
        } else {
            for (int64_t s = 0; s < columns; s++) { to[s] = from[s]; }
        }
    }
}

// One product, panel by panel, so that a panel is still in the cache when its rows are worked on.
static void matmul_one(const matmul_task *t, const float *b, int64_t m, bool transpose_b, float *panel) {
    for (int64_t j = 0; j < t->n; j += MATMUL_TILE) {
        matmul_panel p = {b + j, t->n, t->n - j < MATMUL_TILE ? t->n - j : MATMUL_TILE};
        if (!matmul_in_place(m, t->n, j, transpose_b)) {
            matmul_pack(b, t->n, t->k, j, transpose_b, panel);
            p.x = panel;
            p.stride = MATMUL_TILE;
        }
        if (DENSE_VECTORS > 1 && p.columns > DT_LANES) {
            matmul_columns(t, p, t->c + j, m, DENSE_VECTORS);
        } else {
            matmul_columns(t, p, t->c + j, m, 1);
        }
    }
}

static void batch_matmul(const float *a, const float *b, int64_t batches, int64_t m, int64_t n, int64_t k,
                         bool transpose_a, bool transpose_b, void *scratch, float *c) {
    for (int64_t batch = 0; batch < batches; batch++) {
        const matmul_task t = {a + batch * m * k, transpose_a ? 1 : k, transpose_a ? m : 1, n, k, c + batch * m * n};
        matmul_one(&t, b + batch * k * n, m, transpose_b, (float *)scratch);
    }
}

#endif

// Rows of a table [rows][width] by their numbers, and sums of rows by number.
//
// A number that is below 0 or not below `rows` stands for no row: what is gathered there is zero, and what is scattered there
// is dropped.
#ifndef DTRAIN_KERNELS_TABLE_ROWS_H
#define DTRAIN_KERNELS_TABLE_ROWS_H

#include "common.h"
#include "moves.h"

DT_INLINE void gather_rows_sized(const void *table, int64_t rows, int64_t width, const int32_t *indices, int64_t count,
                                 void *y, size_t size) {
    const int64_t row = width * (int64_t)size;
    if (row == 0) { return; }
    for (int64_t i = 0; i < count; i++) {
        char *to = (char *)y + i * row;
        if (indices[i] < 0 || indices[i] >= rows) {
            memset(to, 0, (size_t)row);
        } else {
            move_elements(to, (const char *)table + indices[i] * row, width, size);
        }
    }
}

static void gather_rows(const float *table, int64_t rows, int64_t width, const int32_t *indices, int64_t count,
                        float *y) {
    gather_rows_sized(table, rows, width, indices, count, y, sizeof(float));
}

static void gather_rows_bf16(const uint16_t *table, int64_t rows, int64_t width, const int32_t *indices, int64_t count,
                             uint16_t *y) {
    gather_rows_sized(table, rows, width, indices, count, y, sizeof(uint16_t));
}

static void scatter_add_rows(const float *dy, const int32_t *indices, int64_t count, int64_t width, int64_t rows,
                             float *table) {
    if (rows * width == 0) { return; }
    memset(table, 0, (size_t)(rows * width) * sizeof(float));
    for (int64_t i = 0; i < count; i++) {
        if (indices[i] >= 0 && indices[i] < rows) { add_row(dy + i * width, width, table + indices[i] * width); }
    }
}

#endif

// select: one of two operands for every element.
#ifndef DTRAIN_KERNELS_SELECT_H
#define DTRAIN_KERNELS_SELECT_H

#include "common.h"

// NaN is not zero, so it selects a.
static void select_elements(int64_t count, const float *condition, const float *a, const float *b, float *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) {
        const f32x16 c = load_f32(condition + i), u = load_f32(a + i), v = load_f32(b + i);
        store_f32(y + i, c != 0.0f ? u : v);
    }
    if (i < count) {
        const f32x16 c = load_partial_f32(condition + i, count - i, 0);
        const f32x16 u = load_partial_f32(a + i, count - i, 0), v = load_partial_f32(b + i, count - i, 0);
        store_partial_f32(y + i, c != 0.0f ? u : v, count - i);
    }
}

#endif

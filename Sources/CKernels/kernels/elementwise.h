// unary, binary, their forms for bfloat16 and Float64, fill and conversions.
//
// The last count % 16 elements go through the same vector expression as the others, so an element's result
// never depends on where in the buffer it stands.
#ifndef DTRAIN_KERNELS_ELEMENTWISE_H
#define DTRAIN_KERNELS_ELEMENTWISE_H

#include "common.h"
#include "activation.h"
#include "functions.h"

// y = result for every element, where `result` is an expression in v, a vector of x; TYPE is f32 or f64.
#define DT_MAP(TYPE, result)                                                                        \
    do {                                                                                            \
        int64_t i = 0;                                                                              \
        for (; i + DT_LANES <= count; i += DT_LANES) {                                              \
            TYPE##x16 v = load_##TYPE(x + i);                                                       \
            store_##TYPE(y + i, result);                                                            \
        }                                                                                           \
        if (i < count) {                                                                            \
            TYPE##x16 v = load_partial_##TYPE(x + i, count - i, 0);                                 \
            store_partial_##TYPE(y + i, result, count - i);                                         \
        }                                                                                           \
    } while (0)

// The same of two operands: u is a vector of a and v one of b.
#define DT_MAP2(TYPE, result)                                                                       \
    do {                                                                                            \
        int64_t i = 0;                                                                              \
        for (; i + DT_LANES <= count; i += DT_LANES) {                                              \
            TYPE##x16 u = load_##TYPE(a + i), v = load_##TYPE(b + i);                               \
            store_##TYPE(y + i, result);                                                            \
        }                                                                                           \
        if (i < count) {                                                                            \
            TYPE##x16 u = load_partial_##TYPE(a + i, count - i, 0);                                 \
            TYPE##x16 v = load_partial_##TYPE(b + i, count - i, 0);                                 \
            store_partial_##TYPE(y + i, result, count - i);                                         \
        }                                                                                           \
    } while (0)

// The same of elements stored either way. Those stored as bfloat16 go in pairs (activation.h) where the expression is
// short enough to stand there four times.
#define DT_MAP_STORED(pairs, result)                                                                \
    do {                                                                                            \
        int64_t i = 0;                                                                              \
        for (; bfloat16 && pairs && i + DT_PAIR <= count; i += DT_PAIR) {                           \
            const f32_pair in = load_pair(x, i);                                                    \
            f32x16 v = in.even;                                                                     \
            const f32x16 even = result;                                                             \
            v = in.odd;                                                                             \
            store_pair(y, i, (f32_pair){even, result});                                             \
        }                                                                                           \
        for (; i + DT_LANES <= count; i += DT_LANES) {                                              \
            f32x16 v = load_stored(x, i, bfloat16);                                                 \
            store_stored(y, i, result, bfloat16);                                                   \
        }                                                                                           \
        if (i < count) {                                                                            \
            f32x16 v = load_stored_partial(x, i, count - i, 0.0f, bfloat16);                        \
            store_stored_partial(y, i, result, count - i, bfloat16);                                \
        }                                                                                           \
    } while (0)

#define DT_MAP2_STORED(pairs, result)                                                               \
    do {                                                                                            \
        int64_t i = 0;                                                                              \
        for (; bfloat16 && pairs && i + DT_PAIR <= count; i += DT_PAIR) {                           \
            const f32_pair left = load_pair(a, i), right = load_pair(b, i);                         \
            f32x16 u = left.even, v = right.even;                                                   \
            const f32x16 even = result;                                                             \
            u = left.odd, v = right.odd;                                                            \
            store_pair(y, i, (f32_pair){even, result});                                             \
        }                                                                                           \
        for (; i + DT_LANES <= count; i += DT_LANES) {                                              \
            f32x16 u = load_stored(a, i, bfloat16), v = load_stored(b, i, bfloat16);                \
            store_stored(y, i, result, bfloat16);                                                   \
        }                                                                                           \
        if (i < count) {                                                                            \
            f32x16 u = load_stored_partial(a, i, count - i, 0.0f, bfloat16);                        \
            f32x16 v = load_stored_partial(b, i, count - i, 0.0f, bfloat16);                        \
            store_stored_partial(y, i, result, count - i, bfloat16);                                \
        }                                                                                           \
    } while (0)

// The smaller of two, NaN if either is NaN; of two zeros the first.
DT_INLINE f32x16 smaller_f32(f32x16 a, f32x16 b) {
    const f32x16 m = b < a ? b : a;
    return b != b ? b : m;
}

DT_INLINE f64x16 smaller_f64(f64x16 a, f64x16 b) {
    const f64x16 m = b < a ? b : a;
    return b != b ? b : m;
}

// A power as the operation that gives the same, correctly rounded and faster, where there is one.
DT_INLINE dt_unary simplest(dt_unary op, double p) {
    if (op != DT_POWER_OF) { return op; }
    return p == 1 ? DT_SCALE : p == 2 ? DT_SQUARE : p == -1 ? DT_RECIPROCAL : op;
}

DT_INLINE void unary_stored(dt_unary op, int64_t count, const void *x, float p, bool bfloat16, void *y) {
    const f32x16 zero = 0.0f, one = 1.0f;
    if (bfloat16 && p != p) { p = __builtin_nanf(""); }  // a payload would be rounded
    switch (simplest(op, (double)p)) {
    case DT_NEGATE: DT_MAP_STORED(true, -v); return;
    case DT_EXP: DT_MAP_STORED(false, narrow(exp_24(widen(v)))); return;
    case DT_LOG: DT_MAP_STORED(false, narrow(log_24(widen(v)))); return;
    case DT_SQRT: DT_MAP_STORED(true, __builtin_elementwise_sqrt(v)); return;
    case DT_RECIPROCAL: DT_MAP_STORED(true, one / v); return;
    case DT_TANH: DT_MAP_STORED(false, narrow(tanh_24(widen(v)))); return;
    case DT_SIGMOID: DT_MAP_STORED(false, narrow(sigmoid_24(widen(v)))); return;
    case DT_ERF: DT_MAP_STORED(false, narrow(erf_24(widen(v)))); return;
    case DT_RELU: DT_MAP_STORED(true, relu_f32(v)); return;
    case DT_STEP: DT_MAP_STORED(true, v > zero ? one : zero); return;
    case DT_SIGN: DT_MAP_STORED(true, v > zero ? one : (v < zero ? -one : v)); return;
    case DT_ABS: DT_MAP_STORED(true, __builtin_elementwise_abs(v)); return;
    case DT_SQUARE: DT_MAP_STORED(true, v * v); return;
    case DT_LEAKY_RELU: DT_MAP_STORED(true, v > zero ? v : p * v); return;
    case DT_GELU: DT_MAP_STORED(false, narrow(gelu_24(widen(v)))); return;
    case DT_SOFTPLUS: DT_MAP_STORED(false, narrow(softplus_24(widen(v)))); return;
    case DT_CLAMP: DT_MAP_STORED(true, v > p ? (f32x16)p : (v < -p ? (f32x16)-p : v)); return;
    case DT_SCALE: DT_MAP_STORED(true, p * v); return;
    case DT_OFFSET: DT_MAP_STORED(true, v + p); return;
    case DT_SIN: DT_MAP_STORED(false, narrow(sin_24(widen(v)))); return;
    case DT_COS: DT_MAP_STORED(false, narrow(cos_24(widen(v)))); return;
    case DT_POWER_OF: DT_MAP_STORED(false, narrow(power_24(widen(v), (f64x16)(double)p))); return;
    }
    __builtin_trap();
}

DT_INLINE void binary_stored(dt_binary op, int64_t count, const void *a, const void *b, float p, bool bfloat16,
                             void *y) {
    const f32x16 zero = 0.0f, one = 1.0f;
    if (bfloat16 && p != p) { p = __builtin_nanf(""); }  // a payload would be rounded
    switch (op) {
    case DT_ADD: DT_MAP2_STORED(true, u + v); return;
    case DT_SUBTRACT: DT_MAP2_STORED(true, u - v); return;
    case DT_MULTIPLY: DT_MAP2_STORED(true, u * v); return;
    case DT_DIVIDE: DT_MAP2_STORED(true, u / v); return;
    case DT_MAXIMUM: DT_MAP2_STORED(true, larger_f32(u, v)); return;
    case DT_RELU_GRADIENT: DT_MAP2_STORED(true, u > zero ? v : zero); return;
    case DT_LEAKY_RELU_GRADIENT: DT_MAP2_STORED(true, u > zero ? v : p * v); return;
    case DT_SIGMOID_GRADIENT: DT_MAP2_STORED(true, v * u * (one - u)); return;
    case DT_TANH_GRADIENT: DT_MAP2_STORED(true, v * (one - u * u)); return;
    case DT_GELU_GRADIENT: DT_MAP2_STORED(false, narrow(widen(v) * gelu_slope_24(widen(u)))); return;
    case DT_POWER: DT_MAP2_STORED(false, narrow(power_24(widen(u), widen(v)))); return;
    case DT_MINIMUM: DT_MAP2_STORED(true, smaller_f32(u, v)); return;
    case DT_LESS: DT_MAP2_STORED(true, u < v ? one : zero); return;
    case DT_LESS_EQUAL: DT_MAP2_STORED(true, u <= v ? one : zero); return;
    case DT_EQUAL: DT_MAP2_STORED(true, u == v ? one : zero); return;
    }
    __builtin_trap();
}

static void unary(dt_unary op, int64_t count, const float *x, float p, float *y) {
    unary_stored(op, count, x, p, false, y);
}

static void unary_bf16(dt_unary op, int64_t count, const uint16_t *x, float p, uint16_t *y) {
    unary_stored(op, count, x, p, true, y);
}

static void binary(dt_binary op, int64_t count, const float *a, const float *b, float p, float *y) {
    binary_stored(op, count, a, b, p, false, y);
}

static void binary_bf16(dt_binary op, int64_t count, const uint16_t *a, const uint16_t *b, float p, uint16_t *y) {
    binary_stored(op, count, a, b, p, true, y);
}

static void unary_f64(dt_unary op, int64_t count, const double *x, double p, double *y) {
    const f64x16 zero = 0.0, one = 1.0;
    switch (simplest(op, p)) {
    case DT_NEGATE: DT_MAP(f64, -v); return;
    case DT_EXP: DT_MAP(f64, exp_53(v)); return;
    case DT_LOG: DT_MAP(f64, log_53(v)); return;
    case DT_SQRT: DT_MAP(f64, __builtin_elementwise_sqrt(v)); return;
    case DT_RECIPROCAL: DT_MAP(f64, one / v); return;
    case DT_TANH: DT_MAP(f64, tanh_53(v)); return;
    case DT_SIGMOID: DT_MAP(f64, sigmoid_53(v)); return;
    case DT_ERF: DT_MAP(f64, erf_53(v)); return;
    case DT_RELU: DT_MAP(f64, v <= zero ? zero : v); return;
    case DT_STEP: DT_MAP(f64, v > zero ? one : zero); return;
    case DT_SIGN: DT_MAP(f64, v > zero ? one : (v < zero ? -one : v)); return;
    case DT_ABS: DT_MAP(f64, __builtin_elementwise_abs(v)); return;
    case DT_SQUARE: DT_MAP(f64, v * v); return;
    case DT_LEAKY_RELU: DT_MAP(f64, v > zero ? v : p * v); return;
    case DT_GELU: DT_MAP(f64, gelu_53(v)); return;
    case DT_SOFTPLUS: DT_MAP(f64, softplus_53(v)); return;
    case DT_CLAMP: DT_MAP(f64, v > p ? (f64x16)p : (v < -p ? (f64x16)-p : v)); return;
    case DT_SCALE: DT_MAP(f64, p * v); return;
    case DT_OFFSET: DT_MAP(f64, v + p); return;
    case DT_SIN: DT_MAP(f64, sin_53(v)); return;
    case DT_COS: DT_MAP(f64, cos_53(v)); return;
    case DT_POWER_OF: DT_MAP(f64, power_53(v, (f64x16)p)); return;
    }
    __builtin_trap();
}

static void binary_f64(dt_binary op, int64_t count, const double *a, const double *b, double p, double *y) {
    const f64x16 zero = 0.0, one = 1.0;
    switch (op) {
    case DT_ADD: DT_MAP2(f64, u + v); return;
    case DT_SUBTRACT: DT_MAP2(f64, u - v); return;
    case DT_MULTIPLY: DT_MAP2(f64, u * v); return;
    case DT_DIVIDE: DT_MAP2(f64, u / v); return;
    case DT_MAXIMUM: DT_MAP2(f64, larger_f64(u, v)); return;
    case DT_RELU_GRADIENT: DT_MAP2(f64, u > zero ? v : zero); return;
    case DT_LEAKY_RELU_GRADIENT: DT_MAP2(f64, u > zero ? v : p * v); return;
    case DT_SIGMOID_GRADIENT: DT_MAP2(f64, v * u * (one - u)); return;
    case DT_TANH_GRADIENT: DT_MAP2(f64, v * (one - u * u)); return;
    case DT_GELU_GRADIENT: DT_MAP2(f64, v * gelu_slope_53(u)); return;
    case DT_POWER: DT_MAP2(f64, power_53(u, v)); return;
    case DT_MINIMUM: DT_MAP2(f64, smaller_f64(u, v)); return;
    case DT_LESS: DT_MAP2(f64, u < v ? one : zero); return;
    case DT_LESS_EQUAL: DT_MAP2(f64, u <= v ? one : zero); return;
    case DT_EQUAL: DT_MAP2(f64, u == v ? one : zero); return;
    }
    __builtin_trap();
}

static void fill(int64_t count, float value, float *y) {
    for (int64_t i = 0; i < count; i++) { y[i] = value; }
}

static void to_f64(int64_t count, const float *x, double *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_f64(y + i, widen(load_f32(x + i))); }
    for (; i < count; i++) { y[i] = (double)x[i]; }
}

static void to_f32(int64_t count, const double *x, float *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_f32(y + i, narrow(load_f64(x + i))); }
    for (; i < count; i++) { y[i] = (float)x[i]; }
}

#endif

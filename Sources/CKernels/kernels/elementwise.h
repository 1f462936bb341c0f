// unary, binary and their Float64 forms, fill and conversions.
//
// The last count % 16 elements go through the same vector expression as the others, so an element's result
// never depends on where in the buffer it stands.
#ifndef DTRAIN_KERNELS_ELEMENTWISE_H
#define DTRAIN_KERNELS_ELEMENTWISE_H

#include "common.h"
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

static void unary(dt_unary op, int64_t count, const float *x, float p, float *y) {
    const f32x16 zero = 0.0f, one = 1.0f;
    switch (op) {
    case DT_NEGATE: DT_MAP(f32, -v); return;
    case DT_EXP: DT_MAP(f32, narrow(exp_24(widen(v)))); return;
    case DT_LOG: DT_MAP(f32, narrow(log_24(widen(v)))); return;
    case DT_SQRT: DT_MAP(f32, __builtin_elementwise_sqrt(v)); return;
    case DT_RECIPROCAL: DT_MAP(f32, one / v); return;
    case DT_TANH: DT_MAP(f32, narrow(tanh_24(widen(v)))); return;
    case DT_SIGMOID: DT_MAP(f32, narrow(sigmoid_24(widen(v)))); return;
    case DT_ERF: DT_MAP(f32, narrow(erf_24(widen(v)))); return;
    case DT_RELU: DT_MAP(f32, relu_f32(v)); return;
    case DT_STEP: DT_MAP(f32, v > zero ? one : zero); return;
    case DT_SIGN: DT_MAP(f32, v > zero ? one : (v < zero ? -one : v)); return;
    case DT_ABS: DT_MAP(f32, __builtin_elementwise_abs(v)); return;
    case DT_SQUARE: DT_MAP(f32, v * v); return;
    case DT_LEAKY_RELU: DT_MAP(f32, v > zero ? v : p * v); return;
    case DT_GELU: DT_MAP(f32, narrow(gelu_24(widen(v)))); return;
    case DT_SOFTPLUS: DT_MAP(f32, narrow(softplus_24(widen(v)))); return;
    case DT_CLAMP: DT_MAP(f32, v > p ? (f32x16)p : (v < -p ? (f32x16)-p : v)); return;
    case DT_SCALE: DT_MAP(f32, p * v); return;
    case DT_OFFSET: DT_MAP(f32, v + p); return;
    }
    __builtin_trap();
}

static void binary(dt_binary op, int64_t count, const float *a, const float *b, float p, float *y) {
    const f32x16 zero = 0.0f, one = 1.0f;
    switch (op) {
    case DT_ADD: DT_MAP2(f32, u + v); return;
    case DT_SUBTRACT: DT_MAP2(f32, u - v); return;
    case DT_MULTIPLY: DT_MAP2(f32, u * v); return;
    case DT_DIVIDE: DT_MAP2(f32, u / v); return;
    case DT_MAXIMUM: DT_MAP2(f32, larger_f32(u, v)); return;
    case DT_RELU_GRADIENT: DT_MAP2(f32, u > zero ? v : zero); return;
    case DT_LEAKY_RELU_GRADIENT: DT_MAP2(f32, u > zero ? v : p * v); return;
    case DT_SIGMOID_GRADIENT: DT_MAP2(f32, v * u * (one - u)); return;
    case DT_TANH_GRADIENT: DT_MAP2(f32, v * (one - u * u)); return;
    case DT_GELU_GRADIENT: DT_MAP2(f32, narrow(widen(v) * gelu_slope_24(widen(u)))); return;
    }
    __builtin_trap();
}

static void unary_f64(dt_unary op, int64_t count, const double *x, double p, double *y) {
    const f64x16 zero = 0.0, one = 1.0;
    switch (op) {
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

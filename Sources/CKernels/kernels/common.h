// Vector types and the few helpers every kernel is written with.
//
// Sixteen lanes is the width of everything: one AVX-512 register of Float32, two of Float64, and as many
// narrower registers as it takes elsewhere. Because the lane count never follows the register width, the
// three variants do the same operations in the same order and give the same bits. (Which of two NaN operands
// an operation returns is the one thing the instruction sets leave open: NaNs are NaNs in all variants, but
// their sign and payload bits are not promised.)
#ifndef DTRAIN_KERNELS_COMMON_H
#define DTRAIN_KERNELS_COMMON_H

#pragma STDC FP_CONTRACT OFF
#pragma clang fp contract(off) reassociate(off)
// Vectors are passed only to functions inlined into the same variant, so no ABI between variants exists.
#pragma clang diagnostic ignored "-Wpsabi"

#include "CKernels.h"
#include <string.h>

#define DT_LANES 16
#define DT_INLINE static inline __attribute__((always_inline))

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef double f64x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef int64_t i64x16 __attribute__((ext_vector_type(16)));
typedef uint64_t u64x16 __attribute__((ext_vector_type(16)));

// The same vectors at any address that suits one element.
typedef f32x16 f32x16_unaligned __attribute__((aligned(4), may_alias));
typedef f64x16 f64x16_unaligned __attribute__((aligned(8), may_alias));

// ---- loads and stores; the partial forms touch elements 0 ..< count, 0 <= count < 16 ----

DT_INLINE f32x16 load_f32(const float *p) { return *(const f32x16_unaligned *)p; }
DT_INLINE f64x16 load_f64(const double *p) { return *(const f64x16_unaligned *)p; }
DT_INLINE void store_f32(float *p, f32x16 v) { *(f32x16_unaligned *)p = v; }
DT_INLINE void store_f64(double *p, f64x16 v) { *(f64x16_unaligned *)p = v; }

// Copies 0 ..< count elements of `size` bytes, count < 16, in at most four moves of fixed size: cheaper than
// a call of memcpy, which rows shorter than a vector would make for every row.
DT_INLINE void copy_partial(void *to, const void *from, int64_t count, size_t size) {
    char *t = (char *)to;
    const char *f = (const char *)from;
    if (count & 8) { memcpy(t, f, 8 * size); t += 8 * size; f += 8 * size; }
    if (count & 4) { memcpy(t, f, 4 * size); t += 4 * size; f += 4 * size; }
    if (count & 2) { memcpy(t, f, 2 * size); t += 2 * size; f += 2 * size; }
    if (count & 1) { memcpy(t, f, size); }
}

// The lanes from count on hold `rest`.
DT_INLINE f32x16 load_partial_f32(const float *p, int64_t count, float rest) {
    f32x16 v = rest;
    copy_partial(&v, p, count, sizeof(float));
    return v;
}

DT_INLINE f64x16 load_partial_f64(const double *p, int64_t count, double rest) {
    f64x16 v = rest;
    copy_partial(&v, p, count, sizeof(double));
    return v;
}

DT_INLINE void store_partial_f32(float *p, f32x16 v, int64_t count) {
    copy_partial(p, &v, count, sizeof(float));
}

DT_INLINE void store_partial_f64(double *p, f64x16 v, int64_t count) {
    copy_partial(p, &v, count, sizeof(double));
}

// ---- conversions ----

DT_INLINE f64x16 widen(f32x16 v) { return __builtin_convertvector(v, f64x16); }
DT_INLINE f32x16 narrow(f64x16 v) { return __builtin_convertvector(v, f32x16); }
DT_INLINE f64x16 bits_to_f64(u64x16 v) { f64x16 r; memcpy(&r, &v, sizeof r); return r; }
DT_INLINE u64x16 f64_to_bits(f64x16 v) { u64x16 r; memcpy(&r, &v, sizeof r); return r; }

DT_INLINE u32x16 f32_to_bits(f32x16 v) { u32x16 r; memcpy(&r, &v, sizeof r); return r; }
DT_INLINE f32x16 bits_to_f32(u32x16 v) { f32x16 r; memcpy(&r, &v, sizeof r); return r; }

// ---- a * b + c, rounded once where the variant can ----

DT_INLINE f32x16 multiply_add_f32(f32x16 a, f32x16 b, f32x16 c) {
#if defined(DT_VARIANT_FMA)
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

// ---- the larger of two, NaN if either is NaN; of two zeros the first ----

DT_INLINE f32x16 larger_f32(f32x16 a, f32x16 b) {
    f32x16 m = a < b ? b : a;
    return b != b ? b : m;
}

DT_INLINE f64x16 larger_f64(f64x16 a, f64x16 b) {
    f64x16 m = a < b ? b : a;
    return b != b ? b : m;
}

// max(x, 0), which lets NaN through so that a diverged model shows, and never gives -0.
DT_INLINE f32x16 relu_f32(f32x16 x) { return x <= 0.0f ? (f32x16)0.0f : x; }

// The same of numbers that are not -0: one operation.
DT_INLINE f32x16 relu_unsigned_zero_f32(f32x16 x) { return 0.0f > x ? (f32x16)0.0f : x; }

// ---- folds: lane i with lane i + 8, then i + 4, i + 2, i + 1, in this order in every kernel ----

DT_INLINE double fold_sum(f64x16 v) {
    double t8[8], t4[4];
    for (int i = 0; i < 8; i++) { t8[i] = v[i] + v[i + 8]; }
    for (int i = 0; i < 4; i++) { t4[i] = t8[i] + t8[i + 4]; }
    return (t4[0] + t4[2]) + (t4[1] + t4[3]);
}

DT_INLINE float fold_larger(f32x16 v) {
    f32x16 m = v;
    m = larger_f32(m, __builtin_shufflevector(m, m, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    m = larger_f32(m, __builtin_shufflevector(m, m, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15));
    m = larger_f32(m, __builtin_shufflevector(m, m, 2, 3, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    m = larger_f32(m, __builtin_shufflevector(m, m, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    return m[0];
}

#endif

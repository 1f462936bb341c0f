// exp, sigmoid and tanh in Float32 arithmetic, for kernels where they stand between products.
//
// Twice as many lanes to a register as functions.h, at the price of its accuracy: exp errs by at most 1 unit of the
// last place, sigmoid and tanh by at most 2.5. Products and sums are fused where the variant can, so the baseline's
// bits differ from the others', which agree. Results of exp and sigmoid that Float32 holds only as denormal numbers are
// zero. NaN stays NaN.
#ifndef DTRAIN_KERNELS_FUNCTIONS_F32_H
#define DTRAIN_KERNELS_FUNCTIONS_F32_H

#include "common.h"

// Adding it rounds a number below 2^22 to an integer, which then stands in the low bits of the sum.
#define DT_ROUNDER_F32 0x1.8p23f

// The logarithms of the smallest and largest normal numbers, rounded inwards.
#define DT_EXP_LOWEST (-0x1.5d589ep+6f)
#define DT_EXP_HIGHEST 0x1.62e42ep+6f

// In this order of operands NaN stays, and each line is one instruction.
DT_INLINE f32x16 clamp_f32(f32x16 x, float low, float high) {
    x = (f32x16)low > x ? (f32x16)low : x;
    return (f32x16)high < x ? (f32x16)high : x;
}

// exp(x) = 2^n (1 + excess), |excess| < 0.42; n stands in the low bits of `rounded`.
typedef struct {
    f32x16 rounded, excess;
} dt_split_exp_f32;

// For x between the two limits above, or NaN.
DT_INLINE dt_split_exp_f32 split_exp_f32(f32x16 x) {
    // (exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2; with these the relative error of exp(r) - 1 is 2^-28.7.
    static const float q[] = {0x1p-1f, 0x1.555556p-3f, 0x1.5554aep-5f, 0x1.11109p-7f, 0x1.6d748cp-10f, 0x1.a1a16ap-13f};
    const f32x16 rounded = multiply_add_f32(x, 0x1.715476p+0f, DT_ROUNDER_F32), n = rounded - DT_ROUNDER_F32;
    // ln 2 in two parts, the first short enough that its multiples are exact.
    f32x16 r = multiply_add_f32(n, -0x1.62e4p-1f, x);
    r = multiply_add_f32(n, -0x1.7f7d1cp-20f, r);
    f32x16 sum = q[5];
#pragma clang loop unroll(full)
    for (int k = 4; k >= 0; k--) { sum = multiply_add_f32(sum, r, q[k]); }
    return (dt_split_exp_f32){rounded, multiply_add_f32(r * r, sum, r)};
}

// 2^n, -126 <= n <= 127.
DT_INLINE f32x16 power_of_two_f32(f32x16 rounded) { return bits_to_f32((f32_to_bits(rounded) << 23) + 0x3F800000u); }

// From 88.7228 on it is infinite, and below -87.3365 zero.
DT_INLINE f32x16 exp_f32(f32x16 x) {
    const dt_split_exp_f32 e = split_exp_f32(clamp_f32(x, DT_EXP_LOWEST, DT_EXP_HIGHEST));
    // n goes up to 128, but only where the factor is below 1.
    f32x16 y = bits_to_f32(f32_to_bits(1.0f + e.excess) + (f32_to_bits(e.rounded) << 23));
    y = x < DT_EXP_LOWEST ? (f32x16)0.0f : y;
    return x <= DT_EXP_HIGHEST ? y : x + __builtin_inff();
}

// Below -87.3365 it is zero.
DT_INLINE f32x16 sigmoid_f32(f32x16 x) {
    const dt_split_exp_f32 e = split_exp_f32(clamp_f32(-x, -87.0f, -DT_EXP_LOWEST));
    const f32x16 scale = power_of_two_f32(e.rounded), y = 1.0f / (1.0f + multiply_add_f32(scale, e.excess, scale));
    return x < DT_EXP_LOWEST ? (f32x16)0.0f : y;
}

// m/(m + 2) with m = exp(2|x|) - 1, which has no cancellation anywhere: the relative error is small near zero too.
DT_INLINE f32x16 tanh_f32(f32x16 x) {
    const dt_split_exp_f32 e = split_exp_f32(2.0f * clamp_f32(__builtin_elementwise_abs(x), 0.0f, 10.0f));
    const f32x16 scale = power_of_two_f32(e.rounded), m = multiply_add_f32(scale, e.excess, scale - 1.0f);
    return __builtin_elementwise_copysign(m / (m + 2.0f), x);
}

#endif

// exp, log, tanh, sigmoid, erf and the normal distribution, on 16 lanes of Float64.
//
// Two precisions of each. The `_24` forms serve Float32 callers: their relative error is below 2^-29, so the
// one rounding to Float32 decides the result (at most 0.54 ulp). They may assume an argument that was
// Float32. The `_53` forms serve Float64 callers: a relative error of a few 2^-53, over the whole range of
// Float64, subnormal numbers included. NaN gives NaN and an infinity gives the limit.
//
// Polynomials are Taylor sums where few terms do, else interpolants at the Chebyshev points of the stated
// range.
#ifndef DTRAIN_KERNELS_FUNCTIONS_H
#define DTRAIN_KERNELS_FUNCTIONS_H

#include "common.h"

// Adding it rounds a Float64 below 2^51 to an integer, which then stands in the low bits of the sum.
#define DT_ROUNDER 0x1.8p52

DT_INLINE f64x16 clamp_f64(f64x16 x, double low, double high) {
    x = x < low ? (f64x16)low : x;
    return x > high ? (f64x16)high : x;
}

// coefficients[0] + coefficients[1]*x + ... by Horner's rule.
DT_INLINE f64x16 polynomial(f64x16 x, const double *coefficients, int degree) {
    f64x16 sum = coefficients[degree];
#pragma clang loop unroll(full)
    for (int k = degree - 1; k >= 0; k--) { sum = sum * x + coefficients[k]; }
    return sum;
}

// 2^n from n + DT_ROUNDER, -1022 <= n <= 1023.
DT_INLINE f64x16 power_of_two(f64x16 rounded) {
    return bits_to_f64((f64_to_bits(rounded) << 52) + (u64x16)0x3FF0000000000000u);
}

// ---- exp ----

// 2^t = scale*(1 + excess), |excess| < 0.42.
typedef struct {
    f64x16 scale, excess;
} dt_split_exp;

// exp(x) for Float32 x. Beyond 2^1000 and below 2^-1000, which Float32 cannot tell from infinity and 0, it
// stays at that power.
DT_INLINE dt_split_exp split_exp_24(f64x16 x) {
    // (2^f - 1)/f on [-1/2, 1/2], relative error 2^-31.8.
    static const double q[] = {
        0.6931471805599453, 0.24022650922288757, 0.055504108839096185, 0.009618056678524637,
        0.001333350238616277, 0.0001546144469856913, 1.5297323760701075e-05,
    };
    f64x16 t = clamp_f64(x * 0x1.71547652b82fep+0, -1000, 1000);
    f64x16 rounded = t + DT_ROUNDER;
    f64x16 f = t - (rounded - DT_ROUNDER);
    return (dt_split_exp){power_of_two(rounded), f * polynomial(f, q, 6)};
}

DT_INLINE f64x16 exp_24(f64x16 x) {
    dt_split_exp e = split_exp_24(x);
    return e.scale + e.scale * e.excess;
}

// exp(r) - 1 for |r| <= ln(2)/2: the first term left out, r^14/14!, is below 2^-53 of the sum.
DT_INLINE f64x16 small_expm1_53(f64x16 r) {
    static const double c[] = {
        1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
        1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
    };
    return r + r * r * polynomial(r, c, 11);
}

// x - n ln 2 with ln 2 in two parts, the first short enough that its multiples are exact.
DT_INLINE f64x16 reduce_by_ln2(f64x16 x, f64x16 n) {
    return (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
}

// exp(x + rest), |rest| < 1e-3. With x*x split into an exact part and a rest, this keeps the tails of the normal
// distribution accurate, where the rounding of x*x alone would cost hundreds of ulps.
DT_INLINE f64x16 exp_sum_53(f64x16 x, f64x16 rest) {
    x = clamp_f64(x, -746, 710);
    f64x16 n = (x * 0x1.71547652b82fep+0 + DT_ROUNDER) - DT_ROUNDER;
    f64x16 p = 1.0 + small_expm1_53(reduce_by_ln2(x, n) + rest);
    // Two factors, as n goes from -1076 to 1024; only the second product can round.
    f64x16 half = n * 0.5 + DT_ROUNDER;
    f64x16 other = (n - (half - DT_ROUNDER)) + DT_ROUNDER;
    return p * power_of_two(half) * power_of_two(other);
}

DT_INLINE f64x16 exp_53(f64x16 x) { return exp_sum_53(x, (f64x16)0.0); }

// ---- log ----

// log(x) for finite x > 0 that is not subnormal: x = 2^n*m, m in [sqrt(1/2), sqrt(2)), and
// log(m) = 2 atanh(s), s = (m-1)/(m+1), |s| < 0.172, as s times a Taylor sum in s*s of `degree`.
DT_INLINE f64x16 log_normal(f64x16 x, int degree) {
    static const double c[] = {
        2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21,
    };
    const uint64_t sqrt_half = 0x3FE6A09E667F3BCDu, one = 0x3FF0000000000000u;
    // The bits above the mantissa of `exponent` are n + 1023.
    u64x16 bits = f64_to_bits(x), exponent = bits - sqrt_half + one;
    f64x16 m = bits_to_f64(bits - (exponent & (u64x16)0xFFF0000000000000u) + one);
    f64x16 n = bits_to_f64((exponent >> 52) | (u64x16)0x4330000000000000u) - (0x1p52 + 1023);
    f64x16 s = (m - 1.0) / (m + 1.0), z = s * s;
    f64x16 tail = s * z * polynomial(z, c + 1, degree - 1);
    return n * 0x1.62e42feep-1 + (2.0 * s + (tail + n * 0x1.a39ef35793c76p-33));
}

// The results where log_normal does not hold: -infinity at 0, NaN below, infinity at infinity.
DT_INLINE f64x16 log_edges(f64x16 x, f64x16 inside) {
    f64x16 y = x < __builtin_inf() ? inside : x;
    y = x < 0.0 ? (f64x16)__builtin_nan("") : y;
    return x == 0.0 ? (f64x16)-__builtin_inf() : y;
}

DT_INLINE f64x16 log_24(f64x16 x) { return log_edges(x, log_normal(x, 6)); }

DT_INLINE f64x16 log_53(f64x16 x) {
    i64x16 subnormal = x < 0x1p-1022;
    f64x16 y = log_normal(subnormal ? x * 0x1p54 : x, 10);
    return log_edges(x, subnormal ? (y - 54 * 0x1.62e42feep-1) - 54 * 0x1.a39ef35793c76p-33 : y);
}

// ---- tanh and sigmoid ----

// tanh(x) = m/(m + 2) with m = exp(2|x|) - 1, which has no cancellation anywhere.
DT_INLINE f64x16 tanh_from_split(f64x16 x, dt_split_exp e) {
    f64x16 m = e.scale * e.excess + (e.scale - 1.0);
    return __builtin_elementwise_copysign(m / (m + 2.0), x);
}

DT_INLINE f64x16 tanh_24(f64x16 x) {
    return tanh_from_split(x, split_exp_24(clamp_f64(__builtin_elementwise_abs(x), 0, 20) * 2.0));
}

DT_INLINE f64x16 tanh_53(f64x16 x) {
    f64x16 z = clamp_f64(__builtin_elementwise_abs(x), 0, 22) * 2.0;
    f64x16 rounded = z * 0x1.71547652b82fep+0 + DT_ROUNDER;
    f64x16 r = reduce_by_ln2(z, rounded - DT_ROUNDER);
    return tanh_from_split(x, (dt_split_exp){power_of_two(rounded), small_expm1_53(r)});
}

DT_INLINE f64x16 sigmoid_24(f64x16 x) { return 1.0 / (1.0 + exp_24(-x)); }

DT_INLINE f64x16 sigmoid_53(f64x16 x) {
    f64x16 e = exp_53(-__builtin_elementwise_abs(x));
    return (x < 0.0 ? e : (f64x16)1.0) / (1.0 + e);
}

// ---- softplus ----

// log(1 + exp(x)) = max(x, 0) + log(1 + e), e = exp(-|x|), which overflows nowhere. The last term makes up for the
// rounding of u = 1 + e, so that the logarithm is relative to e however small that is.
DT_INLINE f64x16 softplus_from_log(f64x16 x, f64x16 e, f64x16 u, f64x16 log_u) {
    return (x <= 0.0 ? (f64x16)0.0 : x) + (log_u + (e - (u - 1.0)) / u);
}

DT_INLINE f64x16 softplus_24(f64x16 x) {
    f64x16 e = exp_24(-__builtin_elementwise_abs(x)), u = 1.0 + e;
    return softplus_from_log(x, e, u, log_24(u));
}

DT_INLINE f64x16 softplus_53(f64x16 x) {
    f64x16 e = exp_53(-__builtin_elementwise_abs(x)), u = 1.0 + e;
    return softplus_from_log(x, e, u, log_53(u));
}

// ---- erf and the normal distribution ----

// erf(x) for |x| <= 1/2 as x times a Taylor sum in x*x; degree 6 leaves out less than 2^-29 of it, degree 12
// less than 2^-56.
DT_INLINE f64x16 small_erf(f64x16 x, int degree) {
    const double two_over_sqrt_pi = 0x1.20dd750429b6dp+0;
    static const double c[] = {
        1.0, -1.0 / 3, 1.0 / 10, -1.0 / 42, 1.0 / 216, -1.0 / 1320, 1.0 / 9360, -1.0 / 75600, 1.0 / 685440,
        -1.0 / 6894720, 1.0 / 76204800, -1.0 / 918086400, 1.0 / 11975040000,
    };
    return two_over_sqrt_pi * x * polynomial(x * x, c, degree);
}

// exp(t*t)*erfc(t) = w*(polynomial in w), w = 1/(t + 5/2), for 1/2 <= t <= 10.5; relative error 2^-32.9.
DT_INLINE f64x16 scaled_erfc_24(f64x16 t) {
    static const double c[] = {
        1.07496524949892, 0.5309417731796653, 0.19197802320601387, 0.04585986204455865,
        0.004599174227924268, -0.0009877905896589533, -0.0003278988073086447, 2.548610907811816e-05,
        1.9367854133449975e-05, -1.1629220666705485e-06, -1.0514001724755198e-06,
    };
    f64x16 w = 1.0 / (clamp_f64(t, 0.5, 10.5) + 2.5);
    return w * polynomial((w - 0.20512820512820512) * 7.8, c, 10);
}

// The same for 1/2 <= t <= 28, w = 1/(t + 4); relative error 2^-54.6 before rounding.
DT_INLINE f64x16 scaled_erfc_53(f64x16 t) {
    static const double c[] = {
        1.1097094521551207, 0.7626233701824806, 0.4645638577869518, 0.24942978782576403,
        0.11684668469208741, 0.04694498486120609, 0.015692392880128678, 0.004105766497798063,
        0.0007122500132630582, 1.9119795574575475e-05, -3.261645817776536e-05, -9.15429865956392e-06,
        -5.86949041730311e-09, 5.954075582015874e-07, 1.0082521761851873e-07, -2.8324400034808056e-08,
        -1.1039846918316144e-08, 1.0874402490225105e-09, 9.3203273451134e-10, -2.810742201413968e-11,
        -5.577531099967744e-11,
    };
    f64x16 w = 1.0 / (clamp_f64(t, 0.5, 28) + 4.0);
    return w * polynomial((w - 0.1267361111111111) * 10.472727272727273, c, 20);
}

DT_INLINE f64x16 erf_24(f64x16 x) {
    f64x16 t = clamp_f64(__builtin_elementwise_abs(x), 0, 10.5);
    f64x16 y = t <= 0.5 ? small_erf(t, 6) : 1.0 - exp_24(-t * t) * scaled_erfc_24(t);
    return __builtin_elementwise_copysign(y, x);
}

DT_INLINE f64x16 erf_53(f64x16 x) {
    f64x16 t = clamp_f64(__builtin_elementwise_abs(x), 0, 28);
    f64x16 y = t <= 0.5 ? small_erf(t, 12) : 1.0 - exp_53(-t * t) * scaled_erfc_53(t);
    return __builtin_elementwise_copysign(y, x);
}

// The normal distribution at a clamped x: Phi(x), with small relative error in the lower tail too, and
// exp(-x*x/2).
typedef struct {
    f64x16 x, cdf, exponential;
} dt_normal;

#define DT_SQRT_HALF 0x1.6a09e667f3bcdp-1
#define DT_PHI_OF_0 0x1.9884533d43651p-2  // 1/sqrt(2 pi)

// From t = |x|/sqrt(2), erf(t) where t is small, and erfc(t) elsewhere.
DT_INLINE f64x16 cdf_from_parts(f64x16 x, f64x16 t, f64x16 erf_t, f64x16 erfc_t) {
    f64x16 upper = t <= 0.5 ? 0.5 - 0.5 * erf_t : 0.5 * erfc_t;
    return x < 0.0 ? upper : 1.0 - upper;
}

DT_INLINE dt_normal normal_24(f64x16 x) {
    x = clamp_f64(x, -40, 40);
    f64x16 t = __builtin_elementwise_abs(x) * DT_SQRT_HALF, e = exp_24(-0.5 * x * x);
    return (dt_normal){x, cdf_from_parts(x, t, small_erf(t, 6), e * scaled_erfc_24(t)), e};
}

DT_INLINE dt_normal normal_53(f64x16 x) {
    x = clamp_f64(x, -40, 40);
    f64x16 t = __builtin_elementwise_abs(x) * DT_SQRT_HALF;
    f64x16 head = bits_to_f64(f64_to_bits(x) & (u64x16)0xFFFFFFFFF8000000u);  // 26 bits: its square is exact
    f64x16 e = exp_sum_53(-0.5 * head * head, -0.5 * (x - head) * (x + head));
    return (dt_normal){x, cdf_from_parts(x, t, small_erf(t, 12), e * scaled_erfc_53(t)), e};
}

// x*Phi(x). Below -40 it is -0, for -infinity too.
DT_INLINE f64x16 gelu_from_normal(f64x16 x, dt_normal normal) {
    return (x < normal.x ? normal.x : x) * normal.cdf;
}

// Phi(x) + x*phi(x). Near its zero at -0.7518 the terms cancel: the error is relative to them.
DT_INLINE f64x16 gelu_slope_from_normal(dt_normal normal) {
    return normal.cdf + normal.x * (DT_PHI_OF_0 * normal.exponential);
}

DT_INLINE f64x16 gelu_24(f64x16 x) { return gelu_from_normal(x, normal_24(x)); }
DT_INLINE f64x16 gelu_53(f64x16 x) { return gelu_from_normal(x, normal_53(x)); }
DT_INLINE f64x16 gelu_slope_24(f64x16 x) { return gelu_slope_from_normal(normal_24(x)); }
DT_INLINE f64x16 gelu_slope_53(f64x16 x) { return gelu_slope_from_normal(normal_53(x)); }

#endif

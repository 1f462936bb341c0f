// exp, log, tanh, sigmoid, erf, the normal distribution, sine, cosine and powers, on 16 lanes of Float64.
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

// ---- sine and cosine ----

// x = n*pi/2 + rest, |rest| below pi/4 and a little; the two low bits of quadrant are those of n.
typedef struct {
    f64x16 rest;
    u64x16 quadrant;
} dt_angle;

// Up to here multiples of pi/2 in parts of 33 bits are exact; n has 20 bits.
#define DT_NEAR_ANGLE 1e6

// The upper 64 of the 128 bits of a and b, `shift` < 64 bits further on.
DT_INLINE uint64_t bits_from(uint64_t a, uint64_t b, int shift) {
    return (uint64_t)(((unsigned __int128)a << 64 | b) << shift >> 64);
}

// The reduction of one finite x, DT_NEAR_ANGLE < |x|: x = m*2^e with an integer m. Bits of 2/pi before `start` make
// multiples of 4, and those 192 bits further on no difference.
static __attribute__((noinline)) void reduce_far_angle(double x, double *rest, uint64_t *quadrant) {
    // 2/pi behind 64 zeros.
    static const uint64_t two_over_pi[] = {
        0x0000000000000000u, 0xA2F9836E4E441529u, 0xFC2757D1F534DDC0u, 0xDB6295993C439041u, 0xFE5163ABDEBBC561u,
        0xB7246E3A424DD2E0u, 0x06492EEA09D1921Cu, 0xFE1DEB1CB129A73Eu, 0xE88235F52EBB4484u, 0xE99C7026B45F7E41u,
        0x3991D639835339F4u, 0x9C845F8BBDF9283Bu, 0x1FF897FFDE05980Fu, 0xEF2F118B5A0A6D1Fu, 0x6D367ECF27CB09B7u,
        0x4F463F669E5FEA2Du, 0x7527BAC7EBE5F17Bu, 0x3D0739F78A5292EAu, 0x6BFB5FB11F8D5D08u, 0x56033046FC7B6BABu,
    };
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t m = (bits & 0xFFFFFFFFFFFFFu) | 0x10000000000000u;
    const int e = (int)(bits >> 52 & 0x7FF) - 1075, start = e + 62, shift = start % 64;
    const uint64_t *w = two_over_pi + start / 64;
    const unsigned __int128 low = (unsigned __int128)m * bits_from(w[2], w[3], shift);
    const unsigned __int128 middle = (unsigned __int128)m * bits_from(w[1], w[2], shift) + (uint64_t)(low >> 64);
    // x*2/pi modulo 4 in units of 2^-126.
    const unsigned __int128 turns = ((unsigned __int128)(m * bits_from(w[0], w[1], shift)) << 64) + middle;
    const __int128 part = (__int128)(turns << 2);  // behind the point, from -1/2 to 1/2 in units of 2^-128
    const uint64_t n = (uint64_t)(turns >> 126) + (part < 0);
    const double r = (double)part * 0x1p-128 * 0x1.921fb54442d18p+0;
    *rest = x < 0 ? -r : r;
    *quadrant = x < 0 ? -n : n;
}

// Puts the lanes of `near` right whose x is too far away for it.
DT_INLINE dt_angle with_far_angles(f64x16 x, dt_angle near) {
    const f64x16 size = __builtin_elementwise_abs(x);
    const i64x16 far = (size > DT_NEAR_ANGLE) & (size < __builtin_inf());
    if (!__builtin_reduce_or(far)) { return near; }
    double rest[DT_LANES];
    uint64_t quadrant[DT_LANES];
    memcpy(rest, &near.rest, sizeof rest);
    memcpy(quadrant, &near.quadrant, sizeof quadrant);
    for (int i = 0; i < DT_LANES; i++) {
        if (far[i]) { reduce_far_angle(x[i], rest + i, quadrant + i); }
    }
    memcpy(&near.rest, rest, sizeof rest);
    memcpy(&near.quadrant, quadrant, sizeof quadrant);
    return near;
}

DT_INLINE dt_angle reduce_angle_24(f64x16 x) {
    const f64x16 rounded = x * 0x1.45f306dc9c883p-1 + DT_ROUNDER, n = rounded - DT_ROUNDER;
    const f64x16 rest = (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
    return with_far_angles(x, (dt_angle){rest, f64_to_bits(rounded)});
}

// Where a difference is so small that its relative error would count, it is exact, down to the last part.
DT_INLINE dt_angle reduce_angle_53(f64x16 x) {
    const f64x16 rounded = x * 0x1.45f306dc9c883p-1 + DT_ROUNDER, n = rounded - DT_ROUNDER;
    const f64x16 two = (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34;
    const f64x16 rest = (two - n * 0x1.3198a2ep-69) - n * 0x1.b839a252049c1p-104;
    return with_far_angles(x, (dt_angle){rest, f64_to_bits(rounded)});
}

// The sine of an angle in its quadrant from Taylor sums in z = rest*rest of so many terms. On |rest| < pi/4 they leave
// out: 5 terms less than 2^-32, 8 less than 2^-56.
DT_INLINE f64x16 sine_of_angle(dt_angle angle, int terms) {
    static const double odd[] = {
        -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000,
        1.0 / 355687428096000,
    };
    static const double even[] = {
        -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200,
        1.0 / 20922789888000,
    };
    const f64x16 r = angle.rest, z = r * r;
    const f64x16 sine = r + r * z * polynomial(z, odd, terms - 1), cosine = 1.0 + z * polynomial(z, even, terms - 1);
    const f64x16 y = (i64x16)((angle.quadrant & 1u) != 0) ? cosine : sine;
    return bits_to_f64(f64_to_bits(y) ^ (angle.quadrant & 2u) << 62);
}

DT_INLINE dt_angle quarter_ahead(dt_angle angle) { return (dt_angle){angle.rest, angle.quadrant + 1u}; }

// The sine of -0 is -0.
DT_INLINE f64x16 sin_24(f64x16 x) { return x == 0.0 ? x : sine_of_angle(reduce_angle_24(x), 5); }
DT_INLINE f64x16 sin_53(f64x16 x) { return x == 0.0 ? x : sine_of_angle(reduce_angle_53(x), 8); }
DT_INLINE f64x16 cos_24(f64x16 x) { return sine_of_angle(quarter_ahead(reduce_angle_24(x)), 5); }
DT_INLINE f64x16 cos_53(f64x16 x) { return sine_of_angle(quarter_ahead(reduce_angle_53(x)), 8); }

// ---- powers ----

// The nearest integer of x >= 0.
DT_INLINE f64x16 nearest_integer(f64x16 x) { return x < 0x1p52 ? (x + 0x1p52) - 0x1p52 : x; }

// x^y by the rules of C's pow, from |x|^y for finite x other than 0.
DT_INLINE f64x16 power_edges(f64x16 x, f64x16 y, f64x16 inside) {
    const f64x16 zero = 0.0, one = 1.0, infinity = __builtin_inf();
    const f64x16 size = __builtin_elementwise_abs(x), exponent = __builtin_elementwise_abs(y);
    f64x16 power = inside;
    power = size == 0.0 ? (y < 0.0 ? infinity : zero) : power;
    power = size == __builtin_inf() ? (y < 0.0 ? zero : infinity) : power;
    power = size == 1.0 ? one : power;
    const i64x16 is_integer = nearest_integer(exponent) == exponent;
    const i64x16 is_odd = is_integer & (nearest_integer(exponent * 0.5) != exponent * 0.5);
    const i64x16 has_sign = (i64x16)f64_to_bits(x) < 0;
    power = (has_sign & is_odd) ? -power : power;
    power = ((x < 0.0) & (x > -__builtin_inf()) & ~is_integer) ? (f64x16)__builtin_nan("") : power;
    power = ((x != x) | (y != y)) ? x + y : power;
    return ((y == 0.0) | (x == 1.0)) ? one : power;
}

// The logarithm errs by less than 2^-44 of itself and is at most 104 where the result is neither 0 nor infinite.
DT_INLINE f64x16 power_24(f64x16 x, f64x16 y) {
    return power_edges(x, y, exp_24(y * log_normal(__builtin_elementwise_abs(x), 7)));
}

// A sum of two numbers, the second far smaller than the first.
typedef struct {
    f64x16 high, low;
} dt_double_f64;

// The upper 26 bits: a product with another number's upper or lower bits is exact.
DT_INLINE f64x16 head_f64(f64x16 x) { return bits_to_f64(f64_to_bits(x) & (u64x16)0xFFFFFFFFF8000000u); }

// a*b - product, but for 2^-105 of it, where product = a*b nearly.
DT_INLINE f64x16 product_rest(f64x16 a, f64x16 b, f64x16 product) {
    const f64x16 a_head = head_f64(a), b_head = head_f64(b), a_tail = a - a_head, b_tail = b - b_head;
    return (((a_head * b_head - product) + a_head * b_tail) + a_tail * b_head) + a_tail * b_tail;
}

// log(x) as log_normal takes it, for any finite x > 0, with a relative error of about 2^-59: s and n ln 2 are sums of
// two numbers, and the rest of the sum in s is below 2^-6 of it.
DT_INLINE dt_double_f64 double_log(f64x16 x) {
    static const double c[] = {
        2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21,
    };
    const uint64_t sqrt_half = 0x3FE6A09E667F3BCDu, one = 0x3FF0000000000000u;
    const i64x16 subnormal = x < 0x1p-1022;
    const u64x16 bits = f64_to_bits(subnormal ? x * 0x1p54 : x), exponent = bits - sqrt_half + one;
    const f64x16 m = bits_to_f64(bits - (exponent & (u64x16)0xFFF0000000000000u) + one);
    f64x16 n = bits_to_f64((exponent >> 52) | (u64x16)0x4330000000000000u) - (0x1p52 + 1023);
    n = subnormal ? n - 54.0 : n;
    const f64x16 above = m - 1.0, below = m + 1.0, below_rest = m - (below - 1.0), s = above / below;
    const f64x16 product = s * below;
    const f64x16 s_rest = (((above - product) - product_rest(s, below, product)) - s * below_rest) / below;
    const f64x16 z = s * s, tail = s * z * polynomial(z, c, 9);
    const f64x16 first = n * 0x1.62e42feep-1, sum = first + 2.0 * s;
    const f64x16 rest = (2.0 * s - (sum - first)) + (2.0 * s_rest * (1.0 + z) + (tail + n * 0x1.a39ef35793c76p-33));
    const f64x16 high = sum + rest;
    return (dt_double_f64){high, rest - (high - sum)};
}

// The error is about 2^-59 of y log(x): a few 2^-53 where the result is of moderate size, below 2^-49 at both ends.
DT_INLINE f64x16 power_53(f64x16 x, f64x16 y) {
    const dt_double_f64 log = double_log(__builtin_elementwise_abs(x));
    // Beyond this every power but those of 1 is 0 or infinite.
    const f64x16 exponent = clamp_f64(y, -0x1p70, 0x1p70), product = exponent * log.high;
    const f64x16 rest = product_rest(exponent, log.high, product) + exponent * log.low;
    const i64x16 is_moderate = __builtin_elementwise_abs(product) < 800.0;
    return power_edges(x, y, exp_sum_53(product, is_moderate ? rest : (f64x16)0.0));
}

#endif

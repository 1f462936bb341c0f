// Numbers rounded to bfloat16: the upper 16 bits of a Float32, so eight significant bits.
//
// Rounding is to the nearest, ties to even. Infinities stay, NaN stays NaN, and finite values that round beyond the
// largest bfloat16 become infinite.
//
// In sums of gradients values stand as Float32 whose lower 16 bits are zero. The sum of two such values is formed in
// Float32 and rounded. Float32's 24 significant bits are more than 2*8 + 2, so that rounding twice gives the bfloat16
// nearest to the true sum.
#ifndef DTRAIN_KERNELS_BFLOAT16_H
#define DTRAIN_KERNELS_BFLOAT16_H

#include "common.h"
#include "parameters.h"

typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));
typedef u16x16 u16x16_unaligned __attribute__((aligned(2), may_alias));

DT_INLINE f32x16 bfloat16_rounded(f32x16 v) {
    const u32x16 bits = f32_to_bits(v);
    // Half a unit, less where the kept part is even: a carry runs on into the exponent as it should.
    const u32x16 nearest = bits + (0x7FFFu + ((bits >> 16) & 1u));
    // The carry would make some NaNs infinite or zero: they keep their upper half and become quiet.
    const u32x16 quiet = bits | 0x00400000u;
    const u32x16 is_nan = (u32x16)(v != v);
    return bits_to_f32(((nearest & ~is_nan) | (quiet & is_nan)) & 0xFFFF0000u);
}

// ---- one value stored as its upper half ----

DT_INLINE float bfloat16_one_widened(uint16_t v) {
    const uint32_t bits = (uint32_t)v << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

DT_INLINE uint16_t bfloat16_one_rounded(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    const uint32_t nearest = bits + (0x7FFFu + ((bits >> 16) & 1u)), quiet = bits | 0x00400000u;
    return (uint16_t)((v != v ? quiet : nearest) >> 16);
}

// ---- sixteen values stored as their upper halves; the partial forms touch elements 0 ..< count, count < 16 ----

DT_INLINE f32x16 bfloat16_widened(u16x16 v) { return bits_to_f32(__builtin_convertvector(v, u32x16) << 16); }

// Drops the lower halves, which must be zero unless NaNs may lose their payload.
DT_INLINE u16x16 bfloat16_upper(f32x16 v) { return __builtin_convertvector(f32_to_bits(v) >> 16, u16x16); }

DT_INLINE f32x16 load_bfloat16(const uint16_t *p) { return bfloat16_widened(*(const u16x16_unaligned *)p); }

// The lanes from count on hold those of `rest`.
DT_INLINE f32x16 load_partial_bfloat16(const uint16_t *p, int64_t count, f32x16 rest) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    u16x16 v = 0;
    copy_partial(&v, p, count, sizeof(uint16_t));
    return lane < (int32_t)count ? bfloat16_widened(v) : rest;
}

DT_INLINE void store_bfloat16(uint16_t *p, f32x16 v) {
    *(u16x16_unaligned *)p = bfloat16_upper(bfloat16_rounded(v));
}

DT_INLINE void store_partial_bfloat16(uint16_t *p, f32x16 v, int64_t count) {
    const u16x16 upper = bfloat16_upper(bfloat16_rounded(v));
    copy_partial(p, &upper, count, sizeof(uint16_t));
}

static void round_bfloat16(int64_t count, float *x) {
#define ROUND_STEP(i, lanes) \
    parameters_store(x + (i), bfloat16_rounded(parameters_load(x + (i), lanes)), lanes)
    PARAMETERS_WALK(count, ROUND_STEP);
#undef ROUND_STEP
}

static void add_bfloat16(int64_t count, const float *a, const float *b, float *out) {
#define ADD_STEP(i, lanes)                                                            \
    do {                                                                              \
        const f32x16 left_ = bfloat16_rounded(parameters_load(a + (i), lanes));       \
        const f32x16 right_ = bfloat16_rounded(parameters_load(b + (i), lanes));      \
        parameters_store(out + (i), bfloat16_rounded(left_ + right_), lanes);         \
    } while (0)
    PARAMETERS_WALK(count, ADD_STEP);
#undef ADD_STEP
}

// Works in place in both directions: each turn reads its sixteen values before it writes, and writes only over what
// this turn or an earlier one has read.
static void to_bf16(int64_t count, const float *x, uint16_t *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_bfloat16(y + i, load_f32(x + i)); }
    if (i < count) { store_partial_bfloat16(y + i, load_partial_f32(x + i, count - i, 0.0f), count - i); }
}

static void from_bf16(int64_t count, const uint16_t *x, float *y) {
    int64_t i = 0;
    for (; i + DT_LANES <= count; i += DT_LANES) { store_f32(y + i, load_bfloat16(x + i)); }
    if (i < count) { store_partial_f32(y + i, load_partial_bfloat16(x + i, count - i, 0.0f), count - i); }
}

#endif

// Activations as a call stores them: Float32, or bfloat16, which is widened when it is read and rounded once when a
// result is stored.
//
// Places count elements. `bfloat16` is a literal wherever a kernel's body is called, so that each body is compiled for
// either way of storing and no loop asks.
//
// Two neighbours stored as bfloat16 are the halves of a 32-bit word, so a shift and a mask make a vector of the even
// places and one of the odd places, where widening in order moves lanes across a register. Maps work on such *pairs* of
// 32 elements. Sums add the same elements lane by lane whatever the order of lanes: they take sixteen elements at a
// time, *split*, the even places in front.
#ifndef DTRAIN_KERNELS_ACTIVATION_H
#define DTRAIN_KERNELS_ACTIVATION_H

#include "common.h"
#include "bfloat16.h"

typedef float f32x8 __attribute__((ext_vector_type(8)));
typedef uint32_t u32x8 __attribute__((ext_vector_type(8)));
typedef uint16_t u16x32 __attribute__((ext_vector_type(32)));

// The bytes of `count` elements.
DT_INLINE size_t stored_bytes(int64_t count, bool bfloat16) {
    return (size_t)count * (bfloat16 ? sizeof(uint16_t) : sizeof(float));
}

DT_INLINE const void *stored_at(const void *p, int64_t at, bool bfloat16) {
    return (const char *)p + stored_bytes(at, bfloat16);
}

// ---- sixteen elements in order ----

DT_INLINE f32x16 load_stored(const void *p, int64_t at, bool bfloat16) {
    return bfloat16 ? load_bfloat16((const uint16_t *)p + at) : load_f32((const float *)p + at);
}

// The first `count` of them, count < 16, and lanes of `rest` behind.
DT_INLINE f32x16 load_stored_partial(const void *p, int64_t at, int64_t count, f32x16 rest, bool bfloat16) {
    if (bfloat16) { return load_partial_bfloat16((const uint16_t *)p + at, count, rest); }
    copy_partial(&rest, (const float *)p + at, count, sizeof(float));
    return rest;
}

DT_INLINE float load_stored_one(const void *p, int64_t at, bool bfloat16) {
    return bfloat16 ? bfloat16_one_widened(((const uint16_t *)p)[at]) : ((const float *)p)[at];
}

DT_INLINE void store_stored(void *p, int64_t at, f32x16 v, bool bfloat16) {
    if (bfloat16) {
        store_bfloat16((uint16_t *)p + at, v);
    } else {
        store_f32((float *)p + at, v);
    }
}

DT_INLINE void store_stored_partial(void *p, int64_t at, f32x16 v, int64_t count, bool bfloat16) {
    if (bfloat16) {
        store_partial_bfloat16((uint16_t *)p + at, v, count);
    } else {
        store_partial_f32((float *)p + at, v, count);
    }
}

// ---- pairs, stored as bfloat16 ----

#define DT_PAIR (2 * DT_LANES)

typedef struct {
    f32x16 even, odd;
} f32_pair;

DT_INLINE u16x32 load_pair_elements(const void *p, int64_t at) {
    u16x32 v;
    memcpy(&v, (const uint16_t *)p + at, sizeof v);
    return v;
}

DT_INLINE void store_pair_elements(void *p, int64_t at, u16x32 v) { memcpy((uint16_t *)p + at, &v, sizeof v); }

DT_INLINE f32_pair pair_widened(u16x32 elements) {
    u32x16 words;
    memcpy(&words, &elements, sizeof words);
    return (f32_pair){bits_to_f32(words << 16), bits_to_f32(words & 0xFFFF0000u)};
}

DT_INLINE f32_pair load_pair(const void *p, int64_t at) { return pair_widened(load_pair_elements(p, at)); }

// Rounds as bfloat16_rounded does, all 32 at once, but does not look for NaN: lower halves of NaNs must be zero, and so
// rounding leaves them alone. In results of arithmetic on widened values they are, because an operation returns the NaN
// that it was given or one without payload. Other operands go through payload_cleared first.
DT_INLINE void store_pair(void *p, int64_t at, f32_pair v) {
    const u32x16 even = f32_to_bits(v.even), odd = f32_to_bits(v.odd);
    const u32x16 upper_words = (odd & 0xFFFF0000u) | (even >> 16), lower_words = (odd << 16) | (even & 0xFFFFu);
    u16x32 upper, lower;
    memcpy(&upper, &upper_words, sizeof upper);
    memcpy(&lower, &lower_words, sizeof lower);
    // Above a half rounds up; a half does too where the kept part is odd.
    const u16x32 rounds_up = (u16x32)((lower | (upper & (uint16_t)1)) > (uint16_t)0x8000);
    store_pair_elements(p, at, upper - rounds_up);
}

DT_INLINE f32x16 payload_cleared(f32x16 v) { return v != v ? (f32x16)__builtin_nanf("") : v; }

// What a pair's lanes have of sixteen lanes that repeat.
DT_INLINE f32x16 even_lanes(f32x16 v) {
    return __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
}

DT_INLINE f32x16 odd_lanes(f32x16 v) {
    return __builtin_shufflevector(v, v, 1, 3, 5, 7, 9, 11, 13, 15, 1, 3, 5, 7, 9, 11, 13, 15);
}

// ---- sixteen elements as sums take them: split if stored as bfloat16, lane k then holds place 2k and lane 8 + k
// place 2k + 1 ----

DT_INLINE f32x16 split_lanes(f32x16 v) {
    return __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
}

// Elements stored as bfloat16, split.
DT_INLINE f32x16 split_widened(u16x16 elements) {
    u32x8 words;
    memcpy(&words, &elements, sizeof words);
    const u32x8 even = words << 16, odd = words & 0xFFFF0000u;
    return bits_to_f32(__builtin_shufflevector(even, odd, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// `count` elements stored as bfloat16, at most sixteen and zeros behind them, and the way back.
DT_INLINE u16x16 load_elements(const void *p, int64_t at, int64_t count) {
    u16x16 v = 0;
    if (count >= DT_LANES) { return *(const u16x16_unaligned *)((const uint16_t *)p + at); }
    copy_partial(&v, (const uint16_t *)p + at, count, sizeof(uint16_t));
    return v;
}

DT_INLINE void store_elements(void *p, int64_t at, u16x16 v, int64_t count) {
    if (count >= DT_LANES) {
        *(u16x16_unaligned *)((uint16_t *)p + at) = v;
    } else {
        copy_partial((uint16_t *)p + at, &v, count, sizeof(uint16_t));
    }
}

DT_INLINE f32x16 load_summands(const void *p, int64_t at, bool bfloat16) {
    if (!bfloat16) { return load_f32((const float *)p + at); }
    return split_widened(load_elements(p, at, DT_LANES));
}

// The first `count` of them, count < 16, and `rest`, in order of places, behind.
DT_INLINE f32x16 load_summands_partial(const void *p, int64_t at, int64_t count, f32x16 rest, bool bfloat16) {
    const f32x16 v = load_stored_partial(p, at, count, rest, bfloat16);
    return bfloat16 ? split_lanes(v) : v;
}

// The front and the back half of a pair.
DT_INLINE f32x16 front_summands(f32x16 even, f32x16 odd) {
    return __builtin_shufflevector(even, odd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

DT_INLINE f32x16 back_summands(f32x16 even, f32x16 odd) {
    return __builtin_shufflevector(even, odd, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

// Lanes in order of places as the lanes of summands.
DT_INLINE f32x16 summand_lanes(f32x16 v, bool bfloat16) { return bfloat16 ? split_lanes(v) : v; }

// The way back for their sums.
DT_INLINE f64x16 place_lanes(f64x16 v, bool bfloat16) {
    if (!bfloat16) { return v; }
    return __builtin_shufflevector(v, v, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

#endif

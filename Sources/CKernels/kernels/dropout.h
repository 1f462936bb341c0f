// dropout and its mask: eight Philox counters at a time, four elements each.
#ifndef DTRAIN_KERNELS_DROPOUT_H
#define DTRAIN_KERNELS_DROPOUT_H

#include "common.h"
#include "activation.h"

#define DT_COUNTERS 8
typedef uint64_t u64x8 __attribute__((ext_vector_type(8)));

// A 64-bit lane per counter and word, of which only the low half counts. A multiplication of 32 by 32 to 64 bits reads
// and writes such lanes, so that no lane ever moves between rounds.
typedef struct {
    u64x8 word[4];
} dt_philox_vector;

DT_INLINE dt_philox_vector philox_vector(dt_philox_key key, dt_philox_vector counter) {
    const u64x8 low = 0xFFFFFFFFu;
    uint32_t k0 = key.word[0], k1 = key.word[1];
    u64x8 c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        u64x8 p0 = (c0 & low) * 0xD2511F53u, p1 = (c2 & low) * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ (u64x8)(uint64_t)k0;
        c2 = (p0 >> 32) ^ c3 ^ (u64x8)(uint64_t)k1;
        c1 = p1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (dt_philox_vector){{c0, c1, c2, c3}};
}

// The words of 8 consecutive blocks in element order: block 0 word 0, 1, 2, 3, block 1 word 0, ...
DT_INLINE void philox_words(dt_philox_key key, uint32_t group, uint32_t tag, int64_t example,
                            u32x16 words[2]) {
    const u64x8 step = {0, 1, 2, 3, 4, 5, 6, 7};
    dt_philox_vector c = {{
        step + (uint64_t)group, (u64x8)(uint64_t)tag, (u64x8)((uint64_t)example & 0xFFFFFFFFu),
        (u64x8)((uint64_t)example >> 32),
    }};
    dt_philox_vector r = philox_vector(key, c);
    const u64x8 low = 0xFFFFFFFFu;
    u64x8 first = (r.word[0] & low) | r.word[1] << 32, second = (r.word[2] & low) | r.word[3] << 32;
    u64x8 left = __builtin_shufflevector(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
    u64x8 right = __builtin_shufflevector(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the words of a pair are laid out for little-endian processors"
#endif
    memcpy(&words[0], &left, sizeof left);
    memcpy(&words[1], &right, sizeof right);
}

// A word is kept from the threshold on.
typedef struct {
    uint32_t threshold;
    f32x16 scale;
} dropout_keep;

DT_INLINE dropout_keep dropout_keep_of(float rate) {
    // For an integer word, word >= rate*2^32 is word >= the product rounded up, which is exact in Float64.
    const double product = (double)rate * 0x1p32;
    if (!(product < 0x1p32)) { return (dropout_keep){0, 0.0f}; }
    const uint64_t whole = product <= 0 ? 0 : (uint64_t)product;
    return (dropout_keep){(uint32_t)(whole + ((double)whole < product ? 1 : 0)), (float)(1.0 / (1.0 - (double)rate))};
}

// y = mask, or x*mask if x is not NULL.
DT_INLINE void dropout_rows(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n,
                            int64_t width, float rate, const void *x, bool bfloat16, void *y) {
    const dropout_keep keep = dropout_keep_of(rate);

    for (int64_t i = 0; i < n; i++) {
        for (int64_t e = 0; e < width; e += 4 * DT_COUNTERS) {
            u32x16 words[2];
            philox_words(key, (uint32_t)(e / 4), tag, examples[i], words);
            for (int half = 0; half < 2; half++) {
                int64_t start = e + half * DT_LANES, count = width - start;
                f32x16 mask = words[half] >= keep.threshold ? keep.scale : (f32x16)0.0f;
                const int64_t at = i * width + start;
                if (count >= DT_LANES) {
                    store_stored(y, at, x ? load_stored(x, at, bfloat16) * mask : mask, bfloat16);
                } else if (count > 0) {
                    f32x16 v = x ? load_stored_partial(x, at, count, 0.0f, bfloat16) * mask : mask;
                    store_stored_partial(y, at, v, count, bfloat16);
                }
            }
        }
    }
}

static void dropout_mask(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width,
                         float rate, float *mask) {
    dropout_rows(key, tag, examples, n, width, rate, NULL, false, mask);
}

static void dropout(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width,
                    float rate, const float *x, float *y) {
    dropout_rows(key, tag, examples, n, width, rate, x, false, y);
}

static void dropout_bf16(dt_philox_key key, uint32_t tag, const int64_t *examples, int64_t n, int64_t width,
                         float rate, const uint16_t *x, uint16_t *y) {
    dropout_rows(key, tag, examples, n, width, rate, x, true, y);
}

#endif

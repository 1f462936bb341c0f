// A hash of 64 bits over the bits of a block of elements: whether two copies of it are the same.
//
// It need not resist an attacker, but must never miss a single fault, and must run as fast as memory is read. Four
// vectors of 16 lanes take elements in turn, as chains of steps h = rotl(h, 13) ^ x times an odd number. A step is
// invertible in each of its two arguments, and so are the folds after it: one changed element, in whichever bits,
// changes its lane, and one changed lane changes the hash, always. Several changed elements are missed with a
// probability of at most 2^-32.
#ifndef DTRAIN_KERNELS_HASH_H
#define DTRAIN_KERNELS_HASH_H

#include "common.h"

enum { HASH_CHAINS = 4 };

typedef u32x16 u32x16_unaligned __attribute__((aligned(4), may_alias));

DT_INLINE u32x16 hash_step(u32x16 h, u32x16 x) {
    return ((h << 13 | h >> 19) ^ x) * 0x9E3779B1u;
}

DT_INLINE uint64_t hash_finish(uint64_t h) {
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 27) * 0x94D049BB133111EBu;
    return h ^ h >> 31;
}

static uint64_t hash_block(int64_t count, const float *x) {
    const u32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    u32x16 chains[HASH_CHAINS];
    for (int c = 0; c < HASH_CHAINS; c++) { chains[c] = (lanes + (uint32_t)(16 * c + 1)) * 0x85EBCA77u; }
    int64_t i = 0;
    for (; i + HASH_CHAINS * DT_LANES <= count; i += HASH_CHAINS * DT_LANES) {
        for (int c = 0; c < HASH_CHAINS; c++) {
            chains[c] = hash_step(chains[c], *(const u32x16_unaligned *)(x + i + c * DT_LANES));
        }
    }
    for (int c = 0; i < count; i += DT_LANES, c++) {
        u32x16 rest = 0;
        if (i + DT_LANES <= count) {
            rest = *(const u32x16_unaligned *)(x + i);
        } else {
            copy_partial(&rest, x + i, count - i, sizeof(float));
        }
        chains[c] = hash_step(chains[c], rest);
    }
    u32x16 folded = chains[0];
    for (int c = 1; c < HASH_CHAINS; c++) { folded = hash_step(folded, chains[c]); }
    folded = (folded ^ folded >> 15) * 0x2C1B3C6Du;
    // The last vectors are filled up with zeros; the count tells how many elements there are.
    uint64_t h = (uint64_t)count * 0x9E3779B97F4A7C15u;
    for (int lane = 0; lane < DT_LANES; lane += 2) {
        const uint64_t pair = (uint64_t)folded[lane] | (uint64_t)folded[lane + 1] << 32;
        h = ((h << 29 | h >> 35) ^ pair) * 0x9E3779B97F4A7C15u;
    }
    return hash_finish(h);
}

#endif

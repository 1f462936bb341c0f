// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a counter-based
// generator. Four 32-bit words per (key, counter), no state.
#ifndef DTRAIN_PHILOX_H
#define DTRAIN_PHILOX_H

#include <stdint.h>

typedef struct {
    uint32_t word[2];
} dt_philox_key;

typedef struct {
    uint32_t word[4];
} dt_philox_block;

static inline dt_philox_block dt_philox(dt_philox_key key, dt_philox_block counter) {
    uint32_t k0 = key.word[0], k1 = key.word[1];
    uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    dt_philox_block result = {{c0, c1, c2, c3}};
    return result;
}

#endif

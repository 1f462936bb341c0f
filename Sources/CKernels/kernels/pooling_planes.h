// Pooling of elements stored in one way. pooling.h includes this twice, with POOL_BFLOAT16 defined as 0 and as 1.

#include "pooling_stored.h"

#define POOL_LANES 16
#include "pooling_vectors.h"
#include "pooling_blocked.h"
#undef POOL_LANES
#define POOL_LANES 8
#include "pooling_vectors.h"
#include "pooling_blocked.h"
#undef POOL_LANES
#include "pooling_plain.h"

POOL_APART void POOL_ALL(max_pool)(const POOL_ELEMENT *x, dt_activation l, dt_window w, POOL_ELEMENT *y,
                                   uint8_t *indices) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const POOL_ELEMENT *in = x + i * planes.input;
        POOL_ELEMENT *out = y + i * planes.output;
        uint8_t *taps = indices + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                POOL_OF(max_pool_pairs, 16)(in, w, out, taps);
            } else {
                POOL_OF(max_pool_window, 16)(in, w, out, taps);
            }
        } else if (l.block == 8) {
            if (pairs) {
                POOL_OF(max_pool_pairs, 8)(in, w, out, taps);
            } else {
                POOL_OF(max_pool_window, 8)(in, w, out, taps);
            }
        } else if (pairs) {
            POOL_OF(max_pool_pairs, 1)(in, w, out, taps);
        } else if (l.block == 1) {
            POOL_OF(max_pool_channel, 1)(in, w, 1, out, taps);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                POOL_OF(max_pool_channel, 1)(in + k, w, l.block, out + k, taps + k);
            }
        }
    }
}

POOL_APART void POOL_ALL(max_pool_scatter)(const POOL_ELEMENT *dy, const uint8_t *indices, dt_activation l,
                                           dt_window w, POOL_ELEMENT *dx) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    const pool_offsets offsets = pool_offsets_of(w);
    for (int64_t i = 0; i < planes.count; i++) {
        const POOL_ELEMENT *in = dy + i * planes.output;
        const uint8_t *taps = indices + i * planes.output;
        POOL_ELEMENT *out = dx + i * planes.input;
        // Plane by plane, so that the zeros are still in cache when they are added to.
        if (!pairs && !POOL_BFLOAT16) { memset(out, 0, (size_t)planes.input * sizeof(float)); }
        if (l.block == 16) {
            if (pairs) {
                POOL_OF(max_pool_scatter_pairs, 16)(in, taps, w, out);
            } else {
                POOL_OF(max_pool_scatter_window, 16)(in, taps, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                POOL_OF(max_pool_scatter_pairs, 8)(in, taps, w, out);
            } else {
                POOL_OF(max_pool_scatter_window, 8)(in, taps, w, out);
            }
        } else if (pairs) {
            POOL_OF(max_pool_scatter_pairs, 1)(in, taps, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                POOL_OF(max_pool_scatter_channel, 1)(in + k, taps + k, &offsets, w, l.block, out + k);
            }
        }
    }
}

POOL_APART void POOL_ALL(max_pool_gather)(const POOL_ELEMENT *x, const uint8_t *indices, dt_activation l, dt_window w,
                                          POOL_ELEMENT *y) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    const pool_offsets offsets = pool_offsets_of(w);
    for (int64_t i = 0; i < planes.count; i++) {
        const POOL_ELEMENT *in = x + i * planes.input;
        const uint8_t *taps = indices + i * planes.output;
        POOL_ELEMENT *out = y + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                POOL_OF(max_pool_gather_pairs, 16)(in, taps, w, out);
            } else {
                POOL_OF(max_pool_gather_window, 16)(in, taps, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                POOL_OF(max_pool_gather_pairs, 8)(in, taps, w, out);
            } else {
                POOL_OF(max_pool_gather_window, 8)(in, taps, w, out);
            }
        } else if (pairs) {
            POOL_OF(max_pool_gather_pairs, 1)(in, taps, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                POOL_OF(max_pool_gather_channel, 1)(in + k, taps + k, &offsets, w, l.block, out + k);
            }
        }
    }
}

POOL_APART void POOL_ALL(average_pool)(const POOL_ELEMENT *x, dt_activation l, dt_window w, POOL_ELEMENT *y) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const POOL_ELEMENT *in = x + i * planes.input;
        POOL_ELEMENT *out = y + i * planes.output;
        if (l.block == 16) {
            if (pairs) {
                POOL_OF(average_pool_pairs, 16)(in, w, out);
            } else {
                POOL_OF(average_pool_window, 16)(in, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                POOL_OF(average_pool_pairs, 8)(in, w, out);
            } else {
                POOL_OF(average_pool_window, 8)(in, w, out);
            }
        } else if (l.block == 1) {
            POOL_OF(average_pool_channel, 1)(in, w, 1, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) { POOL_OF(average_pool_channel, 1)(in + k, w, l.block, out + k); }
        }
    }
}

POOL_APART void POOL_ALL(average_pool_scatter)(const POOL_ELEMENT *dy, dt_activation l, dt_window w, POOL_ELEMENT *dx) {
    const pool_planes planes = pool_planes_of(l, w);
    const bool pairs = pool_in_pairs(l, w);
    for (int64_t i = 0; i < planes.count; i++) {
        const POOL_ELEMENT *in = dy + i * planes.output;
        POOL_ELEMENT *out = dx + i * planes.input;
        if (!pairs && !POOL_BFLOAT16) { memset(out, 0, (size_t)planes.input * sizeof(float)); }
        if (l.block == 16) {
            if (pairs) {
                POOL_OF(average_pool_scatter_pairs, 16)(in, w, out);
            } else {
                POOL_OF(average_pool_scatter_window, 16)(in, w, out);
            }
        } else if (l.block == 8) {
            if (pairs) {
                POOL_OF(average_pool_scatter_pairs, 8)(in, w, out);
            } else {
                POOL_OF(average_pool_scatter_window, 8)(in, w, out);
            }
        } else if (pairs) {
            POOL_OF(average_pool_scatter_pairs, 1)(in, w, out);
        } else {
            for (int64_t k = 0; k < l.block; k++) {
                POOL_OF(average_pool_scatter_channel, 1)(in + k, w, l.block, out + k);
            }
        }
    }
}

#include "pooling_stored_end.h"

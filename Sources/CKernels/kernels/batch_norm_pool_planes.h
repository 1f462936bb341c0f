// Batch norm and max pooling of elements stored in one way. batch_norm_pool.h includes this twice, with POOL_BFLOAT16
// defined as 0 and as 1.

#include "pooling_stored.h"

#define POOL_LANES 16
#include "batch_norm_pool_blocked.h"
#undef POOL_LANES
#define POOL_LANES 8
#include "batch_norm_pool_blocked.h"
#undef POOL_LANES

POOL_APART void POOL_ALL(batch_norm_max_pool)(const POOL_ELEMENT *x, dt_activation l, dt_window w,
                                             const float *coefficients, bool relu, POOL_ELEMENT *y,
                                             uint8_t *indices) {
    if (l.block == 16 && relu) {
        POOL_OF(bnp_max_pool, 16)(x, l, w, coefficients, true, y, indices);
    } else if (l.block == 16) {
        POOL_OF(bnp_max_pool, 16)(x, l, w, coefficients, false, y, indices);
    } else {
        POOL_OF(bnp_max_pool, 8)(x, l, w, coefficients, relu, y, indices);
    }
}

POOL_APART void POOL_ALL(batch_norm_max_pool_gradient_sums)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy,
                                                           const uint8_t *indices, dt_activation l, dt_window w,
                                                           const float *coefficients, bool relu, double *sums) {
    if (l.block == 16 && relu) {
        POOL_OF(bnp_max_pool_sums, 16)(x, dy, indices, l, w, coefficients, true, sums);
    } else if (l.block == 16) {
        POOL_OF(bnp_max_pool_sums, 16)(x, dy, indices, l, w, coefficients, false, sums);
    } else {
        POOL_OF(bnp_max_pool_sums, 8)(x, dy, indices, l, w, coefficients, relu, sums);
    }
}

POOL_APART void POOL_ALL(batch_norm_max_pool_gradient)(const POOL_ELEMENT *x, const POOL_ELEMENT *dy,
                                                      const uint8_t *indices, dt_activation l, dt_window w,
                                                      const float *coefficients, const float *means, bool relu,
                                                      POOL_ELEMENT *dx) {
    if (l.block == 16 && relu) {
        POOL_OF(bnp_max_pool_gradient, 16)(x, dy, indices, l, w, coefficients, means, true, dx);
    } else if (l.block == 16) {
        POOL_OF(bnp_max_pool_gradient, 16)(x, dy, indices, l, w, coefficients, means, false, dx);
    } else {
        POOL_OF(bnp_max_pool_gradient, 8)(x, dy, indices, l, w, coefficients, means, relu, dx);
    }
}

#include "pooling_stored_end.h"

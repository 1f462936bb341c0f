// The kernels for AVX2. FMA is left out on purpose: it would round differently from the other variants.
#include "variants.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define DT_VARIANT_ISA DT_ISA_AVX2
#define DT_VARIANT_TABLE dt_kernels_avx2
#include "kernels/table.h"
#pragma clang attribute pop
#endif

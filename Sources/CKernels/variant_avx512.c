// The kernels for AVX-512. Features are named one by one because `arch=x86-64-v4` would make clang prefer
// 256-bit registers.
#include "variants.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), \
                             apply_to = function)
#define DT_VARIANT_FMA
#define DT_VARIANT_WIDE
#define DT_VARIANT_ISA DT_ISA_AVX512
#define DT_VARIANT_TABLE dt_kernels_avx512
#include "kernels/table.h"
#pragma clang attribute pop
#endif

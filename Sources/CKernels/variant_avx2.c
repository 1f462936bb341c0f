// The kernels for AVX2. Contraction is off, so FMA is used only where a kernel asks for it.
#include "variants.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DT_VARIANT_FMA
#define DT_VARIANT_ISA DT_ISA_AVX2
#define DT_VARIANT_TABLE dt_kernels_avx2
#include "kernels/table.h"
#pragma clang attribute pop
#endif

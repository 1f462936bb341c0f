// The tables that the variant files define; private to this target.
#ifndef DTRAIN_VARIANTS_H
#define DTRAIN_VARIANTS_H

#include "CKernels.h"

extern const dt_kernels dt_kernels_baseline;
#if defined(__x86_64__)
extern const dt_kernels dt_kernels_avx2;
extern const dt_kernels dt_kernels_avx512;
// Puts the products of bfloat16 numbers by the processor's instruction for them into AVX-512's table.
void dt_use_bfloat16_instruction(dt_kernels *table);
#endif

#endif

// The tables that the variant files define; private to this target.
#ifndef DTRAIN_VARIANTS_H
#define DTRAIN_VARIANTS_H

#include "CKernels.h"

extern const dt_kernels dt_kernels_baseline;
#if defined(__x86_64__)
extern const dt_kernels dt_kernels_avx2;
extern const dt_kernels dt_kernels_avx512;
#endif

#endif

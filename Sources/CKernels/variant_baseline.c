// The kernels for any processor of the platform (SSE2 on x86-64).
#include "variants.h"
#include <string.h>

#define DT_VARIANT_ISA DT_ISA_BASELINE
#define DT_VARIANT_TABLE dt_kernels_baseline
#include "kernels/table.h"

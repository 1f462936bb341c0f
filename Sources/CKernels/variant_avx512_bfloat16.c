// The products of bfloat16 operands by AVX-512's own instruction for them, which not every processor with AVX-512 has.
#include "variants.h"
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma"))), \
                             apply_to = function)
#define DT_VARIANT_FMA
#define DT_VARIANT_WIDE
#define DT_VARIANT_BFLOAT16
#include "kernels/dense_bfloat16.h"

void dt_use_bfloat16_instruction(dt_kernels *table) {
    table->dense_forward_bf16 = dense_forward_bf16;
    table->dense_input_gradient_bf16 = dense_input_gradient_bf16;
    table->dense_weight_gradient_bf16 = dense_weight_gradient_bf16;
}
#pragma clang attribute pop
#endif

// Finds the instruction sets that this machine can run, and the table that goes with each.
#include "variants.h"

#if defined(__x86_64__)
#include <cpuid.h>

// The register states the operating system saves on a context switch (XCR0). Only valid where CPUID reports
// OSXSAVE.
static uint64_t saved_register_states(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

dt_isa dt_isa_detect(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) { return DT_ISA_BASELINE; }
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
    if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) { return DT_ISA_BASELINE; }
    // xmm is bit 1, ymm bit 2; the three AVX-512 states (masks, upper zmm halves, zmm16-31) are bits 5 to 7.
    const uint64_t ymm_states = 0x06, zmm_states = 0xE6;
    uint64_t states = saved_register_states();
    if ((states & ymm_states) != ymm_states) { return DT_ISA_BASELINE; }

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) { return DT_ISA_BASELINE; }
    const unsigned avx2 = 1u << 5;
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
    if ((b & avx2) == 0) { return DT_ISA_BASELINE; }
    if ((b & avx512) != avx512 || (states & zmm_states) != zmm_states) { return DT_ISA_AVX2; }
    return DT_ISA_AVX512;
}

bool dt_has_bfloat16(void) {
    unsigned a, b, c, d;
    if (dt_isa_detect() != DT_ISA_AVX512 || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) { return false; }
    const unsigned avx512_bf16 = 1u << 5;
    return (a & avx512_bf16) != 0;
}

// AVX-512's table with the processor's own products of bfloat16 numbers.
static dt_kernels with_instruction;

__attribute__((constructor)) static void make_table_with_instruction(void) {
    with_instruction = dt_kernels_avx512;
    dt_use_bfloat16_instruction(&with_instruction);
}
#else
dt_isa dt_isa_detect(void) { return DT_ISA_BASELINE; }
bool dt_has_bfloat16(void) { return false; }
#endif

const dt_kernels *dt_kernels_for(dt_isa isa) {
#if defined(__x86_64__)
    if (isa == DT_ISA_AVX512 && dt_has_bfloat16()) { return &with_instruction; }
#endif
    return dt_kernels_emulating(isa);
}

const dt_kernels *dt_kernels_emulating(dt_isa isa) {
    if ((int)isa < DT_ISA_BASELINE || isa > dt_isa_detect()) { __builtin_trap(); }
    switch (isa) {
    case DT_ISA_BASELINE: return &dt_kernels_baseline;
#if defined(__x86_64__)
    case DT_ISA_AVX2: return &dt_kernels_avx2;
    case DT_ISA_AVX512: return &dt_kernels_avx512;
#endif
    default: __builtin_trap();
    }
}

const char *dt_isa_name(dt_isa isa) {
    switch (isa) {
    case DT_ISA_BASELINE: return "baseline";
    case DT_ISA_AVX2: return "avx2";
    case DT_ISA_AVX512: return "avx512";
    }
    __builtin_trap();
}

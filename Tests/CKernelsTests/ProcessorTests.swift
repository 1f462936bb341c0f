import CKernels
import Foundation
import Testing

/// What the processor is said to have is what the kernel says of it.
@Suite struct ProcessorTests {
    private static let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
        .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ")

    @Test(.enabled(if: flags != nil, "the kernel tells no flags")) func bfloat16() {
        #expect(dt_has_bfloat16() == (Self.flags?.contains("avx512_bf16") == true))
        if dt_has_bfloat16() { #expect(dt_isa_detect() == DT_ISA_AVX512) }
    }
}

import Foundation

/// What this processor can do, asked without oneDNN, which keeps the instruction set that it is first asked for.
enum Processor {
    /// Whether there is vdpbf16ps. Without it, oneDNN imitates it where there is AVX-512.
    static let hasBFloat16: Bool = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let flags = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        return flags.split(separator: " ").contains("avx512_bf16")
    }()
}

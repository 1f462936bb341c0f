import CKernels
import COneDNN

/// The vector instructions that arithmetic uses. Results have the same bits within one set, not between sets.
public enum InstructionSet: String, Sendable, CaseIterable, Comparable {
    /// The instructions that every x86-64 processor has, or every other processor of its platform.
    case baseline
    case avx2
    case avx512

    /// The place among the sets, 0 for the lowest.
    var level: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    init(level: Int) { self = Self.allCases[min(max(level, 0), Self.allCases.count - 1)] }

    init(_ isa: dt_isa) {
        self = isa == DT_ISA_AVX512 ? .avx512 : isa == DT_ISA_AVX2 ? .avx2 : .baseline
    }

    var kernelLevel: dt_isa {
        switch self {
        case .baseline: DT_ISA_BASELINE
        case .avx2: DT_ISA_AVX2
        case .avx512: DT_ISA_AVX512
        }
    }

    var oneDNNLevel: Int32 {
        switch self {
        case .baseline: Int32(OD_ISA_BASELINE)
        case .avx2: Int32(OD_ISA_AVX2)
        case .avx512: Int32(OD_ISA_AVX512)
        }
    }

    public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.level < b.level }
}

import CKernels
import Testing

/// The vector loops of one instruction set that this machine can run.
struct KernelVariant: CustomTestStringConvertible, @unchecked Sendable {
    /// The table.
    let kernels: UnsafePointer<dt_kernels>

    var testDescription: String { String(cString: dt_isa_name(kernels.pointee.isa)) }

    /// From the baseline up.
    static let all: [KernelVariant] = (0...dt_isa_detect().rawValue).map {
        KernelVariant(kernels: dt_kernels_for(dt_isa(rawValue: $0)))
    }
}

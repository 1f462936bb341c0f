import CKernels
import Testing

/// One table of kernels that this machine can run.
struct KernelVariant: CustomTestStringConvertible, Sendable {
    /// The instruction set of the table.
    let isa: dt_isa

    /// The table itself.
    var table: dt_kernels { dt_kernels_for(isa).pointee }

    var testDescription: String { String(cString: dt_isa_name(isa)) }

    /// The variants this machine can run, from the baseline up.
    static let all: [KernelVariant] = (0...dt_isa_detect().rawValue).map {
        KernelVariant(isa: dt_isa(rawValue: $0))
    }
}

/// Numbers for tests: SplitMix64, so that a failure repeats.
struct TestNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in range, evenly spread.
    mutating func number(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(bits() >> 11) * 0x1p-53
    }

    /// `count` Float32 numbers in range.
    mutating func floats(_ count: Int, _ range: ClosedRange<Double>) -> [Float] {
        (0..<count).map { _ in Float(number(range)) }
    }

    /// `count` Float64 numbers in range.
    mutating func doubles(_ count: Int, _ range: ClosedRange<Double>) -> [Double] {
        (0..<count).map { _ in number(range) }
    }
}

/// An array of `count` elements that `body` writes, filled with NaN before so that an unwritten element
/// shows; one more element behind it must still be NaN afterwards.
func written(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    var y = [Float](repeating: .nan, count: count + 1)
    y.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { body(base) }
    }
    #expect(y[count].isNaN, "wrote past the end of \(count) elements")
    return Array(y.prefix(count))
}

/// The same for Float64.
func writtenF64(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    var y = [Double](repeating: .nan, count: count + 1)
    y.withUnsafeMutableBufferPointer { buffer in
        if let base = buffer.baseAddress { body(base) }
    }
    #expect(y[count].isNaN, "wrote past the end of \(count) elements")
    return Array(y.prefix(count))
}

/// The bit patterns, all NaNs taken as one.
func bits(_ x: [Float]) -> [UInt32] { x.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern } }

/// The bit patterns, all NaNs taken as one.
func bits(_ x: [Double]) -> [UInt64] { x.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern } }

/// The distance of `result` from `exact` in units of the last place that a Float32 of `exact`'s size has;
/// infinite where one of them is NaN and the other is not, or infinities differ.
func ulps(_ result: Float, _ exact: Double) -> Double {
    let rounded = Float(exact)
    if result.isNaN || rounded.isNaN { return result.isNaN && rounded.isNaN ? 0 : .infinity }
    if result.isInfinite || rounded.isInfinite { return result == rounded ? 0 : .infinity }
    return abs(Double(result) - exact) / Double(rounded.ulp)
}

/// Runs `body` on every variant, expects the same bits from all and returns the baseline's result.
func agreeing(_ what: String, _ body: (dt_kernels) -> [Float]) -> [Float] {
    let baseline = body(dt_kernels_for(DT_ISA_BASELINE).pointee)
    for variant in KernelVariant.all.dropFirst() {
        #expect(bits(body(variant.table)) == bits(baseline), "\(what): \(variant.testDescription) differs")
    }
    return baseline
}

/// The same for Float64.
func agreeingF64(_ what: String, _ body: (dt_kernels) -> [Double]) -> [Double] {
    let baseline = body(dt_kernels_for(DT_ISA_BASELINE).pointee)
    for variant in KernelVariant.all.dropFirst() {
        #expect(bits(body(variant.table)) == bits(baseline), "\(what): \(variant.testDescription) differs")
    }
    return baseline
}

/// The element counts around the 16-lane vector that every kernel is tested with.
let testedCounts = [0, 1, 15, 16, 17, 1000]

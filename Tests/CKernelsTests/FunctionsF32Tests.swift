import CKernels
import Foundation
import Testing

/// The functions in Float32 arithmetic, which stand inside other kernels: a unit of weight 1 shows its
/// function. Exp is seen where it is all of sigmoid.
@Suite struct FunctionsF32Tests {
    /// tanh(x), the output of a step of an RNN; or sigmoid(x), the first gate that a step of an LSTM keeps.
    private static func evaluated(_ isTanh: Bool, _ x: [Float], _ table: dt_kernels) -> [Float] {
        var layer = dt_recurrent(
            kind: isTanh ? DT_RNN_TANH : DT_LSTM, steps: 1, examples: Int64(x.count), inputs: 1, hidden: 1,
            reversed: false, lengths: nil, first_state: nil, first_cell: nil)
        let ones = [Float](repeating: 1, count: 4), floats = Int(dt_recurrent_reserve(&layer))
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: Int(dt_recurrent_scratch(&layer)), alignment: 4)
        defer { scratch.deallocate() }
        var y: [Float] = []
        let reserve = written(floats) { reserve in
            y = written(x.count) { y in
                table.recurrent(&layer, x, ones, ones, nil, nil, y, isTanh ? nil : reserve, scratch)
            }
        }
        // A row of an example is five vectors.
        return isTanh ? y : x.indices.map { reserve[$0 * 5 * 16] }
    }

    private static func exact(_ isTanh: Bool, _ x: Float) -> Double {
        let x = Double(x)
        return isTanh ? tanh(x) : x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
    }

    /// Every 39989th Float32, and more of those whose results are neither 0 nor 1.
    private static let arguments: [Float] = {
        var numbers = TestNumbers(seed: 43)
        let every = stride(from: UInt32(0), to: .max - 39_989, by: 39_989).map { Float(bitPattern: $0) }
        return every + numbers.floats(40_000, -87...17) + numbers.floats(40_000, -10...10)
            + numbers.floats(40_000, -0.1...0.1)
    }()

    @Test(arguments: KernelVariant.all, [false, true]) func accuracy(variant: KernelVariant, isTanh: Bool) {
        let y = Self.evaluated(isTanh, Self.arguments, variant.table)
        var worst = 0.0, at = Float(0)
        for (x, result) in zip(Self.arguments, y) {
            let exact = Self.exact(isTanh, x)
            // Sigmoids that are no normal numbers are zero.
            if !isTanh && exact < Double(Float.leastNormalMagnitude) {
                #expect(result == 0, "\(x)")
                continue
            }
            let distance = ulps(result, exact)
            if distance > worst { (worst, at) = (distance, x) }
        }
        #expect(worst <= 2.5, "off by \(worst) ulp at \(at)")
    }

    @Test(arguments: [false, true]) func fusedVariantsAgree(isTanh: Bool) {
        let results = KernelVariant.all.dropFirst().map { Self.evaluated(isTanh, Self.arguments, $0.table) }
        for result in results.dropFirst() { #expect(bits(result) == bits(results[0])) }
    }

    @Test(arguments: KernelVariant.all) func extremes(variant: KernelVariant) {
        let x: [Float] = [.infinity, -.infinity, 1e30, -1e30, 0, .nan, -100, .leastNonzeroMagnitude]
        let y = Self.evaluated(true, x, variant.table), z = Self.evaluated(false, x, variant.table)
        #expect(bits(y) == bits([1, -1, 1, -1, 0, .nan, -1, .leastNonzeroMagnitude]))
        #expect(bits(z) == bits([1, 0, 1, 0, 0.5, .nan, 0, 0.5]))
    }
}

import CKernels
import Testing

/// Counts, means and sums of squared deviations per channel, and their merging.
@Suite struct MomentsTests {
    /// Half a unit in the last place of Float64 numbers near 1.
    private static let unit = 0x1p-53

    private static func moments(_ shape: ActivationShape, _ stored: [Float]) -> [Double] {
        agreeingF64("moments of \(shape.testDescription)") { kernels in
            writtenF64(1 + 2 * shape.c) { kernels.channel_moments(stored, shape.descriptor, $0) }
        }
    }

    /// Expects the moments of values [n][c][hw] to be those of two passes in Float64.
    ///
    /// Summing N terms in any order errs by at most N units of the sum of magnitudes. The kernel sums d = x -
    /// shift and d*d, which carries to the mean divided by N, and to M2 = S2 - S1*S1/N, with |S1| <=
    /// sqrt(N*S2), as at most 3N units of S2 and a few for the single operations; the reference adds errors
    /// of its own, no larger.
    private static func expectMoments(_ shape: ActivationShape, _ values: [Float], _ result: [Double]) {
        let total = Double(shape.n * shape.hw)
        #expect(result[0] == total)
        for channel in 0..<shape.c {
            let x = shape.channel(channel, of: values).map(Double.init)
            guard let shift = x.first else {
                #expect(result[1 + channel] == 0 && result[1 + shape.c + channel] == 0)
                continue
            }
            let mean = shift + x.reduce(0) { $0 + ($1 - shift) } / total
            let m2 = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviations = x.reduce(0) { $0 + abs($1 - shift) }
            let squares = x.reduce(0) { $0 + ($1 - shift) * ($1 - shift) }
            let meanBound = 2 * unit * (deviations + 2 * abs(mean) + 2 * abs(shift))
            let m2Bound = 2 * unit * (3 * total + 8) * squares
            #expect(abs(result[1 + channel] - mean) <= meanBound, "mean of channel \(channel)")
            #expect(abs(result[1 + shape.c + channel] - m2) <= m2Bound, "M2 of channel \(channel)")
        }
    }

    @Test(arguments: ActivationShape.tested) func everyLayout(shape: ActivationShape) {
        var numbers = TestNumbers(seed: 1)
        let values = numbers.floats(shape.n * shape.c * shape.hw, -3...5)
        Self.expectMoments(shape, values, Self.moments(shape, shape.stored(values)))
    }

    /// A mean a million deviations away from zero costs nothing.
    @Test(arguments: [1, 8, 16, 20]) func smallDeviationsFarFromZero(block: Int) {
        let shape = ActivationShape(n: 4, c: 20, h: 13, w: 17, block: block)
        var numbers = TestNumbers(seed: 2)
        let values = numbers.floats(shape.n * shape.c * shape.hw, 9999.98...10000.02)
        let result = Self.moments(shape, shape.stored(values))
        Self.expectMoments(shape, values, result)
        for channel in 0..<shape.c {
            let x = shape.channel(channel, of: values).map(Double.init)
            let mean = x.reduce(0) { $0 + ($1 - 10000) } / Double(x.count) + 10000
            let m2 = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            #expect(abs(result[1 + shape.c + channel] / m2 - 1) < 1e-6)
        }
    }

    /// The shift is the first element; one far from all others must not cost the others' deviations more
    /// than its own deviation does.
    @Test func firstElementIsAnOutlier() {
        let shape = ActivationShape(n: 3, c: 16, h: 11, w: 9, block: 16)
        var numbers = TestNumbers(seed: 3)
        var values = numbers.floats(shape.n * shape.c * shape.hw, -0.01...0.01)
        for channel in 0..<shape.c { values[channel * shape.hw] = 1e6 }
        Self.expectMoments(shape, values, Self.moments(shape, shape.stored(values)))
    }

    @Test(arguments: [1, 8, 16, 3]) func constantChannelsHaveNoDeviation(block: Int) {
        let shape = ActivationShape(n: 5, c: 3, h: 7, w: 7, block: block)
        let constants: [Float] = [0.1, -12345.678, 3e-20]
        let values = (0..<shape.n * shape.c * shape.hw).map { constants[$0 / shape.hw % shape.c] }
        let result = Self.moments(shape, shape.stored(values))
        #expect(Array(result[1...3]) == constants.map(Double.init))
        #expect(Array(result[4...6]) == [0, 0, 0])
    }

    @Test func notANumberShows() {
        let shape = ActivationShape(n: 2, c: 3, h: 5, w: 5, block: 8)
        var values = [Float](repeating: 1, count: shape.n * shape.c * shape.hw)
        values[shape.hw + 7] = .nan
        let result = Self.moments(shape, shape.stored(values))
        #expect(result[2].isNaN && result[5].isNaN)
        #expect(result[1] == 1 && result[4] == 0 && result[3] == 1 && result[6] == 0)
    }

    @Test(arguments: [1, 8, 16, 20]) func noChannelsOrNoExamples(block: Int) {
        let none = ActivationShape(n: 0, c: 20, h: 3, w: 3, block: block)
        #expect(Self.moments(none, [0]) == [Double](repeating: 0, count: 41))
        let noChannels = ActivationShape(n: 2, c: 0, h: 3, w: 3, block: block)
        #expect(Self.moments(noChannels, [0]) == [18])
    }

    // MARK: Merging

    private static func merged(_ a: [Double], _ b: [Double]) -> [Double] {
        let c = (a.count - 1) / 2
        return agreeingF64("merge") { kernels in
            writtenF64(a.count) { kernels.merge_moments(a, b, Int64(c), $0) }
        }
    }

    @Test(arguments: [(1, 4), (3, 2), (4, 1)]) func partsMergeToTheWhole(examples: (Int, Int)) {
        let whole = ActivationShape(n: 5, c: 20, h: 7, w: 5, block: 16)
        var numbers = TestNumbers(seed: 4)
        let values = numbers.floats(whole.n * whole.c * whole.hw, 99...101)
        let stored = whole.stored(values)
        let image = whole.padded * whole.hw
        let parts = [(0, examples.0), (examples.0, examples.1)].map { first, count in
            Self.moments(
                ActivationShape(n: count, c: whole.c, h: whole.h, w: whole.w, block: whole.block),
                Array(stored[first * image..<(first + count) * image]))
        }
        let result = Self.merged(parts[0], parts[1])
        Self.expectMoments(whole, values, result)
        #expect(result[0] == Double(whole.n * whole.hw))
    }

    @Test func emptyPartsReturnTheOtherBitForBit() {
        let part: [Double] = [7, 0.1, -0.0, 1e300, 0.3, 0, 1e-300]
        let empty = [0] + [Double](repeating: .nan, count: 6)
        #expect(bits(Self.merged(part, empty)) == bits(part))
        #expect(bits(Self.merged(empty, part)) == bits(part))
        let nothing = [Double](repeating: 0, count: 7)
        #expect(bits(Self.merged(nothing, nothing)) == bits(nothing))
    }

    @Test(arguments: KernelVariant.all) func mergesInPlace(variant: KernelVariant) {
        let a: [Double] = [3, 1, 2, 0.5, 0.25], b: [Double] = [5, -1, 4, 1, 2]
        let expected = Self.merged(a, b)
        var left = a, right = b
        left.withUnsafeMutableBufferPointer {
            variant.table.merge_moments($0.baseAddress, b, 2, $0.baseAddress)
        }
        right.withUnsafeMutableBufferPointer {
            variant.table.merge_moments(a, $0.baseAddress, 2, $0.baseAddress)
        }
        #expect(bits(left) == bits(expected) && bits(right) == bits(expected))
        var empty = [Double](repeating: 0, count: 5)
        empty.withUnsafeMutableBufferPointer {
            variant.table.merge_moments($0.baseAddress, b, 2, $0.baseAddress)
        }
        #expect(empty == b)
    }
}

import CKernels
import Testing

/// Pooling in every layout against one plain reference, bit by bit: a window's elements and the windows of an
/// input pixel meet in row-major order in both.
@Suite struct PoolingTests {
    /// A window over images of one size, and how it is to be laid out.
    struct Pooling: CustomTestStringConvertible, Sendable {
        let shape: ActivationShape
        let window: dt_window
        var area: Int { Int(window.kernel_h * window.kernel_w) }

        /// Kernel, stride and padding are (height, width).
        init(
            _ n: Int, _ c: Int, _ size: (Int, Int), block: Int, _ kernel: (Int, Int), _ stride: (Int, Int),
            _ padding: (Int, Int)
        ) {
            shape = ActivationShape(n: n, c: c, h: size.0, w: size.1, block: block)
            window = dt_window(
                h: Int64(size.0), w: Int64(size.1),
                oh: Int64((size.0 + 2 * padding.0 - kernel.0) / stride.0 + 1),
                ow: Int64((size.1 + 2 * padding.1 - kernel.1) / stride.1 + 1), kernel_h: Int64(kernel.0),
                kernel_w: Int64(kernel.1), stride_h: Int64(stride.0), stride_w: Int64(stride.1),
                padding_h: Int64(padding.0), padding_w: Int64(padding.1))
        }

        /// The output's shape, laid out as the input is.
        var output: ActivationShape {
            ActivationShape(n: shape.n, c: shape.c, h: Int(window.oh), w: Int(window.ow), block: shape.block)
        }

        var testDescription: String {
            "\(shape.testDescription), \(window.kernel_h)x\(window.kernel_w) stride "
                + "\(window.stride_h)x\(window.stride_w) padding \(window.padding_h)x\(window.padding_w)"
        }

        /// For every output in order of [n][c][pixel]: its taps inside the image, as (index in the kernel,
        /// position in [n][c][hw] values), row-major.
        var taps: [[(index: Int, position: Int)]] {
            let w = window
            return (0..<shape.n * shape.c * output.hw).map { o in
                let plane = o / output.hw, pixel = o % output.hw
                let top = pixel / Int(w.ow) * Int(w.stride_h) - Int(w.padding_h)
                let left = pixel % Int(w.ow) * Int(w.stride_w) - Int(w.padding_w)
                return (0..<area).compactMap { index in
                    let y = top + index / Int(w.kernel_w), x = left + index % Int(w.kernel_w)
                    guard (0..<shape.h).contains(y), (0..<shape.w).contains(x) else { return nil }
                    return (index, plane * shape.hw + y * shape.w + x)
                }
            }
        }

        // MARK: The kernels, on values [n][c][hw]

        func max(_ x: [Float]) -> (y: [Float], indices: [UInt8]) {
            let stored = shape.stored(x)
            var indices: [UInt8]?
            let y = agreeing("max pool") { kernels in
                var taps = [UInt8](repeating: 0xEE, count: output.count + 1)
                let y = written(output.count) {
                    kernels.max_pool(stored, shape.descriptor, window, $0, &taps)
                }
                #expect(taps.removeLast() == 0xEE, "wrote past the end")
                #expect(taps == indices ?? taps, "variants point elsewhere")
                indices = taps
                return y
            }
            // Padded channels point somewhere in the window, which nothing reads.
            return (output.values(y), output.offsets.map { indices?[$0] ?? .max })
        }

        func maxScatter(_ dy: [Float], _ indices: [UInt8]) -> [Float] {
            let dy = output.stored(dy), indices = output.stored(indices)
            return shape.values(
                agreeing("max pool scatter") { kernels in
                    written(shape.count) {
                        kernels.max_pool_scatter(dy, indices, shape.descriptor, window, $0)
                    }
                })
        }

        func maxGather(_ x: [Float], _ indices: [UInt8]) -> [Float] {
            let x = shape.stored(x), indices = output.stored(indices)
            return output.values(
                agreeing("max pool gather") { kernels in
                    written(output.count) {
                        kernels.max_pool_gather(x, indices, shape.descriptor, window, $0)
                    }
                })
        }

        func average(_ x: [Float]) -> [Float] {
            let x = shape.stored(x)
            return output.values(
                agreeing("average pool") { kernels in
                    written(output.count) { kernels.average_pool(x, shape.descriptor, window, $0) }
                })
        }

        func averageScatter(_ dy: [Float]) -> [Float] {
            let dy = output.stored(dy)
            return shape.values(
                agreeing("average pool scatter") { kernels in
                    written(shape.count) { kernels.average_pool_scatter(dy, shape.descriptor, window, $0) }
                })
        }
    }

    /// Halving windows with and without an odd rest, overlapping and padded ones, gaps between windows,
    /// oblong ones, whole images; wide enough for the vector loops and narrower.
    static let tested: [Pooling] = [1, 8, 16, 5].flatMap { block in
        [0, 2].flatMap { n in
            [3, 20].flatMap { c in
                [
                    Pooling(n, c, (28, 28), block: block, (2, 2), (2, 2), (0, 0)),
                    Pooling(n, c, (7, 23), block: block, (2, 2), (2, 2), (0, 0)),
                    Pooling(n, c, (5, 3), block: block, (2, 2), (2, 2), (0, 0)),
                    Pooling(n, c, (14, 28), block: block, (3, 3), (2, 2), (1, 1)),
                    Pooling(n, c, (9, 11), block: block, (3, 3), (1, 1), (1, 1)),
                    Pooling(n, c, (8, 21), block: block, (2, 3), (1, 2), (1, 0)),
                    Pooling(n, c, (11, 40), block: block, (5, 4), (3, 3), (2, 1)),
                    Pooling(n, c, (6, 6), block: block, (1, 1), (2, 3), (0, 0)),
                    Pooling(n, c, (16, 16), block: block, (16, 16), (16, 16), (0, 0)),
                    Pooling(n, c, (4, 3), block: block, (7, 5), (1, 1), (3, 2)),
                ]
            }
        }
    }

    private static func values(_ p: Pooling, seed: UInt64) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        return numbers.floats(p.shape.n * p.shape.c * p.shape.hw, -1...1)
    }

    /// Whole numbers, so that ties are frequent and sums exact.
    private static func wholeNumbers(_ count: Int, seed: UInt64, _ range: ClosedRange<Double> = -3...3)
        -> [Float]
    {
        var numbers = TestNumbers(seed: seed)
        return numbers.floats(count, range).map { $0.rounded() }
    }

    /// torch's rule: larger than the best so far, or NaN.
    private static func expectMax(_ p: Pooling, _ x: [Float]) {
        let (y, indices) = p.max(x)
        var expectedY: [Float] = [], expectedIndices: [UInt8] = []
        for taps in p.taps {
            var best = -Float.infinity, winner = taps[0].index
            for tap in taps where x[tap.position] > best || x[tap.position].isNaN {
                best = x[tap.position]
                winner = tap.index
            }
            expectedY.append(best)
            expectedIndices.append(UInt8(winner))
        }
        #expect(bits(y) == bits(expectedY))
        #expect(indices == expectedIndices)
    }

    // MARK: Max

    @Test(arguments: tested) func maximum(p: Pooling) {
        Self.expectMax(p, Self.values(p, seed: 40))
    }

    @Test(arguments: tested) func tiesAndSpecialValues(p: Pooling) {
        var x = Self.wholeNumbers(p.shape.n * p.shape.c * p.shape.hw, seed: 41)
        Self.expectMax(p, x)
        for i in x.indices where i % 7 == 0 { x[i] = -.infinity }
        for i in x.indices where i % 29 == 3 { x[i] = .nan }
        for i in x.indices where i % 31 == 5 { x[i] = -0.0 }
        Self.expectMax(p, x)
        Self.expectMax(p, x.map { _ in -.infinity })
    }

    @Test(arguments: [1, 8, 16]) func paddingNeverWins(block: Int) {
        let p = Pooling(1, 3, (4, 4), block: block, (3, 3), (2, 2), (1, 1))
        let (y, indices) = p.max([Float](repeating: -5, count: 48))
        #expect(y == [Float](repeating: -5, count: 12))
        // The first element inside the image: skipping a row of padding is 3, a column 1.
        #expect(Array(indices.prefix(4)) == [4, 3, 1, 0])
    }

    @Test(arguments: [1, 8, 16]) func byHand(block: Int) {
        let p = Pooling(1, 1, (2, 4), block: block, (2, 2), (2, 2), (0, 0))
        let (y, indices) = p.max([1, 7, 2, .nan, 7, 3, 9, 1])
        #expect(bits(y) == bits([7, .nan]) && indices == [1, 1])
        #expect(p.maxScatter([5, 6], indices) == [0, 5, 0, 6, 0, 0, 0, 0])
    }

    @Test(arguments: tested) func scatterAndGather(p: Pooling) {
        let x = Self.values(p, seed: 42)
        let indices = p.max(x).indices
        var numbers = TestNumbers(seed: 43)
        let dy = numbers.floats(indices.count, -1...1)
        var dx = [Float](repeating: 0, count: x.count), y: [Float] = []
        for (o, taps) in p.taps.enumerated() {
            for tap in taps where tap.index == Int(indices[o]) {
                dx[tap.position] += dy[o]
                y.append(x[tap.position])
            }
        }
        #expect(p.maxScatter(dy, indices) == dx)
        #expect(bits(p.maxGather(x, indices)) == bits(y))
        #expect(bits(y) == bits(p.max(x).y))
    }

    /// <scatter(dy), u> = <dy, gather(u)>, exactly, since whole numbers of this size add without rounding.
    @Test(arguments: tested) func maximumsAdjoint(p: Pooling) {
        let indices = p.max(Self.values(p, seed: 44)).indices
        let u = Self.wholeNumbers(p.shape.n * p.shape.c * p.shape.hw, seed: 45, -9...9)
        let dy = Self.wholeNumbers(indices.count, seed: 46, -9...9)
        #expect(Self.dot(p.maxScatter(dy, indices), u) == Self.dot(dy, p.maxGather(u, indices)))
    }

    // MARK: Average

    @Test(arguments: tested) func average(p: Pooling) {
        let x = Self.values(p, seed: 47)
        let expected = p.taps.map { taps in
            Float(taps.reduce(0) { $0 + Double(x[$1.position]) } / Double(p.area))
        }
        #expect(bits(p.average(x)) == bits(expected))
    }

    @Test(arguments: tested) func averageScatter(p: Pooling) {
        var numbers = TestNumbers(seed: 48)
        let dy = numbers.floats(p.output.n * p.output.c * p.output.hw, -1...1)
        var dx = [Float](repeating: 0, count: p.shape.n * p.shape.c * p.shape.hw)
        for (o, taps) in p.taps.enumerated() {
            for tap in taps { dx[tap.position] += dy[o] / Float(p.area) }
        }
        #expect(p.averageScatter(dy) == dx)
    }

    /// Multiples of the area, whose shares are whole numbers.
    @Test(arguments: tested) func averagesAdjoint(p: Pooling) {
        let area = Float(p.area)
        let u = Self.wholeNumbers(p.shape.n * p.shape.c * p.shape.hw, seed: 49).map { $0 * area }
        let dy = Self.wholeNumbers(p.output.n * p.output.c * p.output.hw, seed: 50).map { $0 * area }
        #expect(Self.dot(p.averageScatter(dy), u) == Self.dot(dy, p.average(u)))
    }

    @Test(arguments: [1, 8, 16]) func averageCountsPadding(block: Int) {
        let p = Pooling(1, 1, (2, 2), block: block, (2, 2), (1, 1), (1, 1))
        #expect(p.average([4, 8, 12, 16]) == [1, 3, 2, 4, 10, 6, 3, 7, 4])
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}

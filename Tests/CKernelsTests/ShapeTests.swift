import CKernels
import Testing

/// Sums, maxima, repetition, bias and permutation against plain loops.
@Suite struct ShapeTests {
    /// One view [outer][middle][inner].
    struct View: CustomTestStringConvertible, Sendable {
        let outer, middle, inner: Int

        var testDescription: String { "[\(outer)][\(middle)][\(inner)]" }
        var count: Int { outer * middle * inner }
        var sizes: (Int64, Int64, Int64) { (Int64(outer), Int64(middle), Int64(inner)) }

        /// Calls with each (outer, inner) pair's place in the reduced array and the places it covers.
        func forEachLine(_ body: (Int, [Int]) -> Void) {
            for o in 0..<outer {
                for i in 0..<inner {
                    body(o * inner + i, (0..<middle).map { (o * middle + $0) * inner + i })
                }
            }
        }
    }

    static let views: [View] =
        testedCounts.map { View(outer: 3, middle: $0, inner: 1) }
        + testedCounts.map { View(outer: 1, middle: 7, inner: $0) }
        + testedCounts.map { View(outer: $0, middle: 2, inner: 3) }
        + [(2, 5, 64), (2, 3, 63), (1, 33, 81), (2, 0, 5), (4, 10, 49), (1, 1000, 10)]
        .map { View(outer: $0.0, middle: $0.1, inner: $0.2) }

    private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        return numbers.floats(count, -10...10)
    }

    /// Each Float64 addition errs by half an ulp of a partial sum, at most 10*middle; the end rounds once.
    @Test(arguments: views) func sums(_ v: View) {
        let x = Self.numbers(v.count, seed: 10), wide = x.map(Double.init), (o, m, i) = v.sizes
        let y = agreeing("sum") { k in written(v.outer * v.inner) { k.sum_middle(x, o, m, i, $0) } }
        let z = agreeingF64("sum_f64") { k in
            writtenF64(v.outer * v.inner) { k.sum_middle_f64(wide, o, m, i, $0) }
        }
        v.forEachLine { place, line in
            let exact = line.reduce(0) { $0 + wide[$1] }
            let error = 10 * Double(v.middle * v.middle) * 0x1p-53
            #expect(abs(z[place] - exact) <= 2 * error, "f64 at \(place)")
            #expect(abs(Double(y[place]) - exact) <= Double(Float(exact).ulp) / 2 + 2 * error, "at \(place)")
        }
    }

    /// The orders themselves are part of the promise: columns go row by row; a contiguous sum puts element i
    /// on lane i % 16 and folds lanes 8, 4, 2 and 1 apart. Numbers of very different size make the order
    /// visible.
    @Test func orderOfSums() {
        var numbers = TestNumbers(seed: 11)
        let x = (0..<1000).map { _ in
            numbers.number(-1...1) * Double(1 << Int(numbers.bits() % 40))
        }
        let exact = (0..<20).map { row in
            var lanes = [Double](repeating: 0, count: 16)
            for i in 0..<50 { lanes[i % 16] += x[row * 50 + i] }
            for half in [8, 4, 2, 1] {
                for i in 0..<half { lanes[i] += lanes[i + half] }
            }
            return lanes[0]
        }
        let lines = agreeingF64("lines") { k in writtenF64(20) { k.sum_middle_f64(x, 20, 50, 1, $0) } }
        #expect(lines == exact)
        let columns = agreeingF64("columns") { k in writtenF64(10) { k.sum_middle_f64(x, 1, 100, 10, $0) } }
        var running = [Double](repeating: 0, count: 10)
        for (i, value) in x.enumerated() { running[i % 10] += value }
        #expect(columns == running)
        let inOrder = (0..<20).map { row in x[(row * 50)..<(row * 50 + 50)].reduce(0, +) }
        #expect(lines != inOrder, "the numbers do not show the order")
    }

    @Test(arguments: views) func maxima(_ v: View) {
        var x = Self.numbers(v.count, seed: 12)
        if x.count > 20 { x[x.count / 2] = .nan }
        let (o, m, i) = v.sizes
        let y = agreeing("max") { k in written(v.outer * v.inner) { k.max_middle(x, o, m, i, $0) } }
        v.forEachLine { place, line in
            let values = line.map { x[$0] }
            let exact = values.contains { $0.isNaN } ? Float.nan : values.max() ?? -.infinity
            #expect(bits([y[place]]) == bits([exact]), "at \(place)")
        }
    }

    @Test(arguments: views) func repetition(_ v: View) {
        let x = Self.numbers(v.outer * v.inner, seed: 13), wide = x.map(Double.init), (o, m, i) = v.sizes
        let y = agreeing("repeat") { k in written(v.count) { k.repeat_middle(x, o, m, i, $0) } }
        let z = agreeingF64("repeat") { k in writtenF64(v.count) { k.repeat_middle_f64(wide, o, m, i, $0) } }
        var expected = [Float](repeating: 0, count: v.count)
        v.forEachLine { place, line in
            for p in line { expected[p] = x[place] }
        }
        #expect(y == expected && z == expected.map(Double.init))
    }

    @Test(arguments: views, [false, true]) func bias(_ v: View, relu: Bool) {
        let x = Self.numbers(v.count, seed: 14), bias = Self.numbers(v.middle, seed: 15), (o, m, i) = v.sizes
        let y = agreeing("bias") { k in written(v.count) { k.bias_add(x, bias, o, m, i, relu, $0) } }
        let same = agreeing("bias in place") { k in
            written(v.count) { y in
                for p in x.indices { y[p] = x[p] }
                k.bias_add(y, bias, o, m, i, relu, y)
            }
        }
        let expected = x.indices.map { p in
            let sum = x[p] + bias[p / v.inner % v.middle]
            return relu ? max(sum, 0) : sum
        }
        #expect(y == expected && same == expected)
    }

    static let permutations: [([Int], [Int])] = [
        ([], []), ([7], [0]), ([1000], [0]), ([0, 5], [1, 0]), ([1, 1], [1, 0]), ([16, 16], [1, 0]),
        ([15, 17], [1, 0]), ([48, 33], [1, 0]), ([100, 10], [1, 0]), ([5, 6], [0, 1]),
        ([2, 3, 4], [2, 1, 0]), ([2, 17, 33], [0, 2, 1]), ([17, 2, 33], [1, 0, 2]),
        ([20, 18, 3], [1, 2, 0]),
        ([2, 9, 8, 3], [0, 3, 1, 2]), ([2, 3, 9, 8], [0, 2, 3, 1]), ([4, 1, 16, 16], [3, 1, 0, 2]),
        ([2, 3, 4, 5, 6], [4, 2, 0, 3, 1]), ([2, 3, 2, 17, 2, 18], [5, 0, 3, 2, 1, 4]),
        ([3, 2, 4, 2, 3, 2], [1, 0, 2, 3, 5, 4]),
    ]

    @Test(arguments: permutations) func permutation(_ shape: [Int], _ permutation: [Int]) {
        let count = shape.reduce(1, *), x = (0..<count).map(Float.init)
        let sizes = shape.map(Int64.init), order = permutation.map(Int64.init), rank = Int32(shape.count)
        let y = agreeing("permute") { k in written(count) { k.permute(x, rank, sizes, order, $0) } }
        var strides = [Int](repeating: 1, count: shape.count)
        for d in shape.indices.dropLast().reversed() { strides[d] = strides[d + 1] * shape[d + 1] }
        let expected = (0..<count).map { place in
            var rest = place, from = 0
            for d in permutation.reversed() {
                from += rest % shape[d] * strides[d]
                rest /= shape[d]
            }
            return x[from]
        }
        #expect(y == expected)
    }
}

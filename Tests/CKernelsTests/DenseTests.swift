import CKernels
import Testing

/// Products of dense layers against the same sums in scalar arithmetic, bit for bit, whatever the shape.
@Suite struct DenseTests {
    /// Examples, outputs and inputs: partial vectors, partial tiles, several chunks of terms, colliding rows.
    static let shapes: [(m: Int, n: Int, k: Int)] = [
        (1, 1, 1), (5, 3, 2), (16, 10, 17), (17, 15, 63), (31, 14, 300), (32, 29, 257), (32, 10, 1024),
        (33, 7, 784), (48, 16, 513), (100, 43, 64), (64, 300, 20), (32, 784, 300), (17, 63, 784),
        (33, 300, 63), (8, 29, 600), (3, 15, 1024), (24, 17, 300), (40, 30, 300),
    ]

    private static func padded(_ m: Int) -> Int { (m + 15) / 16 * 16 }

    /// A matrix (m, k), given row-major, in columns; padding is NaN, which must not spread.
    private static func columns(_ x: [Float], _ m: Int, _ k: Int) -> [Float] {
        var y = [Float](repeating: .nan, count: k * padded(m))
        for row in 0..<m { for column in 0..<k { y[column * padded(m) + row] = x[row * k + column] } }
        return y
    }

    /// The matrix (m, k) that stands in columns, row-major.
    private static func rows(_ y: [Float], _ m: Int, _ k: Int) -> [Float] {
        (0..<m * k).map { y[$0 % k * padded(m) + $0 / k] }
    }

    private static func strips(_ x: [Float], _ m: Int, _ k: Int) -> [Float] {
        var y = [Float](repeating: 0, count: (k + 31) / 32 * 32 * m)
        for row in 0..<m {
            for column in 0..<k { y[column / 32 * 32 * m + row * 32 + column % 32] = x[row * k + column] }
        }
        return y
    }

    /// a · b + c, fused where the variant has the instruction.
    private static func multiplyAdd(_ variant: KernelVariant, _ a: Float, _ b: Float, _ c: Float) -> Float {
        variant.isa == DT_ISA_BASELINE ? a * b + c : c.addingProduct(a, b)
    }

    /// Σ of `count` products: chunks of 256, each one chain, added in order.
    private static func sum(_ variant: KernelVariant, _ count: Int, _ term: (Int) -> (Float, Float)) -> Float
    {
        var total: Float?
        for start in stride(from: 0, to: max(count, 1), by: 256) {
            var chain: Float = 0
            for place in start..<min(start + 256, count) {
                let (a, b) = term(place)
                chain = multiplyAdd(variant, a, b, chain)
            }
            total = total.map { $0 + chain } ?? chain
        }
        return total ?? 0
    }

    @Test(arguments: KernelVariant.all, shapes)
    func forward(variant: KernelVariant, shape: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = shape
        var numbers = TestNumbers(seed: 31)
        let x = numbers.floats(m * k, -1...1)
        let w = numbers.floats(n * k, -1...1)
        let bias = numbers.floats(n, -1...1)
        for (relu, biased) in [(false, true), (true, true), (true, false)] {
            let y = written(n * Self.padded(m)) {
                variant.table.dense_forward(
                    Self.columns(x, m, k), w, biased ? bias : nil, Int64(m), Int64(n), Int64(k), relu, $0)
            }
            let expected = (0..<m * n).map { place -> Float in
                let (row, output) = (place / n, place % n)
                var sum = Self.sum(variant, k) { (w[output * k + $0], x[row * k + $0]) }
                if biased { sum += bias[output] }
                return relu && sum <= 0 ? 0 : sum
            }
            #expect(Self.rows(y, m, n) == expected)
        }
    }

    @Test(arguments: KernelVariant.all, shapes)
    func inputGradient(variant: KernelVariant, shape: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = shape
        var numbers = TestNumbers(seed: 32)
        let dy = numbers.floats(m * n, -1...1)
        let w = numbers.floats(n * k, -1...1)
        let dx = written(k * Self.padded(m)) {
            variant.table.dense_input_gradient(
                Self.columns(dy, m, n), w, Int64(m), Int64(n), Int64(k), $0)
        }
        let expected = (0..<m * k).map { place in
            Self.sum(variant, n) { (w[$0 * k + place % k], dy[place / k * n + $0]) }
        }
        #expect(Self.rows(dx, m, k) == expected)
    }

    /// Trees over shards of different sizes, as postfix programs, and how many shards each has.
    static let trees: [(program: [Int32], shards: Int)] = [
        ([0], 1), ([0, 1, -1], 2), ([0, 1, -1, 2, 3, -1, -1], 4), ([0, 1, 2, -1, -1], 3),
        ([0, 1, -1, 2, -1], 3), ([3, 0, 1, 2, -1, -1, -1], 4),
        ([0, 1, -1, 2, 3, -1, -1, 4, 5, -1, 6, -1, -1], 7),
    ]

    /// Shards of different sizes, and of one.
    @Test(arguments: KernelVariant.all, trees)
    func weightGradient(variant: KernelVariant, tree: (program: [Int32], shards: Int)) {
        Self.checkWeightGradient(variant, tree, sizes: [32, 31, 5, 16, 33, 1, 48])
        Self.checkWeightGradient(variant, tree, sizes: [Int](repeating: 32, count: 7))
        Self.checkWeightGradient(variant, tree, sizes: [Int](repeating: 17, count: 7))
    }

    private static func checkWeightGradient(
        _ variant: KernelVariant, _ tree: (program: [Int32], shards: Int), sizes: [Int]
    ) {
        let sizes = Array(sizes.prefix(tree.shards))
        for (n, k, rounds) in [
            (1, 1, false), (10, 17, false), (15, 64, true), (29, 80, false), (7, 784, true),
            (20, 1024, false),
        ] {
            var numbers = TestNumbers(seed: 33)
            let x = sizes.map { numbers.floats($0 * k, -1...1) }
            let dy = sizes.map { numbers.floats($0 * n, -1...1) }
            var expected: [[Float]] = []
            for step in tree.program {
                if step >= 0 {
                    let (shard, m) = (Int(step), sizes[Int(step)])
                    expected.append(
                        (0..<n * k).map { place in
                            var chain: Float = 0
                            for row in 0..<m {
                                chain = Self.multiplyAdd(
                                    variant, dy[shard][row * n + place / k], x[shard][row * k + place % k],
                                    chain)
                            }
                            return rounds ? Self.rounded(chain) : chain
                        })
                } else {
                    let right = expected.removeLast()
                    let left = expected.removeLast()
                    expected.append(zip(left, right).map { rounds ? Self.rounded($0 + $1) : $0 + $1 })
                }
            }
            // Rows can be read in place where whole vectors of columns fit.
            for inStrips in k % 16 == 0 ? [true, false] : [true] {
                for (cuts, streams) in [([0, n], false), ([0, n / 3, n / 2, n], true)] {
                    let dw = Self.weightGradient(
                        variant, x, dy, sizes, tree.program, (n, k), inStrips, cuts: cuts, rounds: rounds,
                        streams: streams)
                    #expect(dw == expected[0], "\(n) x \(k), in strips: \(inStrips), cut at \(cuts)")
                }
            }
        }
    }

    /// The bfloat16 nearest to a number, ties to even.
    private static func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
    }

    private static func weightGradient(
        _ variant: KernelVariant, _ x: [[Float]], _ dy: [[Float]], _ sizes: [Int], _ program: [Int32],
        _ shape: (n: Int, k: Int), _ inStrips: Bool, cuts: [Int], rounds: Bool, streams: Bool
    ) -> [Float] {
        let (n, k) = shape
        var memory: [UnsafeMutablePointer<Float>] = []
        func stored(_ values: [Float]) -> UnsafePointer<Float> {
            let pointer = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
            pointer.initialize(from: values, count: values.count)
            memory.append(pointer)
            return UnsafePointer(pointer)
        }
        defer { for pointer in memory { pointer.deallocate() } }
        let shards = sizes.enumerated().map { place, m in
            dt_dense_shard(
                x: stored(inStrips ? strips(x[place], m, k) : x[place]), dy: stored(columns(dy[place], m, n)),
                m: Int64(m), row_stride: Int64(inStrips ? 32 : k), strip_stride: Int64(inStrips ? 32 * m : 32)
            )
        }
        return written(n * k) { dw in
            for (start, end) in zip(cuts, cuts.dropFirst()) {
                variant.table.dense_weight_gradient(
                    shards, program, Int64(program.count), Int64(start), Int64(end), Int64(k), rounds,
                    streams,
                    dw)
            }
        }
    }

    @Test(arguments: KernelVariant.all, shapes)
    func biasGradient(variant: KernelVariant, shape: (m: Int, n: Int, k: Int)) {
        let (m, n) = (shape.m, shape.n)
        var numbers = TestNumbers(seed: 34)
        let dy = numbers.floats(m * n, -1...1)
        let db = written(n) {
            variant.table.dense_bias_gradient(Self.columns(dy, m, n), Int64(m), Int64(n), $0)
        }
        for output in 0..<n {
            // Float64 sums of Float32 numbers of this size differ by far less than half a unit of the result.
            let exact = (0..<m).map { Double(dy[$0 * n + output]) }.reduce(0, +)
            #expect(abs(Double(db[output]) - exact) <= Double(db[output].ulp) * 0.51)
        }
    }

    @Test(arguments: KernelVariant.all, shapes)
    func layouts(variant: KernelVariant, shape: (m: Int, n: Int, k: Int)) {
        let (m, k) = (shape.m, shape.k)
        var numbers = TestNumbers(seed: 35)
        let x = numbers.floats(m * k, -1...1)
        let (examples, features) = (Int64(m), Int64(k))
        let table = variant.table
        let inColumns = written(k * Self.padded(m)) { table.rows_to_columns(x, examples, features, $0) }
        #expect(inColumns == Self.columns(x, m, k).map { $0.isNaN ? 0 : $0 })
        let nanPadded = Self.columns(x, m, k)
        #expect(written(m * k) { table.columns_to_rows(nanPadded, examples, features, $0) } == x)
        let inStrips = Self.strips(x, m, k)
        #expect(
            written(inStrips.count) { table.rows_to_strips(x, examples, features, $0) } == inStrips)
        #expect(
            written(inStrips.count) { table.columns_to_strips(nanPadded, examples, features, $0) } == inStrips
        )
    }
}

import CKernels
import Testing

/// Products of dense layers on bfloat16 operands against the same sums in scalar arithmetic, bit for bit, in every variant and
/// with the instruction emulated.
@Suite struct DenseBFloat16Tests {
    /// A table of products, named for messages.
    struct Products: CustomTestStringConvertible, Sendable {
        let isa: dt_isa
        let isEmulated: Bool

        var table: dt_kernels { (isEmulated ? dt_kernels_emulating(isa) : dt_kernels_for(isa)).pointee }
        var testDescription: String { String(cString: dt_isa_name(isa)) + (isEmulated ? ", emulated" : "") }

        static let all =
            KernelVariant.all.map { Products(isa: $0.isa, isEmulated: true) }
            + (dt_has_bfloat16() ? [Products(isa: DT_ISA_AVX512, isEmulated: false)] : [])
    }

    static let shapes: [(m: Int, n: Int, k: Int)] = [
        (1, 1, 1), (5, 3, 2), (16, 10, 17), (17, 15, 63), (31, 14, 300), (32, 29, 257), (32, 10, 2048),
        (33, 7, 784), (48, 16, 513), (100, 43, 64), (64, 300, 20), (33, 530, 1200),
    ]

    /// A matrix of bfloat16 numbers, row-major.
    struct Matrix {
        let rows: Int
        let columns: Int
        var bits: [UInt16]

        init(_ rows: Int, _ columns: Int, _ next: () -> UInt16) {
            (self.rows, self.columns) = (rows, columns)
            bits = (0..<rows * columns).map { _ in next() }
        }

        init(_ rows: Int, _ columns: Int, _ numbers: inout TestNumbers) {
            self.init(rows, columns) { DenseBFloat16Tests.rounded(Float(numbers.number(-1...1))) }
        }

        /// A number, 0 outside.
        subscript(row: Int, column: Int) -> UInt16 {
            row < rows && column < columns ? bits[row * columns + column] : 0
        }
    }

    static func rounded(_ x: Float) -> UInt16 {
        let bits = x.bitPattern
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }

    static func value(_ x: UInt16) -> Float { Float(bitPattern: UInt32(x) << 16) }

    private static func padded(_ m: Int) -> Int { (m + 15) / 16 * 16 }

    /// Σ of `count` products, two at a time: chunks of 256 pairs, each one chain, the second product of a pair first.
    private static func sum(_ count: Int, chunk: Int = 256, _ term: (Int) -> (UInt16, UInt16)) -> Float {
        var total: Float?
        let pairs = (count + 1) / 2
        for start in stride(from: 0, to: max(pairs, 1), by: chunk) {
            var chain: Float = 0
            for pair in start..<min(start + chunk, pairs) {
                for place in [2 * pair + 1, 2 * pair] {
                    let (a, b) = term(place)
                    chain.addProduct(value(a), value(b))
                }
            }
            total = total.map { $0 + chain } ?? chain
        }
        return total ?? 0
    }

    private func written16(_ count: Int, _ body: (UnsafeMutablePointer<UInt16>) -> Void) -> [UInt16] {
        var y = [UInt16](repeating: 0x7FC1, count: count + 1)
        y.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
        #expect(y[count] == 0x7FC1, "wrote past the end of \(count) elements")
        return Array(y.prefix(count))
    }

    /// A matrix in pairs of features; `padding` stands behind the last example.
    private static func pairs(_ x: Matrix, padding: UInt16 = 0) -> [UInt16] {
        let p = padded(x.rows)
        var y = [UInt16](repeating: padding, count: (x.columns + 1) / 2 * p * 2)
        for column in 0..<(x.columns + 1) / 2 * 2 {
            for row in 0..<x.rows { y[2 * (column / 2 * p + row) + column % 2] = x[row, column] }
        }
        return y
    }

    private static func strips(_ x: Matrix) -> [UInt16] {
        let pairs = (x.rows + 1) / 2
        var y = [UInt16](repeating: 0, count: (x.columns + 31) / 32 * pairs * 64)
        for column in 0..<x.columns {
            for row in 0..<2 * pairs {
                y[2 * ((column / 32 * pairs + row / 2) * 32 + column % 32) + row % 2] = x[row, column]
            }
        }
        return y
    }

    private static func transposed(_ x: Matrix) -> [UInt16] {
        let p = padded(x.rows)
        return (0..<x.columns * p).map { x[$0 % p, $0 / p] }
    }

    private static func weights(_ table: dt_kernels, _ w: [Float], _ n: Int, _ k: Int) -> (
        rows: [UInt16], panels: [UInt16]
    ) {
        var rows = [UInt16](repeating: 0, count: n * ((k + 1) / 2) * 2)
        var panels = [UInt16](repeating: 0, count: k * ((n + 1) / 2) * 2)
        table.round_weights(w, Int64(n), Int64(k), &rows)
        // In two parts, as ranks share the work.
        let (middle, end) = (Int64(n / 3), Int64((n + 1) / 2))
        table.pack_weights(rows, Int64(n), Int64(k), middle, end, &panels)
        table.pack_weights(rows, Int64(n), Int64(k), 0, middle, &panels)
        return (rows, panels)
    }

    @Test(arguments: Products.all, shapes)
    func forward(products: Products, shape: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = shape
        let p = Self.padded(m)
        var numbers = TestNumbers(seed: 41)
        let x = Matrix(m, k, &numbers)
        let w = numbers.floats(n * k, -1...1)
        let bias = numbers.floats(n, -1...1)
        let table = products.table
        let rows = Self.weights(table, w, n, k).rows
        let input = Self.pairs(x, padding: 0x7FC0)
        for (relu, biased) in [(false, true), (true, true), (true, false)] {
            let expected = (0..<m * n).map { place -> Float in
                let (example, output) = (place / n, place % n)
                var sum = Self.sum(k) { ($0 < k ? Self.rounded(w[output * k + $0]) : 0, x[example, $0]) }
                if biased { sum += bias[output] }
                return relu && sum <= 0 ? 0 : sum
            }
            let floats = written(n * p) {
                table.dense_forward_bf16(
                    input, rows, biased ? bias : nil, Int64(m), Int64(n), Int64(k), relu, false, $0)
            }
            #expect((0..<m * n).allSatisfy { floats[$0 % n * p + $0 / n] == expected[$0] })
            let inPairs = written16((n + 1) / 2 * p * 2) {
                table.dense_forward_bf16(
                    input, rows, biased ? bias : nil, Int64(m), Int64(n), Int64(k), relu, true, $0)
            }
            var next = 0
            let matrix = Matrix(m, n) {
                next += 1
                return Self.rounded(expected[next - 1])
            }
            let wanted = Self.pairs(matrix)
            #expect(
                wanted.indices.allSatisfy { $0 / 2 % p >= m || inPairs[$0] == wanted[$0] })
        }
    }

    @Test(arguments: Products.all, shapes)
    func inputGradient(products: Products, shape: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = shape
        let p = Self.padded(m)
        var numbers = TestNumbers(seed: 42)
        let dy = Matrix(m, n, &numbers)
        let w = numbers.floats(n * k, -1...1)
        let table = products.table
        let panels = Self.weights(table, w, n, k).panels
        let dx = written16((k + 1) / 2 * p * 2) {
            table.dense_input_gradient_bf16(
                Self.pairs(dy, padding: 0x7FC0), panels, Int64(m), Int64(n), Int64(k), $0)
        }
        for example in 0..<m {
            for input in 0..<k {
                let expected = Self.sum(n) {
                    ($0 < n ? Self.rounded(w[$0 * k + input]) : 0, dy[example, $0])
                }
                #expect(dx[2 * (input / 2 * p + example) + input % 2] == Self.rounded(expected))
            }
        }
    }

    @Test(arguments: Products.all, DenseTests.trees)
    func weightGradient(products: Products, tree: (program: [Int32], shards: Int)) {
        for sizes in [[32, 31, 5, 16, 33, 1, 48], [Int](repeating: 32, count: 7)] {
            for (n, k, rounds) in [
                (1, 1, false), (10, 17, false), (15, 64, true), (29, 80, false), (7, 200, true),
            ] {
                check(products, tree, sizes: Array(sizes.prefix(tree.shards)), n: n, k: k, rounds: rounds)
            }
        }
    }

    private func check(
        _ products: Products, _ tree: (program: [Int32], shards: Int), sizes: [Int], n: Int, k: Int,
        rounds: Bool
    ) {
        var numbers = TestNumbers(seed: 43)
        let x = sizes.map { Matrix($0, k, &numbers) }
        let dy = sizes.map { Matrix($0, n, &numbers) }
        func part(_ value: Float) -> Float { rounds ? Self.value(Self.rounded(value)) : value }
        var expected: [[Float]] = []
        for step in tree.program {
            if step >= 0 {
                let shard = Int(step)
                expected.append(
                    (0..<n * k).map { place in
                        part(
                            Self.sum(sizes[shard], chunk: 1 << 20) {
                                (dy[shard][$0, place / k], x[shard][$0, place % k])
                            })
                    })
            } else {
                let right = expected.removeLast()
                let left = expected.removeLast()
                expected.append(zip(left, right).map { part($0 + $1) })
            }
        }
        let (inputs, gradients) = (x.map(Self.strips), dy.map(Self.transposed))
        for (cuts, streams) in [([0, n], false), ([0, n / 3, n / 2, n], true)] {
            let dw = withMemory(inputs) { inputs in
                withMemory(gradients) { gradients in
                    let shards = sizes.indices.map {
                        dt_dense_shard(
                            x: inputs[$0], dy: gradients[$0], m: Int64(sizes[$0]), row_stride: 32,
                            strip_stride: Int64(32 * ((sizes[$0] + 1) / 2)))
                    }
                    return written(n * k) { dw in
                        for (start, end) in zip(cuts, cuts.dropFirst()) {
                            products.table.dense_weight_gradient_bf16(
                                shards, tree.program, Int64(tree.program.count), Int64(start), Int64(end),
                                Int64(k),
                                rounds, streams, dw)
                        }
                    }
                }
            }
            #expect(dw == expected[0], "\(n) x \(k), cut at \(cuts)")
        }
    }

    /// Calls `body` with the addresses of copies, as shards hold them.
    private func withMemory<T>(_ arrays: [[UInt16]], _ body: ([UnsafePointer<Float>]) -> T) -> T {
        let copies = arrays.map { array -> UnsafeMutablePointer<UInt16> in
            let copy = UnsafeMutablePointer<UInt16>.allocate(capacity: max(2, array.count))
            copy.initialize(from: array, count: array.count)
            return copy
        }
        defer { for copy in copies { copy.deallocate() } }
        return body(copies.map { UnsafePointer(UnsafeRawPointer($0).assumingMemoryBound(to: Float.self)) })
    }

    @Test(arguments: KernelVariant.all, shapes)
    func layouts(variant: KernelVariant, shape: (m: Int, n: Int, k: Int)) {
        let (m, k) = (shape.m, shape.k)
        var numbers = TestNumbers(seed: 44)
        let x = Matrix(m, k, &numbers)
        let (examples, features) = (Int64(m), Int64(k))
        let table = variant.table
        let (zeroPadded, nanPadded) = (Self.pairs(x), Self.pairs(x, padding: 0x7FC0))
        #expect(
            written16(zeroPadded.count) { table.rows_to_pairs(x.bits, examples, features, $0) } == zeroPadded)
        #expect(written16(m * k) { table.pairs_to_rows(nanPadded, examples, features, $0) } == x.bits)
        let strips = Self.strips(x)
        #expect(
            written16(strips.count) { table.rows_to_strips_bf16(x.bits, examples, features, $0) } == strips)
        #expect(
            written16(strips.count) { table.pairs_to_strips(nanPadded, examples, features, $0) } == strips)
        let transposed = Self.transposed(x)
        #expect(
            written16(transposed.count) { table.pairs_to_transposed(nanPadded, examples, features, $0) }
                == transposed)
        let sums = written(k) { table.dense_bias_gradient_bf16(transposed, examples, features, $0) }
        for feature in 0..<k {
            let exact = (0..<m).map { Double(Self.value(x[$0, feature])) }.reduce(0, +)
            #expect(ulps(sums[feature], exact) <= 0.51)
        }
    }

    /// Any bits, denormal numbers and overflows among them: all ways of computing agree.
    @Test(arguments: [(0, 255), (45, 40), (50, 20), (60, 10), (110, 30)])
    func anyBits(exponents: (first: Int, count: Int)) {
        let (m, n, k) = (32, 40, 512)
        var numbers = TestNumbers(seed: UInt64(45 + exponents.first))
        func exponent() -> UInt32 {
            UInt32(exponents.first) + UInt32(numbers.bits() % UInt64(exponents.count))
        }
        let x = Matrix(m, k) { UInt16(numbers.bits() & 0x807F) | UInt16(exponent() << 7) }
        let w = (0..<n * k).map { _ in
            Float(bitPattern: UInt32(numbers.bits() & 0x807F_FFFF) | exponent() << 23)
        }
        let results = Products.all.map { products in
            let rows = Self.weights(products.table, w, n, k).rows
            return written(n * m) {
                products.table.dense_forward_bf16(
                    Self.pairs(x), rows, nil, Int64(m), Int64(n), Int64(k), false, false, $0)
            }
        }
        for (products, result) in zip(Products.all, results) {
            #expect(bits(result) == bits(results[0]), "\(products.testDescription) differs")
        }
    }

    /// Denormal operands count as zero, and a sum that becomes denormal as zero, whatever state the caller's arithmetic is in.
    @Test(arguments: Products.all)
    func denormalsAreZero(products: Products) {
        func product(_ x: [UInt16], _ w: [Float]) -> Float {
            let rows = Self.weights(products.table, w, 1, 2).rows
            let y = written(16) {
                products.table.dense_forward_bf16(
                    x + [UInt16](repeating: 0, count: 30), rows, nil, 1, 1, 2, false, false, $0)
            }
            return y[0]
        }
        let (one, denormal, tiny) = (UInt16(0x3F80), UInt16(0x0040), UInt16(0x0080))
        #expect(product([denormal, 0], [0x1p100, 0]) == 0)
        #expect(product([tiny, 0], [1, 0]) == Float.leastNormalMagnitude)
        #expect(product([tiny, 0], [0.5, 0]) == 0)
        #expect(product([one, tiny], [0x1p-126, -1]) == 0)
        // Ordinary arithmetic has them again.
        #expect(Float.leastNormalMagnitude / 2 > 0)
    }
}

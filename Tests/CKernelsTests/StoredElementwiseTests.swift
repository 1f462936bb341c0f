import CKernels
import Testing

/// The kernels of arrays stored as bfloat16 against those of Float32 on the same values, rounded once, with every
/// instruction set; and the conversions between the two.
@Suite struct StoredElementwiseTests {
    private typealias Stored = StoredBFloat16

    private static let everyNumber = (0...UInt16.max).map { $0 }

    /// Expects `stored` to give what `exact` gives rounded, with every instruction set.
    private static func expect(
        _ what: String, _ count: Int, exact: (dt_kernels, UnsafeMutablePointer<Float>) -> Void,
        stored: (dt_kernels, UnsafeMutablePointer<UInt16>) -> Void
    ) {
        let expected = Stored.bits(Stored.rounded(agreeing(what) { k in written(count) { exact(k, $0) } }))
        for variant in KernelVariant.all {
            let found = Stored.written(count) { stored(variant.table, $0) }
            #expect(Stored.bits(found) == expected, "\(what), \(variant.testDescription)")
        }
    }

    // MARK: Element by element

    /// A parameter may be a NaN whose payload would carry.
    @Test(arguments: [0.3, -2, 0, Float(bitPattern: 0xFFFF_FFFF)] as [Float]) func everyUnary(p: Float) {
        let x = Self.everyNumber, wide = Stored.widened(x), n = Int64(x.count)
        for raw in DT_NEGATE.rawValue...DT_OFFSET.rawValue {
            let op = dt_unary(rawValue: raw)
            Self.expect("unary \(raw)", x.count) {
                $0.unary(op, n, wide, p, $1)
            } stored: {
                $0.unary_bf16(op, n, x, p, $1)
            }
        }
    }

    @Test(arguments: testedCounts + [31, 32, 33, 47, 48, 63]) func counts(count: Int) {
        let n = Int64(count)
        let a = Stored.numbers(count, -4...4, seed: 70), b = Stored.numbers(count, -4...4, seed: 71)
        let wideA = Stored.widened(a), wideB = Stored.widened(b)
        for op in [DT_RELU, DT_GELU] {
            Self.expect("unary \(op.rawValue)", count) {
                $0.unary(op, n, wideA, 0, $1)
            } stored: {
                $0.unary_bf16(op, n, a, 0, $1)
            }
        }
        for raw in DT_ADD.rawValue...DT_GELU_GRADIENT.rawValue {
            let op = dt_binary(rawValue: raw)
            Self.expect("binary \(raw)", count) {
                $0.binary(op, n, wideA, wideB, 0.3, $1)
            } stored: {
                $0.binary_bf16(op, n, a, b, 0.3, $1)
            }
        }
        for variant in KernelVariant.all {
            let k = variant.table
            let y = Stored.written(count) { k.unary_bf16(DT_SQUARE, n, a, 0, $0) }
            #expect(Stored.changed(a) { k.unary_bf16(DT_SQUARE, n, $0, 0, $0) } == y)
            let sum = Stored.written(count) { k.binary_bf16(DT_SUBTRACT, n, a, b, 0, $0) }
            #expect(Stored.changed(a) { k.binary_bf16(DT_SUBTRACT, n, $0, b, 0, $0) } == sum)
            #expect(Stored.changed(b) { k.binary_bf16(DT_SUBTRACT, n, a, $0, 0, $0) } == sum)
        }
    }

    @Test(arguments: [0.3, Float(bitPattern: 0x7FFF_FFFF)] as [Float]) func specialBinary(p: Float) {
        let a = Stored.numbers(5000, -4...4, seed: 72, special: true)
        let b = Stored.numbers(5000, -4...4, seed: 73, special: true)
        let wideA = Stored.widened(a), wideB = Stored.widened(b)
        for raw in DT_ADD.rawValue...DT_GELU_GRADIENT.rawValue {
            let op = dt_binary(rawValue: raw)
            Self.expect("binary \(raw)", 5000) {
                $0.binary(op, 5000, wideA, wideB, p, $1)
            } stored: {
                $0.binary_bf16(op, 5000, a, b, p, $1)
            }
        }
    }

    // MARK: Conversions

    @Test(arguments: testedCounts + [31, 33, 48, 20000]) func conversions(count: Int) {
        var numbers = TestNumbers(seed: 74)
        // Every pattern of bits, signalling NaNs and NaNs that a carry would make infinite among them.
        var x = (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.bits())) }
        let patterns: [UInt32] = [0x7FFF_FFFF, 0xFFFF_8000, 0x7F80_0001, 0x7F7F_FFFF, 0x0000_8000]
        for (i, pattern) in patterns.enumerated()
        where i < count { x[i] = Float(bitPattern: pattern) }
        let expected = Stored.rounded(x), n = Int64(count)
        for variant in KernelVariant.all {
            let k = variant.table
            let found = Stored.written(count) { k.to_bf16(n, x, $0) }
            #expect(Stored.bits(found) == Stored.bits(expected))
            #expect(bits(written(count) { k.from_bf16(n, found, $0) }) == bits(Stored.widened(found)))
            // In place: rounded to the lower half, moved to the upper half, widened from there.
            var both = x
            both.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let floats = base.assumingMemoryBound(to: Float.self)
                k.to_bf16(n, floats, base.assumingMemoryBound(to: UInt16.self))
                (base + 2 * count).copyMemory(from: base, byteCount: 2 * count)
                k.from_bf16(n, (base + 2 * count).assumingMemoryBound(to: UInt16.self), floats)
            }
            #expect(bits(both) == bits(Stored.widened(expected)))
        }
        let every = Self.everyNumber
        let wide = agreeing("from_bf16") { k in
            written(every.count) { k.from_bf16(Int64(every.count), every, $0) }
        }
        #expect(bits(wide) == bits(Stored.widened(every)))
    }

    // MARK: Shape

    @Test(arguments: ShapeTests.views, [false, true]) func sumsAndBias(_ v: ShapeTests.View, special: Bool) {
        let x = Stored.numbers(v.count, -10...10, seed: 75, special: special), wide = Stored.widened(x)
        let (o, m, i) = v.sizes
        let sums = agreeing("sum") { k in
            written(v.outer * v.inner) { k.sum_middle_bf16(x, o, m, i, $0) }
        }
        let exact = agreeing("sum") { k in written(v.outer * v.inner) { k.sum_middle(wide, o, m, i, $0) } }
        #expect(bits(sums) == bits(exact))
        let bias = Stored.parameters(v.middle, -10...10, seed: 76, special: special)
        for relu in [false, true] {
            Self.expect("bias", v.count) {
                $0.bias_add(wide, bias, o, m, i, relu, $1)
            } stored: {
                $0.bias_add_bf16(x, bias, o, m, i, relu, $1)
            }
            for variant in KernelVariant.all {
                let k = variant.table
                let y = Stored.written(v.count) { k.bias_add_bf16(x, bias, o, m, i, relu, $0) }
                #expect(Stored.changed(x) { k.bias_add_bf16($0, bias, o, m, i, relu, $0) } == y)
            }
        }
    }

    // MARK: Dropout and layer norm

    @Test(arguments: [0, 1, 15, 16, 17, 32, 100]) func dropout(width: Int) {
        let key = dt_philox_key(word: (12, 34)), examples: [Int64] = [3, 5_000_000_000, 7], w = Int64(width)
        let x = Stored.numbers(3 * width, -5...5, seed: 77, special: true), wide = Stored.widened(x)
        Self.expect("dropout", x.count) {
            $0.dropout(key, 9, examples, 3, w, 0.3, wide, $1)
        } stored: {
            $0.dropout_bf16(key, 9, examples, 3, w, 0.3, x, $1)
        }
        for variant in KernelVariant.all {
            let k = variant.table
            let y = Stored.written(x.count) { k.dropout_bf16(key, 9, examples, 3, w, 0.3, x, $0) }
            #expect(Stored.changed(x) { k.dropout_bf16(key, 9, examples, 3, w, 0.3, $0, $0) } == y)
        }
    }

    @Test(arguments: [0, 1, 2, 33], [1, 5, 16, 17, 100, 784])
    func layerNorm(rows: Int, columns: Int) {
        let n = Int64(rows), k = Int64(columns)
        let x = Stored.numbers(rows * columns, 9...11, seed: 78), wide = Stored.widened(x)
        let dy = Stored.numbers(rows * columns, -1...1, seed: 79), wideDy = Stored.widened(dy)
        let gamma = Stored.parameters(columns, -2...2, seed: 80, special: false)
        let beta = Stored.parameters(columns, -1...1, seed: 81, special: false)
        Self.expect("layer norm", x.count) {
            $0.layer_norm(wide, gamma, beta, 1e-5, n, k, $1)
        } stored: {
            $0.layer_norm_bf16(x, gamma, beta, 1e-5, n, k, $1)
        }
        var scratch = [Float](repeating: 0, count: 3 * rows), parameters: [Float] = []
        Self.expect("layer norm gradient", x.count) { kernels, dx in
            parameters = written(2 * columns) {
                kernels.layer_norm_gradient(
                    wide, wideDy, gamma, 1e-5, n, k, &scratch, dx, $0, $0 + columns)
            }
        } stored: { kernels, dx in
            let found = written(2 * columns) {
                kernels.layer_norm_gradient_bf16(x, dy, gamma, 1e-5, n, k, &scratch, dx, $0, $0 + columns)
            }
            #expect(bits(found) == bits(parameters))
        }
        for variant in KernelVariant.all {
            let t = variant.table
            let y = Stored.written(x.count) { t.layer_norm_bf16(x, gamma, beta, 1e-5, n, k, $0) }
            #expect(Stored.changed(x) { t.layer_norm_bf16($0, gamma, beta, 1e-5, n, k, $0) } == y)
        }
    }
}

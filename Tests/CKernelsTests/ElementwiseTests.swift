import CKernels
import Testing

/// Element-wise operations with an exact definition: every result is that definition, rounded as stated.
@Suite struct ElementwiseTests {
    private static let specials: [Float] = [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        .greatestFiniteMagnitude, .leastNormalMagnitude, 3.5, -2.25,
    ]

    private static func operand(_ count: Int, seed: UInt64) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        return numbers.floats(count, -4...4)
    }

    private static func relu<T: FloatingPoint>(_ x: T) -> T { x <= 0 ? 0 : x }
    private static func sign<T: FloatingPoint>(_ x: T) -> T { x > 0 ? 1 : (x < 0 ? -1 : x) }
    private static func larger<T: FloatingPoint>(_ a: T, _ b: T) -> T {
        if a.isNaN || b.isNaN { return .nan }
        return a < b ? b : a
    }

    private static func smaller<T: FloatingPoint>(_ a: T, _ b: T) -> T {
        if a.isNaN || b.isNaN { return .nan }
        return b < a ? b : a
    }

    private static func unaryReference<T: BinaryFloatingPoint>(_ op: dt_unary, _ x: T, _ p: T) -> T? {
        switch op {
        case DT_NEGATE: -x
        case DT_SQRT: x.squareRoot()
        case DT_RECIPROCAL: 1 / x
        case DT_RELU: relu(x)
        case DT_STEP: x > 0 ? 1 : 0
        case DT_SIGN: sign(x)
        case DT_ABS: x.magnitude
        case DT_SQUARE: x * x
        case DT_LEAKY_RELU: x > 0 ? x : p * x
        case DT_CLAMP: x > p ? p : (x < -p ? -p : x)
        case DT_SCALE: p * x
        case DT_OFFSET: x + p
        default: nil
        }
    }

    private static func binaryReference<T: BinaryFloatingPoint>(_ op: dt_binary, _ a: T, _ b: T, _ p: T) -> T?
    {
        switch op {
        case DT_ADD: a + b
        case DT_SUBTRACT: a - b
        case DT_MULTIPLY: a * b
        case DT_DIVIDE: a / b
        case DT_MAXIMUM: larger(a, b)
        case DT_MINIMUM: smaller(a, b)
        case DT_LESS: a < b ? 1 : 0
        case DT_LESS_EQUAL: a <= b ? 1 : 0
        case DT_EQUAL: a == b ? 1 : 0
        case DT_RELU_GRADIENT: a > 0 ? b : 0
        case DT_LEAKY_RELU_GRADIENT: a > 0 ? b : p * b
        case DT_SIGMOID_GRADIENT: b * a * (1 - a)
        case DT_TANH_GRADIENT: b * (1 - a * a)
        default: nil
        }
    }

    private static let unaryOperations = (DT_NEGATE.rawValue...DT_OFFSET.rawValue).map {
        dt_unary(rawValue: $0)
    }
    .filter { unaryReference($0, Float(1), 1) != nil }
    private static let binaryOperations =
        (DT_ADD.rawValue...DT_TANH_GRADIENT.rawValue).map { dt_binary(rawValue: $0) }
        + [DT_MINIMUM, DT_LESS, DT_LESS_EQUAL, DT_EQUAL]

    @Test(arguments: testedCounts) func exactUnary(count: Int) throws {
        let x = Self.operand(count, seed: 1) + Self.specials, n = Int64(x.count), p: Float = 0.3
        let wide = x.map(Double.init)
        for op in Self.unaryOperations {
            let y = agreeing("unary \(op.rawValue)") { k in written(x.count) { k.unary(op, n, x, p, $0) } }
            #expect(
                bits(y) == bits(x.compactMap { Self.unaryReference(op, $0, p) }), "operation \(op.rawValue)")
            let z = agreeingF64("unary_f64 \(op.rawValue)") { k in
                writtenF64(x.count) { k.unary_f64(op, n, wide, 0.3, $0) }
            }
            #expect(
                bits(z) == bits(wide.compactMap { Self.unaryReference(op, $0, 0.3) }), "f64 \(op.rawValue)")
        }
    }

    @Test(arguments: testedCounts) func exactBinary(count: Int) {
        var a = Self.operand(count, seed: 2), b = Self.operand(count, seed: 3)
        for s in Self.specials {
            a += Self.specials.map { _ in s }
            b += Self.specials
        }
        let n = Int64(a.count), p: Float = 0.3, wideA = a.map(Double.init), wideB = b.map(Double.init)
        for op in Self.binaryOperations {
            let y = agreeing("binary \(op.rawValue)") { k in written(a.count) { k.binary(op, n, a, b, p, $0) }
            }
            let expected = zip(a, b).compactMap { Self.binaryReference(op, $0, $1, p) }
            #expect(bits(y) == bits(expected), "operation \(op.rawValue)")
            let z = agreeingF64("binary_f64 \(op.rawValue)") { k in
                writtenF64(a.count) { k.binary_f64(op, n, wideA, wideB, 0.3, $0) }
            }
            let wide = zip(wideA, wideB).compactMap { Self.binaryReference(op, $0, $1, 0.3) }
            #expect(bits(z) == bits(wide), "f64 operation \(op.rawValue)")
        }
    }

    @Test(arguments: KernelVariant.all, testedCounts) func inPlace(variant: KernelVariant, count: Int) {
        let k = variant.table, n = Int64(count)
        let a = Self.operand(count, seed: 4), b = Self.operand(count, seed: 5)
        for raw in DT_NEGATE.rawValue...DT_POWER_OF.rawValue {
            let op = dt_unary(rawValue: raw)
            let apart = written(count) { k.unary(op, n, a, 0.5, $0) }
            let same = written(count) { y in
                for i in 0..<count { y[i] = a[i] }
                k.unary(op, n, y, 0.5, y)
            }
            #expect(bits(apart) == bits(same), "unary \(raw)")
        }
        for raw in DT_ADD.rawValue...DT_EQUAL.rawValue {
            let op = dt_binary(rawValue: raw)
            let apart = written(count) { k.binary(op, n, a, b, 0.5, $0) }
            let first = written(count) { y in
                for i in 0..<count { y[i] = a[i] }
                k.binary(op, n, y, b, 0.5, y)
            }
            let second = written(count) { y in
                for i in 0..<count { y[i] = b[i] }
                k.binary(op, n, a, y, 0.5, y)
            }
            #expect(bits(apart) == bits(first) && bits(apart) == bits(second), "binary \(raw)")
        }
    }

    /// Stored as bfloat16 they give what they give on the same values in Float32, rounded.
    @Test func storedAsBFloat16() {
        let a = StoredBFloat16.numbers(2000, -4...4, seed: 76, special: true)
        let b = StoredBFloat16.numbers(2000, -4...4, seed: 77, special: true)
        let wideA = StoredBFloat16.widened(a), wideB = StoredBFloat16.widened(b)
        for variant in KernelVariant.all {
            let k = variant.table
            func expect(_ what: String, _ stored: [UInt16], _ wide: [Float]) {
                let expected = StoredBFloat16.rounded(wide)
                #expect(StoredBFloat16.bits(stored) == StoredBFloat16.bits(expected), "\(what)")
            }
            for op in [DT_SIN, DT_COS, DT_POWER_OF] {
                expect(
                    "unary \(op.rawValue)",
                    StoredBFloat16.written(2000) { k.unary_bf16(op, 2000, a, 2.5, $0) },
                    written(2000) { k.unary(op, 2000, wideA, 2.5, $0) })
            }
            for op in [DT_POWER, DT_MINIMUM, DT_LESS, DT_LESS_EQUAL, DT_EQUAL] {
                expect(
                    "binary \(op.rawValue)",
                    StoredBFloat16.written(2000) { k.binary_bf16(op, 2000, a, b, 0, $0) },
                    written(2000) { k.binary(op, 2000, wideA, wideB, 0, $0) })
            }
        }
    }

    @Test(arguments: testedCounts) func fillAndConversions(count: Int) {
        let n = Int64(count)
        var numbers = TestNumbers(seed: 6)
        let wide = numbers.doubles(count, -1e3...1e3) + [1e300, -1e300, 1e-300, .nan, -.infinity, -0.0]
        let filled = agreeing("fill") { k in written(count) { k.fill(n, 2.5, $0) } }
        #expect(filled == [Float](repeating: 2.5, count: count))
        let narrow = agreeing("to_f32") { k in written(wide.count) { k.to_f32(Int64(wide.count), wide, $0) } }
        #expect(bits(narrow) == bits(wide.map { Float($0) }))
        let back = agreeingF64("to_f64") { k in
            writtenF64(narrow.count) { k.to_f64(Int64(narrow.count), narrow, $0) }
        }
        #expect(bits(back) == bits(narrow.map(Double.init)))
    }

    @Test func detectionNamesEveryVariant() {
        #expect(
            KernelVariant.all.map(\.testDescription)
                == Array(["baseline", "avx2", "avx512"].prefix(KernelVariant.all.count)))
        for variant in KernelVariant.all { #expect(variant.table.isa == variant.isa) }
    }
}

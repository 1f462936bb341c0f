import CKernels
import Foundation
import Testing

/// Transcendental functions against the platform's Float64 library, whose own error (about 1e-16, 2e-9 of a
/// Float32 ulp) does not count in the Float32 comparisons.
@Suite struct FunctionsTests {
    /// One function with its reference and the range of arguments where it is neither 0, 1 nor infinite.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let op: dt_unary
        let interesting: ClosedRange<Double>
        let reference: @Sendable (Double) -> Double

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "exp", op: DT_EXP, interesting: -104...89, reference: { exp($0) }),
        Case(name: "log", op: DT_LOG, interesting: 0...100, reference: { log($0) }),
        Case(name: "tanh", op: DT_TANH, interesting: -10...10, reference: { tanh($0) }),
        Case(name: "sigmoid", op: DT_SIGMOID, interesting: -104...20) { x in
            x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
        },
        Case(name: "erf", op: DT_ERF, interesting: -4...4, reference: { erf($0) }),
        Case(name: "gelu", op: DT_GELU, interesting: -15...6) { x in
            x == -.infinity ? -0.0 : 0.5 * x * erfc(-x * 0.5.squareRoot())
        },
        Case(name: "softplus", op: DT_SOFTPLUS, interesting: -104...20) { x in
            x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
        },
        Case(name: "sin", op: DT_SIN, interesting: -10...10, reference: { sin($0) }),
        Case(name: "cos", op: DT_COS, interesting: -10...10, reference: { cos($0) }),
    ]

    /// Every 9973rd Float32, so all signs, exponents, subnormal numbers, infinities and NaNs come up.
    static let everySize = stride(from: UInt32(0), to: .max - 9973, by: 9973).map { Float(bitPattern: $0) }

    /// Rounding to Float32 costs half an ulp; the Float64 evaluation before it errs by less than 2^-29, which
    /// is 2^-5 of an ulp at most (an ulp is at least 2^-24 of the value).
    @Test(arguments: cases) func float32IsRoundedOnce(_ c: Case) {
        var numbers = TestNumbers(seed: 7)
        let x = Self.everySize + numbers.floats(100_001, c.interesting) + numbers.floats(50_000, -1...1)
        let y = agreeing(c.name) { k in written(x.count) { k.unary(c.op, Int64(x.count), x, 0, $0) } }
        var worst = 0.0, at = Float(0)
        for (value, result) in zip(x, y) {
            let exact = c.reference(Double(value)), distance = ulps(result, exact)
            if distance > worst { (worst, at) = (distance, value) }
            if result == 0 && Float(exact) == 0 { #expect(result.sign == exact.sign, "\(c.name)(\(value))") }
        }
        #expect(worst <= 0.5 + 0x1p-5, "\(c.name) is off by \(worst) ulp at \(at)")
    }

    /// 1e-14 relative. In the lower tail of gelu the reference takes erfc of a rounded x/sqrt(2), an error of
    /// x^2/2 roundings, so the comparison there stays above -6 where that is below 1e-14.
    @Test(arguments: cases) func float64(_ c: Case) {
        var numbers = TestNumbers(seed: 8)
        let lower = c.op == DT_GELU ? -6 : max(c.interesting.lowerBound * 6.5, -700)
        var x = numbers.doubles(20_001, lower...(c.interesting.upperBound * 6.5))
        x += numbers.doubles(20_000, -0.7...0.7) + numbers.doubles(5_000, 0.9...1.1)
        x += [0, -0.0, 1e-300, -1e-300, .nan, 1e-20, -1e-20]
        let y = agreeingF64(c.name) { k in writtenF64(x.count) { k.unary_f64(c.op, Int64(x.count), x, 0, $0) }
        }
        for (value, result) in zip(x, y) {
            let exact = c.reference(value)
            let good =
                exact.isNaN ? result.isNaN : result == exact || abs(result - exact) <= 1e-14 * abs(exact)
            #expect(good, "\(c.name)(\(value)) = \(result), not \(exact)")
        }
    }

    @Test func float64Extremes() {
        let x: [Double] = [.infinity, -.infinity, 1e4, -1e4, .leastNonzeroMagnitude, 709.7, -745, -740]
        func all(_ op: dt_unary) -> [Double] {
            agreeingF64("\(op.rawValue)") { k in
                writtenF64(x.count) { k.unary_f64(op, Int64(x.count), x, 0, $0) }
            }
        }
        let e = all(DT_EXP)
        #expect(Array(e.prefix(5)) == [.infinity, 0, .infinity, 0, 1])
        #expect(abs(e[5] / exp(709.7) - 1) < 1e-14)
        // Subnormal results: right to one unit of their own last place.
        #expect(
            abs(e[6] - exp(-745)) <= .leastNonzeroMagnitude && abs(e[7] - exp(-740)) <= .leastNonzeroMagnitude
        )
        let l = all(DT_LOG)
        #expect(l[0] == .infinity && l[1].isNaN && l[3].isNaN)
        #expect(abs(l[4] / log(Double.leastNonzeroMagnitude) - 1) < 1e-14)
        #expect(Array(all(DT_TANH).prefix(5)) == [1, -1, 1, -1, .leastNonzeroMagnitude])
        #expect(Array(all(DT_ERF).prefix(4)) == [1, -1, 1, -1])
        #expect(Array(all(DT_SIGMOID).prefix(5)) == [1, 0, 1, 0, 0.5])
        #expect(Array(all(DT_SOFTPLUS).prefix(4)) == [.infinity, 0, 1e4, 0])
        #expect(Array(all(DT_GELU).prefix(4)) == [.infinity, 0, 1e4, 0])
    }

    /// -x*Phi(-x) at 10, 20 and 35, to 17 digits from 40-digit arithmetic: tails where x*x's rounding would
    /// show.
    @Test func geluTail() {
        let x = [-10.0, -20, -35]
        let exact = [-7.61985302416052607e-23, -5.50724823721246739e-88, -3.93718747265342185e-267]
        let y = agreeingF64("gelu") { k in writtenF64(3) { k.unary_f64(DT_GELU, 3, x, 0, $0) } }
        for i in 0..<3 { #expect(abs(y[i] / exact[i] - 1) <= 1e-14, "gelu(\(x[i])) = \(y[i])") }
    }

    /// Phi(a) + a*phi(a) has a zero; the error is relative to the larger of the two terms: the _24 forms'
    /// 2^-29 and one rounding.
    @Test func geluGradient() {
        var numbers = TestNumbers(seed: 9)
        let a =
            numbers.floats(40_001, -9...9) + [0, -0.0, 1e-20, -1e-20, 100, -100, .infinity, -.infinity, .nan]
        let b = numbers.floats(a.count, 0.5...2), n = Int64(a.count)
        let y = agreeing("gelu gradient") { k in
            written(a.count) { k.binary(DT_GELU_GRADIENT, n, a, b, 0, $0) }
        }
        let wideA = a.map(Double.init), wideB = b.map(Double.init)
        let z = agreeingF64("gelu gradient") { k in
            writtenF64(a.count) { k.binary_f64(DT_GELU_GRADIENT, n, wideA, wideB, 0, $0) }
        }
        for i in a.indices {
            let x = max(min(wideA[i], 1000), -1000)
            if a[i].isNaN {
                #expect(y[i].isNaN && z[i].isNaN)
                continue
            }
            let cdf = 0.5 * erfc(-x * 0.5.squareRoot()),
                slope = x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
            let exact = wideB[i] * (cdf + slope), scale = wideB[i] * max(cdf, abs(slope))
            #expect(
                abs(Double(y[i]) - exact) <= 0.5 * Double(Float(exact).ulp) + 2 * 0x1p-29 * scale,
                "at \(a[i])")
            #expect(abs(z[i] - exact) <= 4e-14 * scale, "f64 at \(a[i])")
        }
    }

    /// Angles of every size and close to multiples of pi/2, where the error is relative to what is left.
    @Test func angles() {
        var numbers = TestNumbers(seed: 91)
        var x = (0..<20_000).map { _ in Double(bitPattern: numbers.bits()) }
        x += numbers.doubles(20_000, -1.1e6...1.1e6)
        x += (0..<20_000).map { Double($0 * 31) * (Double.pi / 2) }
        x += [0, -0.0, .infinity, -.infinity, .nan, 1e6, -1e6, .greatestFiniteMagnitude]
        x += [.leastNonzeroMagnitude, -.leastNonzeroMagnitude]
        let references: [(dt_unary, @Sendable (Double) -> Double)] = [
            (DT_SIN, { sin($0) }), (DT_COS, { cos($0) }),
        ]
        for (op, reference) in references {
            let y = agreeingF64("angles") { k in
                writtenF64(x.count) { k.unary_f64(op, Int64(x.count), x, 0, $0) }
            }
            for (value, result) in zip(x, y) {
                let exact = reference(value)
                let good =
                    exact.isNaN ? result.isNaN : result == exact || abs(result - exact) <= 1e-15 * abs(exact)
                #expect(good, "\(op.rawValue) of \(value) is \(result), not \(exact)")
            }
        }
    }

    /// The Float64 that comes closest to a multiple of pi/2, from 200-digit arithmetic.
    @Test func closestAngle() {
        let x = [6_381_956_970_095_103 * 0x1p797, 1e22]
        let y = agreeingF64("cos") { k in writtenF64(2) { k.unary_f64(DT_COS, 2, x, 0, $0) } }
        #expect(abs(y[0] / -4.687165924254627611e-19 - 1) <= 1e-15, "\(y[0])")
        let z = agreeingF64("sin") { k in writtenF64(2) { k.unary_f64(DT_SIN, 2, x, 0, $0) } }
        #expect(abs(z[1] / -0.8522008497671888018 - 1) <= 1e-15, "\(z[1])")
    }

    /// Pairs of a base and an exponent: every pair of special ones, ordinary ones, and whole exponents of
    /// negative bases.
    private static func powers() -> (bases: [Float], exponents: [Float]) {
        let special: [Float] = [
            0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
            -.leastNonzeroMagnitude, .greatestFiniteMagnitude, 16_777_216, 16_777_215, -16_777_215,
            8_388_607.5,
        ]
        var bases = special.flatMap { base in special.map { _ in base } }
        var exponents = special.flatMap { _ in special }
        var numbers = TestNumbers(seed: 92)
        bases += numbers.floats(20_000, 0...20) + numbers.floats(20_000, -20...20)
        exponents += numbers.floats(20_000, -30...30) + numbers.floats(20_000, -30...30).map { $0.rounded() }
        return (bases, exponents)
    }

    /// The rules of C's pow are the platform's; the logarithm's error grows by the exponent, in Float64 too.
    @Test func power() {
        let (a, b) = Self.powers(), n = Int64(a.count)
        let y = agreeing("power") { k in written(a.count) { k.binary(DT_POWER, n, a, b, 0, $0) } }
        let wideA = a.map(Double.init), wideB = b.map(Double.init)
        let z = agreeingF64("power") { k in
            writtenF64(a.count) { k.binary_f64(DT_POWER, n, wideA, wideB, 0, $0) }
        }
        for i in a.indices {
            let exact = pow(wideA[i], wideB[i])
            #expect(ulps(y[i], exact) <= 0.5 + 0x1p-5, "\(a[i])^\(b[i]) = \(y[i]), not \(exact)")
            let allowed = 2e-15 * abs(exact) + Double.leastNonzeroMagnitude
            let good = exact.isNaN ? z[i].isNaN : z[i] == exact || abs(z[i] - exact) <= allowed
            #expect(good, "f64: \(a[i])^\(b[i]) = \(z[i]), not \(exact)")
            if exact == 0 {
                #expect(y[i].sign == exact.sign && z[i].sign == exact.sign, "\(a[i])^\(b[i])")
            }
        }
    }

    /// A constant exponent, also one for which there is a simpler operation.
    @Test(arguments: [0, 1, 2, 3, -1, -2, 0.5, -0.5, 10, 0.1, .infinity, .nan] as [Float])
    func constantPower(p: Float) {
        let x = Self.everySize + Self.powers().bases, n = Int64(x.count)
        let y = agreeing("power of") { k in written(x.count) { k.unary(DT_POWER_OF, n, x, p, $0) } }
        let wide = x.map(Double.init)
        let z = agreeingF64("power of") { k in
            writtenF64(x.count) { k.unary_f64(DT_POWER_OF, n, wide, Double(p), $0) }
        }
        var worst = 0.0, worstF64 = 0.0
        for i in x.indices {
            let exact = pow(wide[i], Double(p))
            worst = max(worst, ulps(y[i], exact))
            if exact.isNormal { worstF64 = max(worstF64, abs(z[i] / exact - 1)) }
            #expect(exact.isFinite || bits([z[i]]) == bits([exact]), "\(x[i])^\(p) = \(z[i])")
        }
        #expect(worst <= 0.5 + 0x1p-5 && worstF64 <= 2e-15, "\(worst) ulp, \(worstF64)")
    }
}

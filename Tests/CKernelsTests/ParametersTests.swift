import CKernels
import Testing

/// Optimizer steps against torch's operations one by one in Float32, and sums over parameters.
@Suite struct ParametersTests {
    private static func sgd(_ h: dt_sgd, _ w: [Float], _ g: [Float], _ velocity: [Float])
        -> (w: [Float], velocity: [Float])
    {
        let both = agreeing("sgd") { kernels in
            var w = w, velocity = velocity
            kernels.sgd(h, Int64(w.count), &w, g, &velocity)
            return w + velocity
        }
        return (Array(both.prefix(w.count)), Array(both.suffix(velocity.count)))
    }

    private static func adam(_ h: dt_adam, _ w: [Float], _ g: [Float], _ m: [Float], _ v: [Float])
        -> (w: [Float], m: [Float], v: [Float])
    {
        let n = w.count
        let all = agreeing("adam") { kernels in
            var w = w, m = m, v = v
            kernels.adam(h, Int64(n), &w, g, &m, &v)
            return w + m + v
        }
        return (Array(all[0..<n]), Array(all[n..<2 * n]), Array(all[2 * n..<3 * n]))
    }

    // MARK: SGD

    @Test(
        arguments: testedCounts,
        [(0.9, 0, 0, false), (0.9, 0.1, 0.01, false), (0.8, 0, 0.5, true), (0, 0, 0.1, false)])
    func sgdSteps(count: Int, setting: (Double, Double, Double, Bool)) {
        let (momentum, dampening, decay, nesterov) = setting
        var numbers = TestNumbers(seed: 20)
        var w = numbers.floats(count, -1...1), v = [Float](repeating: .nan, count: count)
        for step in 0..<3 {
            let g = numbers.floats(count, -1...1)
            let h = dt_sgd(
                lr: 0.1, momentum: momentum, dampening: dampening, weight_decay: decay,
                has_velocity: momentum != 0, nesterov: nesterov, first_step: step == 0)
            var expectedW = w, expectedV = v
            for i in 0..<count {
                var d = g[i]
                if decay != 0 { d = d + Float(decay) * w[i] }
                if momentum != 0 {
                    expectedV[i] = step == 0 ? d : v[i] * Float(momentum) + Float(1 - dampening) * d
                    d = nesterov ? d + Float(momentum) * expectedV[i] : expectedV[i]
                }
                expectedW[i] = w[i] - 0.1 * d
            }
            let result = Self.sgd(h, w, g, v)
            #expect(bits(result.w) == bits(expectedW) && bits(result.velocity) == bits(expectedV))
            (w, v) = result
        }
    }

    /// Two steps by hand: v = 1, then 0.5*1 + 2 = 2.5.
    @Test func sgdByHand() {
        var h = dt_sgd(
            lr: 0.5, momentum: 0.5, dampening: 0, weight_decay: 0, has_velocity: true, nesterov: false,
            first_step: true)
        let first = Self.sgd(h, [4], [1], [99])
        #expect(first.w == [3.5] && first.velocity == [1])
        h.first_step = false
        let second = Self.sgd(h, first.w, [2], first.velocity)
        #expect(second.w == [2.25] && second.velocity == [2.5])
        h.nesterov = true
        #expect(Self.sgd(h, first.w, [2], first.velocity).w == [3.5 - 0.5 * (2 + 0.5 * 2.5)])
    }

    // MARK: Adam

    @Test(arguments: testedCounts, [(0.9, 0, false), (0.9, 0.1, false), (0.9, 0.1, true), (0.25, 0, false)])
    func adamSteps(count: Int, setting: (Float, Float, Bool)) {
        let (beta1, decay, decoupled) = setting
        let beta2: Float = 0.95, epsilon: Float = 1e-8, lr: Float = 0.01
        var numbers = TestNumbers(seed: 21)
        var w = numbers.floats(count, -1...1)
        var m = [Float](repeating: 0, count: count), v = m
        var power1 = 1.0, power2 = 1.0
        for _ in 0..<4 {
            power1 *= Double(beta1)
            power2 *= Double(beta2)
            let h = dt_adam(
                lr: .init(lr), beta1: .init(beta1), beta2: .init(beta2), epsilon: .init(epsilon),
                weight_decay: .init(decay), bias_correction1: .init(1 - power1),
                bias_correction2_sqrt: .init((1 - power2).squareRoot()), decoupled: decoupled)
            let g = numbers.floats(count, -1...1)
            let step = Float(Double(h.lr) / Double(h.bias_correction1))
            let way1 = Float(1 - Double(beta1)), way2 = Float(1 - Double(beta2))
            var expected = (w: w, m: m, v: v)
            for i in 0..<count {
                var d = g[i], weight = w[i]
                if decay != 0 {
                    if decoupled {
                        weight = weight * Float(1 - Double(h.lr) * Double(h.weight_decay))
                    } else {
                        d = d + decay * weight
                    }
                }
                expected.m[i] = way1 < 0.5 ? m[i] + way1 * (d - m[i]) : d - (d - m[i]) * (1 - way1)
                expected.v[i] = v[i] * beta2 + (way2 * d) * d
                let denominator = expected.v[i].squareRoot() / Float(h.bias_correction2_sqrt) + epsilon
                expected.w[i] = weight - (step * expected.m[i]) / denominator
            }
            let result = Self.adam(h, w, g, m, v)
            #expect(bits(result.w) == bits(expected.w))
            #expect(bits(result.m) == bits(expected.m) && bits(result.v) == bits(expected.v))
            (w, m, v) = result
        }
    }

    /// The first step moves every weight by lr against its gradient's sign, whatever the gradient's size: m
    /// and v are g and g*g times their bias corrections. Nine roundings lie on the way.
    @Test func adamsFirstStepIsTheLearningRate() {
        let g: [Float] = [1e-3, -5, 40, -0.125]
        let h = dt_adam(
            lr: 0.5, beta1: 0.75, beta2: 0.75, epsilon: 0, weight_decay: 0, bias_correction1: 0.25,
            bias_correction2_sqrt: 0.5, decoupled: false)
        let zeros = [Float](repeating: 0, count: 4)
        for (w, g) in zip(Self.adam(h, zeros, g, zeros, zeros).w, g) {
            #expect(ulps(w, g > 0 ? -0.5 : 0.5) <= 9)
        }
    }

    // MARK: Sums

    @Test(arguments: testedCounts) func sumOfSquares(count: Int) {
        var numbers = TestNumbers(seed: 22)
        let x = numbers.floats(count, -1e3...1e3)
        var lanes = [Double](repeating: 0, count: 16)
        for (i, x) in x.enumerated() { lanes[i % 16] += Double(x) * Double(x) }
        for half in [8, 4, 2, 1] {
            for lane in 0..<half { lanes[lane] += lanes[lane + half] }
        }
        let result = agreeingF64("sum of squares") { [$0.sum_of_squares(Int64(count), x)] }
        #expect(result[0].bitPattern == lanes[0].bitPattern)
    }

    @Test(arguments: testedCounts) func dot(count: Int) {
        var numbers = TestNumbers(seed: 24)
        let a = numbers.floats(count, -1e3...1e3), b = numbers.floats(count, -1...1)
        var lanes = [Double](repeating: 0, count: 16)
        for i in 0..<count { lanes[i % 16] += Double(a[i]) * Double(b[i]) }
        for half in [8, 4, 2, 1] {
            for lane in 0..<half { lanes[lane] += lanes[lane + half] }
        }
        let result = agreeingF64("dot") { [$0.dot(Int64(count), a, b), $0.dot(Int64(count), a, a)] }
        #expect(result[0].bitPattern == lanes[0].bitPattern)
        #expect(result[1] == KernelVariant.all[0].table.sum_of_squares(Int64(count), a))
    }

    @Test(arguments: testedCounts) func clamp(count: Int) {
        var numbers = TestNumbers(seed: 25)
        var x = numbers.floats(count, -2...2)
        for (i, value) in [Float.nan, .infinity, -.infinity, 0.5, -0.5].enumerated() where i < count {
            x[i] = value
        }
        let expected = x.map { $0 < -0.5 ? -0.5 : $0 > 0.5 ? 0.5 : $0 }
        let result = agreeing("clamp") { k in
            written(count) {
                $0.update(from: x, count: count)
                k.clamp(Int64(count), 0.5, $0)
            }
        }
        #expect(bits(result) == bits(expected))
    }

    @Test(arguments: testedCounts) func add(count: Int) {
        var numbers = TestNumbers(seed: 23)
        let a = numbers.floats(count, -1...1), b = numbers.floats(count, -1e-3...1e-3)
        let sum = zip(a, b).map { $0 + $1 }
        #expect(agreeing("add") { k in written(count) { k.add(Int64(count), a, b, $0) } } == sum)
        let a64 = numbers.doubles(count, -1...1), b64 = numbers.doubles(count, -1e-3...1e-3)
        let sum64 = zip(a64, b64).map { $0 + $1 }
        #expect(
            agreeingF64("add_f64") { k in writtenF64(count) { k.add_f64(Int64(count), a64, b64, $0) } }
                == sum64)

        for variant in KernelVariant.all {
            var left = a, right = b, left64 = a64
            left.withUnsafeMutableBufferPointer {
                variant.table.add(Int64(count), $0.baseAddress, b, $0.baseAddress)
            }
            right.withUnsafeMutableBufferPointer {
                variant.table.add(Int64(count), a, $0.baseAddress, $0.baseAddress)
            }
            left64.withUnsafeMutableBufferPointer {
                variant.table.add_f64(Int64(count), $0.baseAddress, b64, $0.baseAddress)
            }
            #expect(left == sum && right == sum && left64 == sum64, "in place, \(variant.testDescription)")
        }
    }
}

import CKernels
import Testing

/// Batch norm's coefficients, affine map and gradient.
///
/// The references repeat the promised operations one by one in Float32; every one is correctly rounded, so
/// results are compared bit by bit. Two tests compare with the mathematics in Float64 instead.
@Suite struct BatchNormTests {
    /// Half a unit in the last place of Float32 and Float64 numbers near 1.
    private static let unit32 = 0x1p-24, unit64 = 0x1p-53

    /// One batch-norm problem: values are [n][c][hw].
    private struct Problem {
        let shape: ActivationShape
        var x, dy, gamma, beta: [Float]
        var eps = 1e-5

        init(_ shape: ActivationShape, seed: UInt64, mean: Double = 1, deviation: Double = 2) {
            var numbers = TestNumbers(seed: seed)
            let count = shape.n * shape.c * shape.hw
            self.shape = shape
            x = numbers.floats(count, mean - deviation...mean + deviation)
            dy = numbers.floats(count, -1...1)
            gamma = numbers.floats(shape.c, -2...2)
            beta = numbers.floats(shape.c, -1...1)
        }

        var moments: [Double] {
            agreeingF64("moments") { kernels in
                writtenF64(1 + 2 * shape.c) { kernels.channel_moments(shape.stored(x), shape.descriptor, $0) }
            }
        }

        var coefficients: [Float] {
            let moments = moments
            return agreeing("coefficients") { kernels in
                written(5 * shape.padded) {
                    kernels.batch_norm_coefficients(
                        moments, gamma, beta, eps, Int64(shape.c), Int64(shape.padded), $0)
                }
            }
        }

        func y(_ coefficients: [Float], relu: Bool) -> [Float] {
            let stored = shape.stored(x)
            return shape.values(
                agreeing("batch norm") { kernels in
                    written(shape.count) {
                        kernels.batch_norm(stored, shape.descriptor, coefficients, relu, $0)
                    }
                })
        }

        func sums(_ coefficients: [Float], relu: Bool) -> [Double] {
            let x = shape.stored(x), dy = shape.stored(dy)
            return agreeingF64("gradient sums") { kernels in
                writtenF64(2 * shape.c) {
                    kernels.batch_norm_gradient_sums(x, dy, shape.descriptor, coefficients, relu, $0)
                }
            }
        }

        func means(_ sums: [Double]) -> [Float] {
            agreeing("gradient means") { kernels in
                written(2 * shape.padded) {
                    kernels.batch_norm_gradient_means(
                        sums, Double(shape.n * shape.hw), Int64(shape.c), Int64(shape.padded), $0)
                }
            }
        }

        func dx(_ coefficients: [Float], _ means: [Float], relu: Bool) -> [Float] {
            let x = shape.stored(x), dy = shape.stored(dy)
            return shape.values(
                agreeing("gradient") { kernels in
                    written(shape.count) {
                        kernels.batch_norm_gradient(x, dy, shape.descriptor, coefficients, means, relu, $0)
                    }
                })
        }

        /// What each value's channel has in coefficient array `array`.
        func spread(_ coefficients: [Float], _ array: Int) -> [Float] {
            x.indices.map { coefficients[array * shape.padded + $0 / shape.hw % shape.c] }
        }
    }

    private static func normalized(_ p: Problem, _ k: [Float]) -> (
        centered: [Float], y: [Float], xhat: [Float]
    ) {
        let hi = p.spread(k, 0), lo = p.spread(k, 1), invStd = p.spread(k, 2)
        let scale = p.spread(k, 3), beta = p.spread(k, 4)
        let centered = p.x.indices.map { (p.x[$0] - hi[$0]) - lo[$0] }
        return (
            centered, centered.indices.map { centered[$0] * scale[$0] + beta[$0] },
            centered.indices.map { centered[$0] * invStd[$0] }
        )
    }

    // MARK: Coefficients

    @Test(arguments: [(3, 3), (20, 32), (16, 16)]) func coefficients(c: Int, padded: Int) {
        var numbers = TestNumbers(seed: 5)
        let gamma = numbers.floats(c, -2...2), beta = numbers.floats(c, -2...2)
        let moments = [392] + numbers.doubles(c, -1e4...1e4) + numbers.doubles(c, 0...1e3)
        for (gamma, beta) in [(gamma, beta), (nil, nil)] as [([Float]?, [Float]?)] {
            let result = agreeing("coefficients") { kernels in
                written(5 * padded) {
                    kernels.batch_norm_coefficients(moments, gamma, beta, 1e-5, Int64(c), Int64(padded), $0)
                }
            }
            for channel in 0..<padded {
                let found = (0..<5).map { result[$0 * padded + channel] }
                guard channel < c else {
                    #expect(found == [0, 0, 0, 0, 0])
                    continue
                }
                let mean = moments[1 + channel],
                    invStd = 1 / (moments[1 + c + channel] / 392 + 1e-5).squareRoot()
                let hi = Float(mean)
                let scale = Float(Double(gamma?[channel] ?? 1) * invStd)
                #expect(
                    found == [hi, Float(mean - Double(hi)), Float(invStd), scale, beta?[channel] ?? 0],
                    "channel \(channel)")
            }
        }
    }

    @Test func runningCoefficients() {
        let mean: [Float] = [0.1, -3, 1e4], variance: [Float] = [1, 0, 0.25]
        let gamma: [Float] = [1, 2, 3], beta: [Float] = [4, 5, 6]
        let result = agreeing("running coefficients") { kernels in
            written(5 * 8) {
                kernels.batch_norm_running_coefficients(mean, variance, gamma, beta, 1e-3, 3, 8, $0)
            }
        }
        for channel in 0..<8 {
            let found = (0..<5).map { result[$0 * 8 + channel] }
            guard channel < 3 else {
                #expect(found == [0, 0, 0, 0, 0])
                continue
            }
            let invStd = 1 / (Double(variance[channel]) + 1e-3).squareRoot()
            let scale = Float(Double(gamma[channel]) * invStd)
            #expect(found == [mean[channel], 0, Float(invStd), scale, beta[channel]])
        }
    }

    // MARK: The map and its gradient, bit by bit

    @Test(arguments: ActivationShape.tested) func forward(shape: ActivationShape) {
        let p = Problem(shape, seed: 6)
        let k = p.coefficients
        let y = Self.normalized(p, k).y
        #expect(bits(p.y(k, relu: false)) == bits(y))
        #expect(bits(p.y(k, relu: true)) == bits(y.map { $0 <= 0 ? 0 : $0 }))
    }

    @Test(arguments: ActivationShape.tested, [false, true])
    func gradient(shape: ActivationShape, relu: Bool) {
        let p = Problem(shape, seed: 7)
        let k = p.coefficients
        let (_, y, xhat) = Self.normalized(p, k)
        let passed = p.dy.indices.map { !relu || y[$0] > 0 ? p.dy[$0] : 0 }

        let sums = p.sums(k, relu: relu)
        for channel in 0..<shape.c {
            let g = shape.channel(channel, of: passed).map(Double.init)
            let products = zip(g, shape.channel(channel, of: xhat)).map { $0 * Double($1) }
            for (found, terms) in [(sums[channel], g), (sums[shape.c + channel], products)] {
                // Two sums of N terms in different orders.
                let bound = 2 * Double(terms.count) * Self.unit64 * terms.reduce(0) { $0 + abs($1) }
                #expect(abs(found - terms.reduce(0, +)) <= bound, "channel \(channel)")
            }
        }

        let means = p.means(sums)
        let total = Double(shape.n * shape.hw)
        for channel in 0..<shape.padded {
            let real = channel < shape.c && total > 0
            #expect(means[channel] == (real ? Float(sums[channel] / total) : 0))
            #expect(means[shape.padded + channel] == (real ? Float(sums[shape.c + channel] / total) : 0))
        }

        let scale = p.spread(k, 3), mean = p.spread(means, 0), meanXhat = p.spread(means, 1)
        let dx = passed.indices.map { (i: Int) -> Float in
            let rest: Float = passed[i] - mean[i]
            return scale[i] * (rest - xhat[i] * meanXhat[i])
        }
        #expect(bits(p.dx(k, means, relu: relu)) == bits(dx))
    }

    @Test(arguments: KernelVariant.all, [1, 8, 16, 20]) func inPlace(variant: KernelVariant, block: Int) {
        let p = Problem(ActivationShape(n: 3, c: 20, h: 5, w: 7, block: block), seed: 8)
        let k = p.coefficients, means = p.means(p.sums(k, relu: true))
        let x = p.shape.stored(p.x)
        var y = x
        y.withUnsafeMutableBufferPointer {
            variant.table.batch_norm($0.baseAddress, p.shape.descriptor, k, true, $0.baseAddress)
        }
        #expect(bits(p.shape.values(y)) == bits(p.y(k, relu: true)))
        var dx = p.shape.stored(p.dy)
        dx.withUnsafeMutableBufferPointer {
            variant.table.batch_norm_gradient(
                x, $0.baseAddress, p.shape.descriptor, k, means, true, $0.baseAddress)
        }
        #expect(bits(p.shape.values(dx)) == bits(p.dx(k, means, relu: true)))
    }

    /// The same bits as one after the other, and in place.
    @Test(arguments: ActivationShape.tested, [false, true])
    func addition(shape: ActivationShape, relu: Bool) {
        let p = Problem(shape, seed: 13)
        let k = p.coefficients, plain = p.y(k, relu: false)
        let x = shape.stored(p.x), addend = shape.stored(p.dy)
        let found = agreeing("batch norm, add") { kernels in
            written(shape.count) { kernels.batch_norm_add(x, addend, shape.descriptor, k, relu, $0) }
        }
        let sum = zip(plain, p.dy).map { $0 + $1 }
        #expect(bits(shape.values(found)) == bits(sum.map { relu && $0 <= 0 ? 0 : $0 }))
        for variant in KernelVariant.all {
            var y = addend
            y.withUnsafeMutableBufferPointer {
                variant.table.batch_norm_add(x, $0.baseAddress, shape.descriptor, k, relu, $0.baseAddress)
            }
            #expect(bits(y) == bits(found))
        }
    }

    /// Likewise the way back through the ReLU behind the sum.
    @Test(arguments: ActivationShape.tested) func additionGradient(shape: ActivationShape) {
        var p = Problem(shape, seed: 14)
        var numbers = TestNumbers(seed: 15)
        let k = p.coefficients, y = numbers.floats(p.x.count, -1...1)
        let x = shape.stored(p.x), dy = shape.stored(p.dy), mask = shape.stored(y)
        let passed = zip(p.dy, y).map { dy, y -> Float in y > 0 ? dy : 0 }
        let storedPassed = bits(shape.stored(passed))
        p.dy = passed
        let sums = bits(p.sums(k, relu: false))
        for variant in KernelVariant.all {
            let kernels = variant.table
            var found: [Double] = []
            let apart = written(shape.count) { out in
                found = writtenF64(2 * shape.c) {
                    kernels.batch_norm_add_gradient_sums(x, mask, dy, shape.descriptor, k, out, $0)
                }
            }
            #expect(bits(found) == sums && bits(shape.values(apart)) == bits(passed))
            var inPlace = dy
            found = writtenF64(2 * shape.c) { sums in
                inPlace.withUnsafeMutableBufferPointer {
                    kernels.batch_norm_add_gradient_sums(
                        x, mask, $0.baseAddress, shape.descriptor, k, $0.baseAddress, sums)
                }
            }
            #expect(bits(found) == sums && bits(inPlace) == storedPassed)
        }
    }

    @Test func reluLetsNotANumberThroughForward() {
        let shape = ActivationShape(n: 1, c: 1, h: 1, w: 3, block: 1)
        var p = Problem(shape, seed: 9)
        p.x = [.nan, 1, -1]
        let k: [Float] = [0, 0, 1, 1, 0]
        #expect(bits(p.y(k, relu: true)) == bits([.nan, 1, 0]))
        #expect(p.sums(k, relu: true)[0] == Double(p.dy[1]))
    }

    // MARK: Against the mathematics

    /// Deviations a millionth of the mean come out as precisely as any: x - hi is exact here (Sterbenz), and
    /// -lo, the rounded scale, the product and the sum each err by one unit.
    @Test(arguments: [1, 8, 16, 20]) func farFromZero(block: Int) {
        let p = Problem(
            ActivationShape(n: 4, c: 20, h: 9, w: 11, block: block), seed: 10, mean: 1e4, deviation: 1e-2)
        let y = p.y(p.coefficients, relu: false), total = Double(p.shape.n * p.shape.hw)
        for channel in 0..<p.shape.c {
            let x = p.shape.channel(channel, of: p.x).map(Double.init)
            let mean = 1e4 + x.reduce(0) { $0 + ($1 - 1e4) } / total
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / total
            let scale = Double(p.gamma[channel]) / (variance + p.eps).squareRoot()
            for (found, x) in zip(p.shape.channel(channel, of: y), x) {
                let product = (x - mean) * scale, exact = product + Double(p.beta[channel])
                // lo is at most half a unit in the last place of the mean, and rounded to Float32 itself.
                let lo = Double(Float(mean).ulp) / 2 * abs(scale)
                let bound = 1.01 * Self.unit32 * (3 * abs(product) + lo + abs(exact))
                #expect(abs(Double(found) - exact) <= bound)
            }
        }
    }

    /// The loss is sum(dy*relu(y)); a central difference in Float64 is exact to the square of its step.
    @Test(arguments: [false, true]) func gradientIsTheDerivative(relu: Bool) {
        let shape = ActivationShape(n: 3, c: 2, h: 2, w: 3, block: 1)
        let p = Problem(shape, seed: 11)
        let k = p.coefficients
        let dx = p.dx(k, p.means(p.sums(k, relu: relu)), relu: relu)

        func loss(_ channel: Int, _ x: [Double]) -> Double {
            let mean = x.reduce(0, +) / Double(x.count)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
            let scale = Double(p.gamma[channel]) / (variance + p.eps).squareRoot()
            return zip(x, shape.channel(channel, of: p.dy)).reduce(0) { sum, pair in
                let y = (pair.0 - mean) * scale + Double(p.beta[channel])
                return sum + Double(pair.1) * (relu ? max(y, 0) : y)
            }
        }
        for channel in 0..<shape.c {
            let x = shape.channel(channel, of: p.x).map(Double.init)
            let found = shape.channel(channel, of: dx)
            let scale = abs(Double(k[3 * shape.padded + channel])), step = 1e-5
            for i in x.indices {
                var up = x, down = x
                up[i] += step
                down[i] -= step
                let exact = (loss(channel, up) - loss(channel, down)) / (2 * step)
                // |dy'|, |mean| and |xhat*mean(dy'*xhat)| are at most 1, 1 and x.count: under eight roundings
                // of such terms; the difference itself errs by step^2 and by unit64/step, both below 1e-9.
                let bound = scale * 8 * Self.unit32 * (2 + Double(x.count)) + 1e-8
                #expect(abs(Double(found[i]) - exact) <= bound, "channel \(channel), element \(i)")
            }
        }
    }

    /// Terms 10^8 times their sum: Float32 sums would lose all of it.
    @Test(arguments: [1, 8, 16, 20]) func gradientsThatCancel(block: Int) {
        let shape = ActivationShape(n: 4, c: 20, h: 15, w: 15, block: block)
        var p = Problem(shape, seed: 12)
        let k = p.coefficients
        for i in p.dy.indices { p.dy[i] = (i % 2 == 0 ? 1e8 : -1e8) }
        p.dy[0] = 3
        let sums = p.sums(k, relu: false)
        for channel in 0..<shape.c {
            // Whole numbers below 2^53: exact in any order.
            let exact = shape.channel(channel, of: p.dy).reduce(0) { $0 + Double($1) }
            #expect(sums[channel] == exact)
        }
    }
}

import CKernels
import Testing

/// Layer norm and group norm: the same bits from every variant, and the mathematics in Float64.
@Suite struct NormalizationTests {
    /// Values as runs that are normalized one by one; every element has a weight's place.
    private struct Exact {
        let y, dx: [Double]
        let dgamma, dbeta: [Double]

        /// dx_i = (g_i − mean(g) − x̂_i mean(g x̂)) / σ with g = dy' · gamma.
        init(
            _ x: [Float], _ dy: [Float], runs length: Int, places: [Int], gamma: [Float], beta: [Float],
            eps: Double, relu: Bool = false
        ) {
            var y: [Double] = [], dx: [Double] = []
            var dgamma = [Double](repeating: 0, count: gamma.count), dbeta = dgamma
            for start in stride(from: 0, to: x.count, by: max(1, length)) {
                let run = x[start..<start + length].map(Double.init), n = Double(length)
                let mean = run.reduce(0) { $0 + ($1 - run[0]) } / n + run[0]
                let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
                let deviation = (variance + eps).squareRoot()
                let xhat = run.map { ($0 - mean) / deviation }
                let place = places[start..<start + length].map { $0 }
                let out = xhat.indices.map { xhat[$0] * Double(gamma[place[$0]]) + Double(beta[place[$0]]) }
                let passed = out.indices.map { !relu || out[$0] > 0 ? Double(dy[start + $0]) : 0 }
                for i in out.indices {
                    dgamma[place[i]] += passed[i] * xhat[i]
                    dbeta[place[i]] += passed[i]
                }
                let g = passed.indices.map { passed[$0] * Double(gamma[place[$0]]) }
                let meanG = g.reduce(0, +) / n, slope = zip(g, xhat).reduce(0) { $0 + $1.0 * $1.1 } / n
                y += out.map { relu ? max($0, 0) : $0 }
                dx += g.indices.map { (g[$0] - meanG - xhat[$0] * slope) / deviation }
            }
            (self.y, self.dx, self.dgamma, self.dbeta) = (y, dx, dgamma, dbeta)
        }
    }

    /// The largest error of `found`, relative to the largest exact value.
    private func error(_ found: [Float], _ exact: [Double]) -> Double {
        let scale = max(exact.reduce(0) { max($0, abs($1)) }, 1e-3)
        return zip(found, exact).reduce(found.count == exact.count ? 0 : .infinity) {
            max($0, abs(Double($1.0) - $1.1) / scale)
        }
    }

    // MARK: Layer norm

    @Test(arguments: [0, 1, 2, 33], [1, 5, 16, 17, 100, 784])
    func layerNorm(rows: Int, columns: Int) {
        var numbers = TestNumbers(seed: 21)
        // Means a hundred deviations away.
        let x = numbers.floats(rows * columns, 99...101), dy = numbers.floats(rows * columns, -1...1)
        let gamma = numbers.floats(columns, -2...2), beta = numbers.floats(columns, -1...1)
        let exact = Exact(
            x, dy, runs: columns, places: (0..<rows * columns).map { $0 % columns }, gamma: gamma,
            beta: beta, eps: 1e-5)
        let y = agreeing("layer norm") { kernels in
            written(rows * columns) {
                kernels.layer_norm(x, gamma, beta, 1e-5, Int64(rows), Int64(columns), $0)
            }
        }
        #expect(error(y, exact.y) < 2e-6)
        func gradient(_ kernels: dt_kernels) -> (dx: [Float], dgamma: [Float], dbeta: [Float]) {
            var scratch = [Float](repeating: .nan, count: 3 * rows + 1)
            var dgamma: [Float] = [], dbeta: [Float] = []
            let dx = written(rows * columns) { dx in
                dgamma = written(columns) { dgamma in
                    dbeta = written(columns) { dbeta in
                        kernels.layer_norm_gradient(
                            x, dy, gamma, 1e-5, Int64(rows), Int64(columns), &scratch, dx, dgamma, dbeta)
                    }
                }
            }
            #expect(scratch[3 * rows].isNaN)
            return (dx, dgamma, dbeta)
        }
        // One value a row is normalized to zero, whatever it is.
        let bound = columns == 1 ? 1e-3 : 2e-5
        #expect(error(agreeing("layer norm dx") { gradient($0).dx }, exact.dx) < bound)
        #expect(error(agreeing("layer norm dgamma") { gradient($0).dgamma }, exact.dgamma) < 2e-5)
        #expect(error(agreeing("layer norm dbeta") { gradient($0).dbeta }, exact.dbeta) < 1e-6)
        // Without parameters dx is the same.
        for variant in KernelVariant.all {
            var scratch = [Float](repeating: 0, count: 3 * rows + 1)
            let dx = written(rows * columns) {
                variant.table.layer_norm_gradient(
                    x, dy, gamma, 1e-5, Int64(rows), Int64(columns), &scratch, $0, nil, nil)
            }
            #expect(bits(dx) == bits(gradient(variant.table).dx))
        }
    }

    @Test(arguments: KernelVariant.all) func layerNormInPlace(variant: KernelVariant) {
        var numbers = TestNumbers(seed: 22)
        let x = numbers.floats(5 * 37, -3...3), gamma = numbers.floats(37, 1...2)
        let apart = written(5 * 37) { variant.table.layer_norm(x, gamma, gamma, 1e-5, 5, 37, $0) }
        var y = x
        y.withUnsafeMutableBufferPointer {
            variant.table.layer_norm($0.baseAddress, gamma, gamma, 1e-5, 5, 37, $0.baseAddress)
        }
        #expect(bits(y) == bits(apart))
    }

    // MARK: Group norm

    /// The numbers of groups that a shape is tested with: one, each channel its own, and one between.
    private func groupCounts(_ shape: ActivationShape) -> [Int] {
        let between = (2..<max(2, shape.c)).first { shape.c % $0 == 0 }
        return [1, shape.c] + (between.map { [$0] } ?? [])
    }

    @Test(arguments: ActivationShape.tested, [false, true])
    func groupNorm(shape: ActivationShape, relu: Bool) {
        var numbers = TestNumbers(seed: 23)
        let count = shape.n * shape.c * shape.hw
        let x = numbers.floats(count, 9...11), dy = numbers.floats(count, -1...1)
        let gamma = numbers.floats(shape.c, -2...2), beta = numbers.floats(shape.c, -1...1)
        let (stored, storedDy) = (shape.stored(x), shape.stored(dy))
        for groups in groupCounts(shape) {
            // One value is normalized to zero, and its sign decides nothing.
            if shape.c / groups * shape.hw == 1 { continue }
            let exact = Exact(
                x, dy, runs: shape.c / groups * shape.hw,
                places: (0..<count).map { $0 / max(1, shape.hw) % shape.c }, gamma: gamma, beta: beta,
                eps: 1e-5, relu: relu)
            let y = agreeing("group norm") { kernels in
                var scratch = [Double](repeating: .nan, count: scratchCount(shape))
                return written(shape.count) {
                    kernels.group_norm(
                        stored, shape.descriptor, Int64(groups), gamma, beta, 1e-5, relu, &scratch, $0)
                }
            }
            #expect(error(shape.values(y), exact.y) < 5e-6, "\(groups) groups")
            let results = KernelVariant.all.map { variant in
                gradient(
                    variant.table, stored, storedDy, shape, groups: groups, gamma: gamma, beta: beta,
                    relu: relu)
            }
            for result in results {
                #expect(bits(result.dx) == bits(results[0].dx))
                #expect(bits(result.dgamma) == bits(results[0].dgamma))
                #expect(bits(result.dbeta) == bits(results[0].dbeta))
            }
            #expect(error(shape.values(results[0].dx), exact.dx) < 5e-5, "\(groups) groups")
            #expect(error(results[0].dgamma, exact.dgamma) < 2e-5, "\(groups) groups")
            #expect(error(results[0].dbeta, exact.dbeta) < 1e-6, "\(groups) groups")
        }
    }

    private func scratchCount(_ shape: ActivationShape) -> Int {
        Int(dt_group_norm_scratch(Int64(shape.c), Int64(shape.padded)))
    }

    private func gradient(
        _ kernels: dt_kernels, _ x: [Float], _ dy: [Float], _ shape: ActivationShape, groups: Int,
        gamma: [Float], beta: [Float], relu: Bool
    ) -> (dx: [Float], dgamma: [Float], dbeta: [Float]) {
        var scratch = [Double](repeating: .nan, count: scratchCount(shape) + 1)
        var dgamma: [Float] = [], dbeta: [Float] = []
        let dx = written(shape.count) { dx in
            dgamma = written(shape.c) { dgamma in
                dbeta = written(shape.c) { dbeta in
                    kernels.group_norm_gradient(
                        x, dy, shape.descriptor, Int64(groups), gamma, beta, 1e-5, relu, &scratch, dx,
                        dgamma, dbeta)
                }
            }
        }
        #expect(scratch[scratch.count - 1].isNaN)
        return (dx, dgamma, dbeta)
    }

    @Test(arguments: KernelVariant.all, [1, 8, 16]) func groupNormInPlace(variant: KernelVariant, block: Int)
    {
        let shape = ActivationShape(n: 3, c: 20, h: 5, w: 7, block: block)
        var numbers = TestNumbers(seed: 24)
        let x = shape.stored(numbers.floats(3 * 20 * 35, -2...2))
        let dy = shape.stored(numbers.floats(3 * 20 * 35, -1...1))
        let gamma = numbers.floats(20, 1...2), beta = numbers.floats(20, -1...1)
        var scratch = [Double](repeating: 0, count: scratchCount(shape))
        let apart = written(shape.count) {
            variant.table.group_norm(x, shape.descriptor, 5, gamma, beta, 1e-5, true, &scratch, $0)
        }
        var y = x
        y.withUnsafeMutableBufferPointer {
            variant.table.group_norm(
                $0.baseAddress, shape.descriptor, 5, gamma, beta, 1e-5, true, &scratch, $0.baseAddress)
        }
        #expect(bits(y) == bits(apart))
        let expected = gradient(
            variant.table, x, dy, shape, groups: 5, gamma: gamma, beta: beta, relu: true)
        var dx = dy
        var dgamma = gamma, dbeta = gamma
        dx.withUnsafeMutableBufferPointer {
            variant.table.group_norm_gradient(
                x, $0.baseAddress, shape.descriptor, 5, gamma, beta, 1e-5, true, &scratch, $0.baseAddress,
                &dgamma, &dbeta)
        }
        #expect(bits(dx) == bits(expected.dx))
        #expect(bits(dgamma) == bits(expected.dgamma) && bits(dbeta) == bits(expected.dbeta))
    }
}

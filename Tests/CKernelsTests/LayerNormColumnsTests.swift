import CKernels
import Testing

/// Layer norm and root-mean-square norm on columns, and the latter on rows: the same bits from every variant,
/// and the mathematics in Float64.
@Suite struct LayerNormColumnsTests {
    /// Row-major operands and what the formulas make of them.
    private struct Problem {
        let rows, features: Int
        let x, dy, gamma, beta: [Float]
        var y, dx, dgamma, dbeta: [Double]

        var padded: Int { (rows + 15) / 16 * 16 }

        /// With the mean taken as zero if not `aboutMean`.
        init(_ rows: Int, _ features: Int, aboutMean: Bool, weighted: Bool) {
            var numbers = TestNumbers(seed: 61)
            (self.rows, self.features) = (rows, features)
            // Means a hundred deviations away, which layer norm must bear.
            x = numbers.floats(rows * features, aboutMean ? 99...101 : -0.5...1.5)
            dy = numbers.floats(rows * features, -1...1)
            gamma = weighted ? numbers.floats(features, -2...2) : [Float](repeating: 1, count: features)
            beta =
                weighted && aboutMean
                ? numbers.floats(features, -1...1) : [Float](repeating: 0, count: features)
            (y, dx) = ([], [])
            dgamma = [Double](repeating: 0, count: features)
            dbeta = dgamma
            for row in 0..<rows { addRow(row * features, aboutMean) }
        }

        private mutating func addRow(_ start: Int, _ aboutMean: Bool) {
            let run = x[start..<start + features].map(Double.init), n = Double(features)
            let mean = aboutMean ? run.reduce(0) { $0 + ($1 - run[0]) } / n + run[0] : 0
            let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
            let deviation = (variance + 1e-5).squareRoot(), xhat = run.map { ($0 - mean) / deviation }
            var g: [Double] = []
            for f in 0..<features {
                y.append(xhat[f] * Double(gamma[f]) + Double(beta[f]))
                dgamma[f] += Double(dy[start + f]) * xhat[f]
                dbeta[f] += Double(dy[start + f])
                g.append(Double(dy[start + f]) * Double(gamma[f]))
            }
            let meanG = aboutMean ? g.reduce(0, +) / n : 0
            let slope = zip(g, xhat).reduce(0) { $0 + $1.0 * $1.1 } / n
            dx += (0..<features).map { (g[$0] - meanG - xhat[$0] * slope) / deviation }
        }

        /// In columns; padding is NaN, which must not spread.
        func columns(_ values: [Float]) -> [Float] {
            var y = [Float](repeating: .nan, count: features * padded)
            for row in 0..<rows {
                for f in 0..<features { y[f * padded + row] = values[row * features + f] }
            }
            return y
        }

        func rowMajor(_ y: [Float]) -> [Float] {
            (0..<rows * features).map { y[$0 % features * padded + $0 / features] }
        }
    }

    /// The largest error of `found`, relative to the largest exact value.
    private func error(_ found: [Float], _ exact: [Double]) -> Double {
        let scale = max(exact.reduce(0) { max($0, abs($1)) }, 1e-3)
        return zip(found, exact).reduce(found.count == exact.count ? 0 : .infinity) {
            let difference = abs(Double($1.0) - $1.1) / scale
            return difference.isNaN ? .infinity : max($0, difference)
        }
    }

    static let rowCounts = [0, 1, 15, 16, 17, 100, 257, 300]
    static let featureCounts = [1, 3, 4, 5, 16, 100, 784]

    /// dx, dgamma and dbeta of a norm on columns, row-major; dx in place of dy if asked. Without `sums` the last two
    /// are left out.
    private func gradient(
        _ kernels: dt_kernels, _ p: Problem, aboutMean: Bool, gamma: [Float]?, sums: Bool = true,
        inPlace: Bool = false
    ) -> (dx: [Float], dgamma: [Float], dbeta: [Float]) {
        let (rows, features) = (Int64(p.rows), Int64(p.features))
        let x = p.columns(p.x), columns = p.columns(p.dy)
        let doubles = Int(dt_norm_columns_scratch(features))
        var scratch = [Double](repeating: .nan, count: doubles + 1)
        var dgamma = [Float](repeating: .nan, count: p.features), dbeta = dgamma
        let dx = written(p.features * p.padded) { dx in
            if inPlace {
                for place in columns.indices { dx[place] = columns[place] }
            }
            func call(_ dy: UnsafePointer<Float>?) {
                switch (aboutMean, sums) {
                case (true, true):
                    kernels.layer_norm_columns_gradient(
                        x, dy, gamma, 1e-5, rows, features, &scratch, dx, &dgamma, &dbeta)
                case (true, false):
                    kernels.layer_norm_columns_gradient(
                        x, dy, gamma, 1e-5, rows, features, nil, dx, nil, nil)
                case (false, true):
                    kernels.rms_norm_columns_gradient(
                        x, dy, gamma, 1e-5, rows, features, &scratch, dx, &dgamma)
                case (false, false):
                    kernels.rms_norm_columns_gradient(x, dy, gamma, 1e-5, rows, features, nil, dx, nil)
                }
            }
            if inPlace {
                call(UnsafePointer(dx))
            } else {
                columns.withUnsafeBufferPointer { call($0.baseAddress) }
            }
        }
        #expect(scratch[doubles].isNaN)
        return (p.rowMajor(dx), dgamma, dbeta)
    }

    @Test(arguments: rowCounts, featureCounts) func layerNorm(rows: Int, features: Int) {
        for weighted in [true, false] {
            let p = Problem(rows, features, aboutMean: true, weighted: weighted)
            let gamma = weighted ? p.gamma : nil, beta = weighted ? p.beta : nil
            let y = agreeing("layer norm") { kernels in
                p.rowMajor(
                    written(features * p.padded) {
                        kernels.layer_norm_columns(
                            p.columns(p.x), gamma, beta, 1e-5, Int64(rows), Int64(features), $0)
                    })
            }
            #expect(error(y, p.y) < 2e-6)
            func found(_ kernels: dt_kernels) -> (dx: [Float], dgamma: [Float], dbeta: [Float]) {
                gradient(kernels, p, aboutMean: true, gamma: gamma)
            }
            // One value a row is normalized to zero, whatever it is: what is left is rounding, times 1/√ε.
            let bound = features == 1 ? 0.1 : 2e-5
            #expect(error(agreeing("dx") { found($0).dx }, p.dx) < bound)
            #expect(error(agreeing("dgamma") { found($0).dgamma }, p.dgamma) < 2e-5)
            #expect(error(agreeing("dbeta") { found($0).dbeta }, p.dbeta) < 1e-6)
        }
    }

    @Test(arguments: rowCounts, featureCounts) func rmsNorm(rows: Int, features: Int) {
        for weighted in [true, false] {
            let p = Problem(rows, features, aboutMean: false, weighted: weighted)
            let gamma = weighted ? p.gamma : nil
            let y = agreeing("rms norm") { kernels in
                p.rowMajor(
                    written(features * p.padded) {
                        kernels.rms_norm_columns(
                            p.columns(p.x), gamma, 1e-5, Int64(rows), Int64(features), $0)
                    })
            }
            #expect(error(y, p.y) < 2e-6)
            func found(_ kernels: dt_kernels) -> (dx: [Float], dgamma: [Float], dbeta: [Float]) {
                gradient(kernels, p, aboutMean: false, gamma: gamma)
            }
            #expect(error(agreeing("dgamma") { found($0).dgamma }, p.dgamma) < 2e-5)
            // One value a row is normalized to its sign, and what is left of dx are roundings.
            let dx = agreeing("dx") { found($0).dx }
            if features > 1 { #expect(error(dx, p.dx) < 2e-5) }
        }
    }

    @Test(arguments: rowCounts, featureCounts) func rmsNormOfRows(rows: Int, features: Int) {
        for weighted in [true, false] {
            let p = Problem(rows, features, aboutMean: false, weighted: weighted)
            let gamma = weighted ? p.gamma : nil
            let y = agreeing("rms norm") { kernels in
                written(rows * features) {
                    kernels.rms_norm(p.x, gamma, 1e-5, Int64(rows), Int64(features), $0)
                }
            }
            #expect(error(y, p.y) < 2e-6)
            func found(_ kernels: dt_kernels) -> (dx: [Float], dgamma: [Float]) {
                var scratch = [Float](repeating: .nan, count: rows + 1)
                var dgamma: [Float] = []
                let dx = written(rows * features) { dx in
                    dgamma = written(features) { dgamma in
                        kernels.rms_norm_gradient(
                            p.x, p.dy, gamma, 1e-5, Int64(rows), Int64(features), &scratch, dx, dgamma)
                    }
                }
                #expect(scratch[rows].isNaN)
                return (dx, dgamma)
            }
            #expect(error(agreeing("dgamma") { found($0).dgamma }, p.dgamma) < 2e-5)
            let dx = agreeing("dx") { found($0).dx }
            if features > 1 { #expect(error(dx, p.dx) < 2e-5) }
        }
    }

    /// Results in place of operands, and without sums, are the same.
    @Test(arguments: KernelVariant.all, [false, true]) func inPlace(variant: KernelVariant, aboutMean: Bool) {
        let p = Problem(37, 21, aboutMean: aboutMean, weighted: true), t = variant.table
        let apart = gradient(t, p, aboutMean: aboutMean, gamma: p.gamma)
        let same = gradient(t, p, aboutMean: aboutMean, gamma: p.gamma, inPlace: true)
        let without = gradient(t, p, aboutMean: aboutMean, gamma: p.gamma, sums: false)
        #expect(bits(same.dx) == bits(apart.dx) && bits(same.dgamma) == bits(apart.dgamma))
        #expect(bits(without.dx) == bits(apart.dx))
        func forward(_ x: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>?) {
            if aboutMean {
                t.layer_norm_columns(x, p.gamma, p.beta, 1e-5, 37, 21, y)
            } else {
                t.rms_norm_columns(x, p.gamma, 1e-5, 37, 21, y)
            }
        }
        let x = p.columns(p.x)
        let expected = written(x.count) { y in x.withUnsafeBufferPointer { forward($0.baseAddress, y) } }
        var y = x
        y.withUnsafeMutableBufferPointer { forward(UnsafePointer($0.baseAddress), $0.baseAddress) }
        #expect(bits(p.rowMajor(y)) == bits(p.rowMajor(expected)))
    }

    /// A position's result does not depend on its place.
    @Test(arguments: KernelVariant.all) func positionsAreIndependent(variant: KernelVariant) {
        let all = Problem(300, 20, aboutMean: true, weighted: true)
        let y = all.rowMajor(
            written(20 * all.padded) {
                variant.table.layer_norm_columns(
                    all.columns(all.x), all.gamma, all.beta, 1e-5, 300, 20, $0)
            })
        for row in [0, 15, 16, 255, 256, 299] {
            var x = [Float](repeating: .nan, count: 20 * 16)
            for f in 0..<20 { x[f * 16] = all.x[row * 20 + f] }
            let alone = written(20 * 16) {
                variant.table.layer_norm_columns(x, all.gamma, all.beta, 1e-5, 1, 20, $0)
            }
            #expect(bits((0..<20).map { alone[$0 * 16] }) == bits(Array(y[row * 20..<(row + 1) * 20])))
        }
    }
}

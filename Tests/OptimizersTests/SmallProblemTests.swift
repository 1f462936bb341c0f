import Optimizers
import Testing

/// What methods are for, on problems small enough to see it.
@Suite struct SmallProblemTests {
    /// Follows the gradient from `start` for `steps`; the weights after each step.
    private static func path(
        _ rule: any UpdateRule, from start: [Float], learningRate: Double, steps: Int,
        clipping: GradientClipping = .off, gradient: ([Float]) -> [Float]
    ) throws -> [[Float]] {
        let runner = try RuleRunner(rule: rule, weights: start)
        var path: [[Float]] = []
        for _ in 0..<steps {
            var g = gradient(runner.weights)
            let norm = g.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            let factor = Float(clipping.coefficient(norm: norm))
            g = g.map { $0 * factor }
            runner.step(gradient: g, learningRate: learningRate)
            path.append(runner.weights)
        }
        return path
    }

    /// f(x, y) = ½ (100 x² + y²): the rate that the steep direction allows is small for the flat one.
    private static func illConditioned(_ w: [Float]) -> [Float] { [100 * w[0], w[1]] }

    @Test(arguments: [
        (momentum: 0.9, nesterov: false), (momentum: 0.8, nesterov: false), (momentum: 0.9, nesterov: true),
    ])
    func momentumBeatsPlainDescent(momentum: Double, nesterov: Bool) throws {
        func distance(_ rule: SGD) throws -> Float {
            let path = try Self.path(
                rule, from: [1, 1], learningRate: 0.01, steps: 150, gradient: Self.illConditioned)
            let end = path[path.count - 1]
            return (end[0] * end[0] + end[1] * end[1]).squareRoot()
        }
        let plain = try distance(SGD())
        let faster = try distance(SGD(momentum: momentum, nesterov: nesterov))
        #expect(faster < plain / 20, "\(faster) against \(plain)")
    }

    /// f(x) = ½ x² right of the cliff at x = 1, left of it a wall as steep as 1e6: the minimum is at its foot.
    ///
    ///     f'(x) = x − 3 for x ≥ 1,  −1e6 for x < 1
    private static func cliff(_ w: [Float]) -> [Float] { [w[0] >= 1 ? w[0] - 3 : -1e6] }

    @Test func clippingWalksDownACliff() throws {
        // From the top of the wall one step of plain descent flies across the valley.
        let thrown = try Self.path(SGD(), from: [0.9], learningRate: 0.1, steps: 60, gradient: Self.cliff)
        #expect(thrown[0][0] > 1e4)
        #expect(thrown[59][0] > 100)
        let clipped = try Self.path(
            SGD(), from: [0.9], learningRate: 0.1, steps: 60, clipping: GradientClipping(maximumNorm: 1),
            gradient: Self.cliff)
        #expect(clipped.allSatisfy { $0[0] < 3.5 })
        #expect(abs(clipped[59][0] - 3) < 0.1)
    }

    /// Along a long flat valley rates grow, across it they shrink.
    @Test func deltaBarDeltaFindsARateForEachWeight() throws {
        let rule = try DeltaBarDelta(kappa: 0.002)
        let runner = try RuleRunner(rule: rule, weights: [1, 1])
        for _ in 0..<100 {
            runner.step(gradient: Self.illConditioned(runner.weights), learningRate: 0.005)
        }
        let plain = try Self.path(
            SGD(), from: [1, 1], learningRate: 0.005, steps: 100, gradient: Self.illConditioned)
        #expect(abs(runner.weights[1]) < abs(plain[99][1]) / 10)
        #expect(abs(runner.weights[0]) < 0.05)
    }

    /// After its warm-up RAdam's first steps are the unadapted ones: it does not jump where Adam does.
    @Test func radamWaitsUntilItKnowsItsVariance() throws {
        // A first gradient that is far from typical.
        var turn = 0
        let gradients: ([Float]) -> [Float] = { _ in
            turn += 1
            return [turn == 1 ? 1e-4 : 1]
        }
        let adam = try Self.path(Adam(), from: [0], learningRate: 0.1, steps: 1, gradient: gradients)
        turn = 0
        let radam = try Self.path(RAdam(), from: [0], learningRate: 0.1, steps: 1, gradient: gradients)
        #expect(abs(adam[0][0]) > 0.09)
        #expect(abs(radam[0][0]) < 1e-4)
    }
}

import Foundation
import Optimizers
import Options
import Testing

/// The forms of rules that PyTorch does not have: Adagrad's mean, RMSprop from the first gradient, and what a gradient
/// that does not change leads to.
@Suite struct TextbookFormTests {
    private static let gradients: [Float] = [0.5, -2, 0.25, 1.5, -0.75, 3, 0.125]

    /// θ after each step from 1, in Float32.
    private func weights(_ rule: any UpdateRule, rate: Double, _ gradients: [Float] = gradients) throws
        -> [Float]
    {
        let runner = try RuleRunner(rule: rule, weights: [1])
        return gradients.map { gradient in
            runner.step(gradient: [gradient], learningRate: rate)
            return runner.weights[0]
        }
    }

    /// σ_t = √(1/(t+1) Σ g²), θ ← θ − η g/(σ_t + ε).
    @Test(arguments: [0, 0.5])
    func adagradOfTheMean(initial: Double) throws {
        let found = try weights(
            try Adagrad(epsilon: 1e-3, initialAccumulator: initial, mean: true), rate: 0.1)
        var weight = 1.0
        for (t, value) in found.enumerated() {
            let past = Self.gradients[0...t].map { Double($0) * Double($0) }
            let root = ((initial + past.reduce(0, +)) / Double(t + 1)).squareRoot()
            weight -= 0.1 * Double(Self.gradients[t]) / (root + 1e-3)
            #expect(abs(Double(value) - weight) < 1e-6, "step \(t + 1)")
        }
        let sum = try weights(try Adagrad(epsilon: 1e-3, initialAccumulator: initial), rate: 0.1)
        #expect(sum[0] == found[0])
        #expect(sum[1] != found[1])
    }

    /// σ₀ = |g₀|, σ_t² = α σ² + (1 − α) g²; with momentum along g/(σ + ε), with Nesterov's look ahead.
    @Test(arguments: [(0.0, false), (0.9, false), (0.9, true)])
    func rmspropFromTheFirstGradient(momentum: Double, nesterov: Bool) throws {
        let rule = try RMSprop(
            alpha: 0.8, epsilon: 1e-3, momentum: momentum, nesterov: nesterov, first: .gradient)
        let found = try weights(rule, rate: 0.1)
        var (weight, square, velocity) = (1.0, 0.0, 0.0)
        for (t, value) in found.enumerated() {
            let gradient = Double(Self.gradients[t])
            square = t == 0 ? gradient * gradient : 0.8 * square + 0.2 * gradient * gradient
            let direction = gradient / (square.squareRoot() + 1e-3)
            velocity = momentum * velocity + direction
            weight -= 0.1 * (nesterov ? direction + momentum * velocity : velocity)
            #expect(abs(Double(value) - weight) < 1e-6, "step \(t + 1)")
        }
    }

    /// The first step is ±η, where PyTorch's form makes it η/√(1 − α).
    @Test func theFirstStepOfRMSprop() throws {
        for gradient: Float in [1e-3, -7] {
            let sign: Float = gradient > 0 ? 1 : -1
            let own = try weights(try RMSprop(epsilon: 0, first: .gradient), rate: 0.125, [gradient])
            #expect(own == [1 - 0.125 * sign])
            let zero = try weights(try RMSprop(epsilon: 0), rate: 0.125, [gradient])
            #expect(abs(zero[0] - (1 - 1.25 * sign)) < 1e-5)
        }
    }

    @Test func oneGradientHasNoVariance() {
        let error = #expect(throws: OptionError.self) { try RMSprop(centered: true, first: .gradient) }
        #expect(error?.kind == .conflict)
        #expect(error?.key == "first")
    }

    /// Numbers of a step are as many as before where the forms are PyTorch's: a checkpoint of a delayed run holds them.
    @Test func numbersOfAStep() throws {
        #expect(try Adagrad().scalars(step: 3, learningRate: 0.5, momentum: nil) == [0.5, 0])
        #expect(try Adagrad(mean: true).scalars(step: 3, learningRate: 0.5, momentum: nil) == [0.5, 0, 3])
        #expect(try RMSprop().scalars(step: 1, learningRate: 0.5, momentum: nil) == [0.5, 0])
        let first = try RMSprop(first: .gradient)
        #expect(first.scalars(step: 1, learningRate: 0.5, momentum: nil) == [0.5, 0, 1])
        #expect(first.scalars(step: 2, learningRate: 0.5, momentum: nil) == [0.5, 0, 0])
    }

    /// Step k along g = 1: η/√k of Adagrad, η/√(1 − ρᵏ) of RMSprop with ρ 0.99. Methods.md has these numbers.
    @Test func stepsAlongAConstantGradient() throws {
        let places = [1, 10, 100, 1000, 10_000]
        func steps(_ rule: any UpdateRule) throws -> [Double] {
            let runner = try RuleRunner(rule: rule, weights: [0])
            var found: [Double] = []
            for k in 1...10_000 {
                let before = Double(runner.weights[0])
                runner.step(gradient: [1], learningRate: 1e-3)
                if places.contains(k) { found.append((before - Double(runner.weights[0])) / 1e-3) }
            }
            return found
        }
        let adagrad = try steps(try Adagrad())
        let rmsprop = try steps(try RMSprop())
        let mean = try steps(try Adagrad(mean: true))
        for (index, k) in places.enumerated() {
            let power = pow(0.99, Double(k))
            #expect(abs(adagrad[index] * Double(k).squareRoot() - 1) < 0.02, "adagrad at \(k): \(adagrad)")
            #expect(abs(rmsprop[index] * (1 - power).squareRoot() - 1) < 2e-3, "rmsprop at \(k): \(rmsprop)")
            #expect(abs(mean[index] - 1) < 2e-3, "the mean at \(k): \(mean)")
        }
    }

    /// A gradient that stays the same leads to steps of η times the terminal factor.
    @Test(arguments: [
        (0.9, 0.0, false), (0.9, 0.0, true), (0.9, 0.5, false), (0.5, 0.25, false), (0, 0, false),
    ])
    func terminalSteps(momentum: Double, dampening: Double, nesterov: Bool) throws {
        let rule = try SGD(momentum: momentum, dampening: dampening, nesterov: nesterov)
        let factor = try #require(rule.terminalFactor(momentum: nil))
        #expect(abs(factor - (momentum == 0 ? 1 : (1 - dampening) / (1 - momentum))) < 1e-12)
        let runner = try RuleRunner(rule: rule, weights: [0])
        var last: Float = 0
        for _ in 1...400 {
            last = runner.weights[0]
            runner.step(gradient: [1], learningRate: 0.001)
        }
        #expect(abs(Double(last - runner.weights[0]) / 0.001 - factor) < 1e-3 * factor)
    }

    /// Two steps of lookahead with k = 2 and α = 0.5 move the weights by half of what SGD's would.
    @Test func lookaheadTakesAPart() throws {
        let rule = Lookahead(try SGD(momentum: 0.5), options: try LookaheadOptions(k: 2, alpha: 0.5))
        #expect(rule.terminalFactor(momentum: nil) == 1)
        #expect(try Adam().terminalFactor(momentum: nil) == nil)
    }

    /// μ_k = (k − 1)/(k + 2).
    @Test func nesterovsMomentum() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, momentum: .nesterov)
        let byEpoch = try LearningRateSchedule(baseRate: 0.1, by: .epoch, momentum: .nesterov)
        let run = RunShape(stepsPerEpoch: 10, epochs: 3)
        #expect(schedule.momentum(step: 0, in: run) == 0)
        for k in 1...30 {
            let expected = Double(k - 1) / Double(k + 2)
            #expect(schedule.momentum(step: k - 1, in: run) == expected)
            let start = (k - 1) / 10 * 10
            #expect(byEpoch.momentum(step: k - 1, in: run) == Double(start) / Double(start + 3))
        }
        #expect(schedule.movesMomentum)
    }

    /// On a quadratic bowl the sequence is Nesterov's method: y_k = x_k + (k − 1)/(k + 2) (x_k − x_{k−1}) in the
    /// variable at which gradients are taken.
    @Test func withSGDItIsNesterovsMethod() throws {
        let rule = try SGD(momentum: 0.9, nesterov: true)
        let runner = try RuleRunner(rule: rule, weights: [1])
        let schedule = try LearningRateSchedule(baseRate: 0.1, momentum: .nesterov)
        let run = RunShape(stepsPerEpoch: 50, epochs: 1)
        var (weight, velocity) = (1.0, 0.0)
        for step in 0..<50 {
            let momentum = Double(step) / Double(step + 3)
            velocity = step == 0 ? weight : momentum * velocity + weight
            let next = weight - 0.1 * (weight + momentum * velocity)
            runner.step(
                gradient: [runner.weights[0]], learningRate: 0.1,
                momentum: schedule.momentum(step: step, in: run))
            weight = next
            #expect(abs(Double(runner.weights[0]) - weight) < 1e-5, "step \(step)")
        }
    }

    @Test func linearOverSteps() throws {
        let shape = LinearShape(to: 0.1, over: .steps(15))
        let schedule = try LearningRateSchedule(baseRate: 0.4, shape: shape, warmup: .steps(5))
        let run = RunShape(stepsPerEpoch: 10, epochs: 4)
        for step in 5..<40 {
            let passed = min(1, Double(step - 5) / 15)
            let expected = (1 - passed) * 0.4 + passed * 0.1
            #expect(abs(schedule.rate(step: step, in: run) - expected) < 1e-15, "step \(step)")
        }
        let byEpoch = try LearningRateSchedule(baseRate: 0.4, shape: shape, by: .epoch)
        for step in 0..<40 {
            let passed = min(1, Double(step / 10 * 10) / 15)
            let expected = (1 - passed) * 0.4 + passed * 0.1
            #expect(abs(byEpoch.rate(step: step, in: run) - expected) < 1e-15, "step \(step)")
        }
        let error = #expect(throws: OptionError.self) {
            try LearningRateSchedule(
                name: "linear", options: ["tau": 2, "tau_steps": 10], baseRate: 0.1)
        }
        #expect(error?.key == "tau_steps")
        #expect(error?.kind == .conflict)
        let named = try LearningRateSchedule(name: "linear", options: ["tau_steps": 10], baseRate: 0.1)
        #expect((named.shape as? LinearShape)?.length == .steps(10))
    }
}

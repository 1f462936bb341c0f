import CKernels
import Foundation
import Optimizers
import Testing

/// Effective rates are what the rules multiply gradients by, or their running means.
@Suite struct EffectiveRateTests {
    /// The rate of one weight after steps along these gradients, what its last step moved it by, and the state.
    private func last(_ rule: any AdaptiveRule, _ gradients: [Float], learningRate: Double) throws -> (
        rate: Double, move: Double, state: [Float]
    ) {
        let runner = try RuleRunner(rule: rule, weights: [0])
        var before: Float = 0
        for gradient in gradients {
            before = runner.weights[0]
            runner.step(gradient: [gradient], learningRate: learningRate)
        }
        let scalars = rule.scalars(step: gradients.count, learningRate: learningRate, momentum: nil)
        var state = runner.state.map { $0[0] }
        var rate = 0.0
        state.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let pointers = values.indices.map { base + $0 }
            pointers.withUnsafeBufferPointer { pointers in
                guard let first = pointers.baseAddress else { return }
                scalars.withUnsafeBufferPointer {
                    rule.effectiveRates(scalars: $0, state: first, count: 1, into: &rate)
                }
            }
        }
        return (rate, Double(before - runner.weights[0]), state)
    }

    private static let gradients: [Float] = [0.5, -1, 2, 0.25, 1.5, -0.5, 1, 0.75]

    /// Rules that step along the gradient itself.
    @Test func alongTheGradient() throws {
        let rules: [any AdaptiveRule] = [
            try Adagrad(rateDecay: 0.1, epsilon: 1e-3), try Adagrad(epsilon: 1e-3, mean: true),
            try RMSprop(alpha: 0.9, epsilon: 1e-3), try RMSprop(alpha: 0.9, centered: true),
            try RMSprop(alpha: 0.9, first: .gradient),
        ]
        for rule in rules {
            let (rate, move, _) = try last(rule, Self.gradients, learningRate: 0.125)
            #expect(abs(rate * 0.75 - move) < 1e-6 * max(1, rate), "\(rule)")
        }
    }

    /// Rules that step along the running mean m, their first state.
    @Test func alongTheRunningMean() throws {
        let rules: [any AdaptiveRule] = [
            try Adam(epsilon: 1e-3), try AdamW(weightDecay: 0), try AMSGrad(betas: (0.9, 0.5)),
            try Adam(amsgrad: true), try RAdam(betas: (0.9, 0.99)), try RAdam(), try Adamax(),
            Lookahead(try Adam(), options: try LookaheadOptions(k: 100)),
        ]
        for rule in rules {
            let (rate, move, state) = try last(rule, Self.gradients, learningRate: 0.125)
            #expect(abs(rate * Double(state[0]) - move) < 1e-6, "\(rule)")
        }
    }

    /// Adadelta's by its formula, with s after the step.
    @Test func adadelta() throws {
        let (rate, _, state) = try last(try Adadelta(epsilon: 0.01), Self.gradients, learningRate: 2)
        let expected = 2 * ((Double(state[1]) + 0.01) / (Double(state[0]) + 0.01)).squareRoot()
        #expect(abs(rate - expected) < 1e-12)
    }

    /// NAdam's step is that of m plus one along the gradient.
    @Test func nadam() throws {
        let rule = try NAdam()
        let (rate, move, state) = try last(rule, Self.gradients, learningRate: 0.125)
        let scalars = rule.scalars(step: Self.gradients.count, learningRate: 0.125, momentum: nil)
        let gradientRate = rate * scalars[NAdam.Scalar.gradientStep] / scalars[NAdam.Scalar.momentStep]
        #expect(abs(rate * Double(state[0]) + gradientRate * 0.75 - move) < 1e-6)
    }
}

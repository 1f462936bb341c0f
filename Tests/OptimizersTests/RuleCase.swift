import Optimizers
import Testing

/// A rule under test with the independent computation of the same weights.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rate: Double
    let rule: @Sendable () throws -> any UpdateRule
    /// θ after each step from one weight and its gradients.
    let reference: @Sendable (Double, [Double]) -> [Double]

    static let all: [RuleCase] = sgd + adam

    private static let sgd: [RuleCase] = [
        RuleCase("sgd", 0.05, { try SGD() }) {
            FormulaReference.sgd(weight: $0, gradients: $1, rate: 0.05)
        },
        RuleCase("sgd, decay", 0.05, { try SGD(weightDecay: 0.3) }) {
            FormulaReference.sgd(weight: $0, gradients: $1, rate: 0.05, decay: 0.3)
        },
        RuleCase("sgd, momentum", 0.02, { try SGD(momentum: 0.9) }) {
            FormulaReference.sgd(weight: $0, gradients: $1, rate: 0.02, momentum: 0.9)
        },
        RuleCase("sgd, momentum, dampening", 0.02, { try SGD(momentum: 0.7, dampening: 0.4) }) {
            FormulaReference.sgd(weight: $0, gradients: $1, rate: 0.02, momentum: 0.7, dampening: 0.4)
        },
        RuleCase(
            "sgd, nesterov, decay", 0.02, { try SGD(momentum: 0.9, weightDecay: 0.2, nesterov: true) }
        ) {
            FormulaReference.sgd(
                weight: $0, gradients: $1, rate: 0.02, momentum: 0.9, decay: 0.2, nesterov: true)
        },
    ]

    private static let adam: [RuleCase] = [
        RuleCase("adam", 1e-3, { try Adam() }) {
            FormulaReference.adam(
                weight: $0, gradients: $1, rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0,
                decoupled: false)
        },
        RuleCase(
            "adam, all options", 0.02,
            { try Adam(betas: (0.3, 0.95), epsilon: 1e-3, weightDecay: 0.2) }
        ) {
            FormulaReference.adam(
                weight: $0, gradients: $1, rate: 0.02, beta1: 0.3, beta2: 0.95, epsilon: 1e-3, decay: 0.2,
                decoupled: false)
        },
        RuleCase("adamw", 1e-3, { try AdamW() }) {
            FormulaReference.adam(
                weight: $0, gradients: $1, rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01,
                decoupled: true)
        },
        RuleCase(
            "adamw, all options", 0.02,
            { try AdamW(betas: (0.8, 0.95), epsilon: 1e-3, weightDecay: 0.5) }
        ) {
            FormulaReference.adam(
                weight: $0, gradients: $1, rate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, decay: 0.5,
                decoupled: true)
        },
    ]

    private init(
        _ name: String, _ rate: Double, _ rule: @escaping @Sendable () throws -> any UpdateRule,
        _ reference: @escaping @Sendable (Double, [Double]) -> [Double]
    ) {
        testDescription = name
        self.rate = rate
        self.rule = rule
        self.reference = reference
    }
}

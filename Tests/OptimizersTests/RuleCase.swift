import Optimizers
import Testing

/// A rule under test, with an independent computation of the same weights where PyTorch's numbers do not do.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rate: Double
    let rule: @Sendable () throws -> any UpdateRule
    /// θ after each step from one weight and its gradients.
    let reference: (@Sendable (Double, [Double]) -> [Double])?

    /// Those with a computation of their own.
    static let referenced: [RuleCase] = sgd + adam + further

    /// Every element-wise rule, with options that take other ways through its loop.
    static let all: [RuleCase] = referenced + torchs

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

    /// What PyTorch does not have.
    private static let further: [RuleCase] = [
        RuleCase("rmsprop, nesterov", 1e-3, { try RMSprop(alpha: 0.9, momentum: 0.8, nesterov: true) }) {
            FormulaReference.nesterovRMSprop(
                weight: $0, gradients: $1, rate: 1e-3, alpha: 0.9, epsilon: 1e-8, momentum: 0.8)
        },
        RuleCase("delta_bar_delta", 0.01, { try DeltaBarDelta() }) {
            FormulaReference.deltaBarDelta(
                weight: $0, gradients: $1, rate: 0.01, kappa: 1e-3, phi: 0.5, theta: 0.7)
        },
        RuleCase(
            "delta_bar_delta, all options", 0.004,
            { try DeltaBarDelta(kappa: 0.003, phi: 0.8, theta: 0.2) }
        ) {
            FormulaReference.deltaBarDelta(
                weight: $0, gradients: $1, rate: 0.004, kappa: 0.003, phi: 0.8, theta: 0.2)
        },
        RuleCase("lookahead of sgd", 0.05, { Lookahead(try SGD(), options: try LookaheadOptions()) }) {
            FormulaReference.lookaheadSGD(
                weight: $0, gradients: $1, rate: 0.05, momentum: 0, k: 5, alpha: 0.5)
        },
        RuleCase(
            "lookahead of sgd, momentum", 0.02,
            { Lookahead(try SGD(momentum: 0.9), options: try LookaheadOptions(k: 3, alpha: 0.8)) }
        ) {
            FormulaReference.lookaheadSGD(
                weight: $0, gradients: $1, rate: 0.02, momentum: 0.9, k: 3, alpha: 0.8)
        },
    ]

    /// What `TorchReferenceTests` checks the numbers of.
    private static let torchs: [RuleCase] = [
        RuleCase("adagrad", 1e-2) { try Adagrad(initialAccumulator: 0.1, weightDecay: 0.1) },
        RuleCase("rmsprop", 1e-2) { try RMSprop() },
        RuleCase("rmsprop, centered", 1e-2) { try RMSprop(centered: true) },
        RuleCase("rmsprop, all options", 1e-2) {
            try RMSprop(momentum: 0.9, centered: true, weightDecay: 0.1, nesterov: true)
        },
        RuleCase("adadelta", 1) { try Adadelta(weightDecay: 0.1) },
        RuleCase("adam, amsgrad", 1e-2) { try Adam(betas: (0.9, 0.6), amsgrad: true) },
        RuleCase("amsgrad", 1e-2) { try AMSGrad(betas: (0.4, 0.6), weightDecay: 0.1) },
        RuleCase("adamw, amsgrad", 1e-2) { try AdamW(amsgrad: true) },
        RuleCase("nadam", 1e-2) { try NAdam(weightDecay: 0.1) },
        RuleCase("nadam, decoupled", 1e-2) { try NAdam(weightDecay: 0.1, decoupledWeightDecay: true) },
        RuleCase("radam", 1e-2) { try RAdam(weightDecay: 0.1) },
        RuleCase("radam, decoupled", 1e-2) { try RAdam(weightDecay: 0.1, decoupledWeightDecay: true) },
        RuleCase("adamax", 1e-2) { try Adamax(weightDecay: 0.1) },
        RuleCase("lookahead of adam", 1e-2) { Lookahead(try Adam(), options: try LookaheadOptions(k: 4)) },
    ]

    private init(_ name: String, _ rate: Double, _ rule: @escaping @Sendable () throws -> any UpdateRule) {
        testDescription = name
        self.rate = rate
        self.rule = rule
        reference = nil
    }

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

import CKernels
import Options

/// Adagrad: each weight's learning rate shrinks with the sum of its squared gradients, as torch.optim.Adagrad computes
/// it.
///
/// With learning rate η, its decay κ, ε and weight decay λ, at step t from 1 (r is "sum"):
///
///     g ← g + λ θ
///     r ← r + g²                        from the initial accumulator value at t = 1
///     θ ← θ − η g / (1 + (t − 1) κ) / (√r + ε)          with mean: √(r/t) in place of √r
///
/// ε stands outside of the root. Some textbooks divide by the root mean square σ = √(r/t) of all gradients so far
/// instead of by the root of their sum: `mean` is that form. It multiplies the sum's rate by √t, so that steps along a
/// gradient that does not change keep the size η. An initial accumulator value counts in r, but not as a step in t.
///
/// Defaults: learning-rate decay 0, ε 1e-10, initial accumulator value 0, weight decay 0, not the mean, and as an
/// optimizer's `lr` 1e-2.
///
/// Reference: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
/// Optimization", JMLR 12, 2011.
///
/// Example:
///
///     let rule = try Adagrad(rateDecay: 0.5)
///     rule.stateNames                                           // ["sum"]
///     rule.scalars(step: 3, learningRate: 0.1, momentum: nil)   // [0.05, 0]: η / (1 + 2 κ), not the first step
public struct Adagrad: UpdateRule, Hashable {
    /// Whether the root is that of the mean of squared gradients instead of their sum.
    public let mean: Bool
    /// κ, at least 0: how fast the learning rate itself decays with the steps.
    public let rateDecay: Double
    /// ε, at least 0, in the units of the gradient.
    public let epsilon: Double
    /// The value of r before the first step, at least 0.
    public let initialAccumulator: Double
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public private(set) var weightDecay: Double

    /// Makes the rule; throws on values out of range.
    public init(
        rateDecay: Double = 0, epsilon: Double = 1e-10, initialAccumulator: Double = 0,
        weightDecay: Double = 0, mean: Bool = false
    ) throws(OptionError) {
        try AllowedNumbers.notNegative.check(rateDecay, key: "lr_decay")
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.notNegative.check(initialAccumulator, key: "initial_accumulator_value")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        self.rateDecay = rateDecay
        self.epsilon = epsilon
        self.initialAccumulator = initialAccumulator
        self.weightDecay = weightDecay
        self.mean = mean
    }

    /// The name in a configuration.
    public static let name = "adagrad"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// r.
    public var stateNames: [String] { ["sum"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η / (1 + (t − 1) κ).
        case decayedRate
        /// 1 at the first step, 0 afterwards.
        case isFirstStep
        /// t, which only the mean needs.
        case step
    }

    /// Two numbers, and with the mean t.
    public var scalarCount: Int { mean ? 3 : 2 }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: Adagrad {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let all = Scalar.values([
            .decayedRate: learningRate / (1 + Double(step - 1) * rateDecay), .isFirstStep: step == 1 ? 1 : 0,
            .step: Double(step),
        ])
        return Array(all.prefix(scalarCount))
    }

    /// Applies one step to a run of elements, as `UpdateRule` says.
    public func update(
        scalars: NamedScalars<Scalar>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars)
        let step = dt_adagrad(
            lr: scalars[.decayedRate], epsilon: epsilon, weight_decay: weightDecay,
            initial: initialAccumulator, divisor: mean ? scalars[.step] : 1,
            first_step: scalars[.isFirstStep] != 0)
        kernels.pointee.adagrad(step, Int64(count), weights, gradient, state[0])
    }
}

extension Adagrad: Choice {
    public static let summary = "A rate per weight that falls with the sum of squared gradients."
    public static let source = "Duchi et al. 2011"

    public static let options: [OptionDeclaration] = [
        .optional("lr", .number(.notNegative), default: .number(1e-2), "The learning rate."),
        .optional(
            "lr_decay", .number(.notNegative), default: .number(0),
            "How fast the learning rate itself falls with the steps."),
        .optional(
            "eps", .number(.notNegative), default: .number(1e-10),
            "What is added to the root that gradients are divided by."),
        .optional(
            "initial_accumulator_value", .number(.notNegative), default: .number(0),
            "What the sum of squares starts from."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
        .optional(
            "mean", default: .flag(false), "Whether the mean of squared gradients stands for their sum."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            rateDecay: options.number("lr_decay"), epsilon: options.number("eps"),
            initialAccumulator: options.number("initial_accumulator_value"),
            weightDecay: options.number("weight_decay"), mean: options.flag("mean"))
    }
}

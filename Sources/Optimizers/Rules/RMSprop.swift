import CKernels
import Options

/// RMSprop: the gradient divided by a running root mean square of itself, as torch.optim.RMSprop computes it.
///
/// With learning rate η, decay rate α, ε, momentum μ and weight decay λ (r is "square_avg", b "momentum_buffer", m
/// "grad_avg"):
///
///     g ← g + λ θ
///     r ← α r + (1 − α) g²
///     d = g / (√r + ε)                  centered: m ← α m + (1 − α) g, and r − m² under the root
///     θ ← θ − η d                       without momentum
///     b ← μ b + d;  θ ← θ − η b         with momentum; with nesterov θ ← θ − η (d + μ b)
///
/// ε stands outside of the root. r starts at 0 and is not corrected for it: along a gradient that does not change the
/// first step is η/√(1 − α), ten times η with α = 0.99, and step t is η/√(1 − αᵗ). With `first: gradient`, which
/// PyTorch does not have, r starts at the first gradient's square, √r = |g| and the first step is ±η; with momentum d
/// is ±1 there, and all else stays. It is not allowed beside centered, as the variance of one gradient is 0.
///
/// Nesterov's form, which PyTorch's RMSprop does not have, looks ahead as in `SGD`, with d in place of g. Where
/// rounding makes r − m² negative it counts as 0; PyTorch's weights become NaN there.
///
/// Defaults: α 0.99, ε 1e-8, momentum 0, neither centered nor nesterov, weight decay 0, first zero, and as an
/// optimizer's `lr` 1e-2.
///
/// References: Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012; centered:
/// Graves, "Generating Sequences With Recurrent Neural Networks", 2013, arXiv:1308.0850.
///
/// Example:
///
///     let rule = try RMSprop(momentum: 0.9, centered: true)
///     rule.stateNames                                            // ["square_avg", "momentum_buffer", "grad_avg"]
///     rule.scalars(step: 1, learningRate: 0.01, momentum: nil)   // [0.01, 0.9]
public struct RMSprop: UpdateRule, Hashable {
    /// What r is before the first step; raw values are those of the option `first`.
    public enum First: String, Sendable, Hashable, CaseIterable {
        /// 0.
        case zero
        /// The square of the first gradient, which is then r after the first step, too.
        case gradient
    }

    /// α, from 0 to below 1: the decay rate of the running mean of g².
    public let alpha: Double
    /// ε, at least 0, in the units of the gradient.
    public let epsilon: Double
    /// μ, from 0 to 1.
    public let momentum: Double
    /// Whether the gradient is divided by its standard deviation instead of its root mean square.
    public let centered: Bool
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public private(set) var weightDecay: Double
    /// Whether the step looks ahead by applying the momentum once more.
    public let nesterov: Bool

    /// What r starts from.
    public let first: First

    /// Makes the rule; throws on values out of range, on nesterov without momentum, and on a start at the first
    /// gradient where it is centered.
    public init(
        alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, centered: Bool = false,
        weightDecay: Double = 0, nesterov: Bool = false, first: First = .zero
    ) throws(OptionError) {
        try AllowedNumbers.belowOne.check(alpha, key: "alpha")
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.unitInterval.check(momentum, key: "momentum")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        if nesterov && momentum == 0 {
            throw OptionError(
                .conflict, key: "nesterov", value: "true", allowed: "false unless momentum is above 0")
        }
        if first == .gradient && centered {
            throw OptionError(
                .conflict, key: "first", value: First.gradient.rawValue,
                allowed: "zero beside centered, as the variance of the first gradient alone is 0")
        }
        self.alpha = alpha
        self.epsilon = epsilon
        self.momentum = momentum
        self.centered = centered
        self.weightDecay = weightDecay
        self.nesterov = nesterov
        self.first = first
    }

    /// The name in a configuration.
    public static let name = "rmsprop"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// r, then b where there is momentum, then m where it is centered.
    public var stateNames: [String] {
        ["square_avg"] + (takesMomentum ? ["momentum_buffer"] : []) + (centered ? ["grad_avg"] : [])
    }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// μ.
        case momentum
        /// 1 at the first step, 0 afterwards; only where r starts at the first gradient's square.
        case isFirstStep
    }

    /// Two numbers, and one more where r starts at the first gradient's square.
    public var scalarCount: Int { first == .zero ? 2 : 3 }

    /// Whether μ is not 0: without momentum there is no b.
    public var takesMomentum: Bool { momentum != 0 }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: RMSprop {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let all = Scalar.values([
            .learningRate: learningRate, .momentum: momentum ?? self.momentum,
            .isFirstStep: step == 1 ? 1 : 0,
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
        let step = dt_rmsprop(
            lr: scalars[.learningRate], alpha: alpha, momentum: scalars[.momentum], epsilon: epsilon,
            weight_decay: weightDecay, has_velocity: takesMomentum, centered: centered, nesterov: nesterov,
            starts_mean: first == .gradient && scalars[.isFirstStep] != 0)
        // Arrays that the options leave out are not read, but the kernel forms addresses inside them.
        let velocity = takesMomentum ? state[1] : weights
        let mean = centered ? state[takesMomentum ? 2 : 1] : weights
        kernels.pointee.rmsprop(step, Int64(count), weights, gradient, state[0], velocity, mean)
    }
}

extension RMSprop: Choice {
    public static let summary = "A rate per weight that follows the running mean of squared gradients."
    public static let source = "Tieleman & Hinton 2012, centered: Graves 2013"

    public static let options: [OptionDeclaration] = [
        .optional("lr", .number(.notNegative), default: .number(1e-2), "The learning rate."),
        .optional(
            "alpha", .number(.belowOne), default: .number(0.99), "The decay rate of the mean of squares."),
        .optional(
            "eps", .number(.notNegative), default: .number(1e-8),
            "What is added to the root that gradients are divided by."),
        .optional(
            "momentum", .number(.unitInterval), default: .number(0),
            "The factor by which the last step goes on."),
        .optional(
            "centered", default: .flag(false), "Whether the gradient's variance stands for its mean square."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
        .optional("nesterov", default: .flag(false), "Whether the momentum looks ahead by one step."),
        .optional(
            "first", .word("start", First.allCases.map(\.rawValue)), default: .text(First.zero.rawValue),
            "What the mean of squares starts from, zero or the first gradient's square."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            alpha: options.number("alpha"), epsilon: options.number("eps"),
            momentum: options.number("momentum"), centered: options.flag("centered"),
            weightDecay: options.number("weight_decay"), nesterov: options.flag("nesterov"),
            first: try options.word("first"))
    }
}

import CKernels
import Options

/// Stochastic gradient descent with momentum, as torch.optim.SGD computes it.
///
/// With learning rate η, momentum μ, dampening τ and weight decay λ, at step t (v is "momentum_buffer"):
///
///     g ← g + λ θ
///     v ← g                     for t = 1
///     v ← μ v + (1 − τ) g       for t > 1
///     θ ← θ − η v               or, with nesterov, θ ← θ − η (g + μ v)
///
/// Without momentum θ ← θ − η g, and there is no state. λ = 0 leaves g untouched even where θ is not finite.
///
/// The velocity holds gradients, and η stands outside of it, as in PyTorch: when a schedule lowers η, the part of the
/// step that comes from older gradients shrinks at once. The other form, v ← μ v − η g and θ ← θ + v, keeps in v the
/// rates at which the gradients came; it is the one of Sutskever et al. 2013. With a constant η both take the same
/// steps.
///
/// Where g does not change, v approaches (1 − τ) g / (1 − μ), and so does the step of either form of momentum: the
/// effective rate is η (1 − τ) / (1 − μ), ten times η with μ = 0.9.
///
/// Defaults: momentum 0, dampening 0, no nesterov, weight decay 0, and as an optimizer's `lr` 1e-3.
///
/// References: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Nesterov, "A
/// method for solving the convex programming problem with convergence rate O(1/k²)", 1983; for deep networks, in the
/// form with η in the velocity, Sutskever et al., "On the importance of initialization and momentum in deep
/// learning", ICML 2013.
///
/// Example:
///
///     let rule = try SGD(momentum: 0.9, nesterov: true)
///     rule.stateNames                                            // ["momentum_buffer"]
///     rule.scalars(step: 1, learningRate: 0.05, momentum: nil)   // [0.05, 0.9, 1]
///     rule.scalars(step: 2, learningRate: 0.05, momentum: 0.5)   // [0.05, 0.5, 0]
public struct SGD: UpdateRule, Hashable {
    /// μ, from 0 to 1.
    public let momentum: Double
    /// τ, from 0 to 1: a new gradient is multiplied by 1 − τ.
    public let dampening: Double
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public private(set) var weightDecay: Double
    /// Whether the step looks ahead by applying the momentum once more.
    public let nesterov: Bool

    /// Makes the rule; throws on values out of range, and on nesterov without momentum or with dampening.
    public init(
        momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
    ) throws(OptionError) {
        try AllowedNumbers.unitInterval.check(momentum, key: "momentum")
        try AllowedNumbers.unitInterval.check(dampening, key: "dampening")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        if nesterov && !(momentum > 0 && dampening == 0) {
            throw OptionError(
                .conflict, key: "nesterov", value: "true",
                allowed: "false unless momentum is above 0 and dampening is 0, but momentum is "
                    + "\(OptionValue.number(momentum)) and dampening \(OptionValue.number(dampening))")
        }
        self.momentum = momentum
        self.dampening = dampening
        self.weightDecay = weightDecay
        self.nesterov = nesterov
    }

    /// The name in a configuration.
    public static let name = "sgd"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// v, where there is momentum.
    public var stateNames: [String] { takesMomentum ? ["momentum_buffer"] : [] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// μ.
        case momentum
        /// 1 at the first step, 0 afterwards.
        case isFirstStep
    }

    /// Whether μ is not 0: without momentum there is no v.
    public var takesMomentum: Bool { momentum != 0 }

    /// (1 − τ) / (1 − μ), infinite for μ = 1; the same with nesterov, which allows no τ.
    public func terminalFactor(momentum: Double?) -> Double? {
        takesMomentum ? (1 - dampening) / (1 - (momentum ?? self.momentum)) : 1
    }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: SGD {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return Scalar.values([
            .learningRate: learningRate, .momentum: momentum ?? self.momentum,
            .isFirstStep: step == 1 ? 1 : 0,
        ])
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
        let step = dt_sgd(
            lr: scalars[.learningRate], momentum: scalars[.momentum], dampening: dampening,
            weight_decay: weightDecay, has_velocity: takesMomentum, nesterov: nesterov,
            first_step: scalars[.isFirstStep] != 0)
        // Without momentum the kernel reads no velocity, but it still forms addresses inside the buffer.
        let velocity = takesMomentum ? state[0] : weights
        kernels.pointee.sgd(step, Int64(count), weights, gradient, velocity)
    }
}

extension SGD: Choice {
    public static let summary = "Gradient descent, with momentum as PyTorch has it."
    public static let source = "Polyak 1964, Nesterov 1983"

    public static let options: [OptionDeclaration] = [
        .optional("lr", .number(.notNegative), default: .number(1e-3), "The learning rate."),
        .optional(
            "momentum", .number(.unitInterval), default: .number(0),
            "The factor by which the last step goes on."),
        .optional(
            "dampening", .number(.unitInterval), default: .number(0),
            "How much less a new gradient counts in the momentum."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
        .optional("nesterov", default: .flag(false), "Whether the momentum looks ahead by one step."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            momentum: options.number("momentum"), dampening: options.number("dampening"),
            weightDecay: options.number("weight_decay"), nesterov: options.flag("nesterov"))
    }
}

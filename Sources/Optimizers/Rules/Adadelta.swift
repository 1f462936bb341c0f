import CKernels
import Options

/// Adadelta: the step's size follows the sizes of recent steps, so that the gradient's unit cancels; as
/// torch.optim.Adadelta computes it.
///
/// With learning rate η, decay rate ρ, ε and weight decay λ (r is "square_avg", s "acc_delta"):
///
///     g ← g + λ θ
///     r ← ρ r + (1 − ρ) g²
///     d = g √(s + ε) / √(r + ε)
///     s ← ρ s + (1 − ρ) d²
///     θ ← θ − η d
///
/// ε stands inside of both roots, unlike in Adagrad, RMSprop and Adam, and has the unit of g².
///
/// Defaults: ρ 0.9, ε 1e-6, weight decay 0, and as an optimizer's `lr` 1.
///
/// Reference: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, arXiv:1212.5701.
///
/// Example:
///
///     let rule = try Adadelta()
///     rule.stateNames                                         // ["square_avg", "acc_delta"]
///     rule.scalars(step: 1, learningRate: 1, momentum: nil)   // [1]
public struct Adadelta: UpdateRule, Hashable {
    /// ρ, from 0 to below 1: the decay rate of both running means.
    public let rho: Double
    /// ε, at least 0, added to means of squared gradients and of squared steps; without it the first step would be 0.
    public let epsilon: Double
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public private(set) var weightDecay: Double

    /// Makes the rule; throws on values out of range.
    public init(
        rho: Double = 0.9, epsilon: Double = 1e-6, weightDecay: Double = 0
    ) throws(OptionError) {
        try AllowedNumbers.belowOne.check(rho, key: "rho")
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        self.rho = rho
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// The name in a configuration.
    public static let name = "adadelta"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// r and s.
    public var stateNames: [String] { ["square_avg", "acc_delta"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
    }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: Adadelta {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return Scalar.values([.learningRate: learningRate])
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
        let step = dt_adadelta(
            lr: scalars[.learningRate], rho: rho, epsilon: epsilon, weight_decay: weightDecay)
        kernels.pointee.adadelta(step, Int64(count), weights, gradient, state[0], state[1])
    }
}

extension Adadelta: Choice {
    public static let summary = "Steps in the weights' own units."
    public static let source = "Zeiler 2012"

    public static let options: [OptionDeclaration] = [
        .optional("lr", .number(.notNegative), default: .number(1), "The factor of every step."),
        .optional(
            "rho", .number(.belowOne), default: .number(0.9), "The decay rate of both running means."),
        .optional(
            "eps", .number(.notNegative), default: .number(1e-6),
            "What is added to both means, without which there is no first step."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            rho: options.number("rho"), epsilon: options.number("eps"),
            weightDecay: options.number("weight_decay"))
    }
}

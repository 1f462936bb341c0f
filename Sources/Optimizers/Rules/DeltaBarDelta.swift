import CKernels
import Options

/// Delta-bar-delta: a learning rate per weight that grows while its gradient keeps its sign and shrinks when it flips.
///
/// With initial rate η₀, κ, φ and a decay rate ϑ, per weight (η is "rate", δ̄ is "delta_bar"):
///
///     η ← η + κ                         where g δ̄ > 0; η = η₀ before the first step
///     η ← η φ                           where g δ̄ < 0
///     δ̄ ← (1 − ϑ) g + ϑ δ̄
///     θ ← θ − η g
///
/// It relies on the signs of gradients, which flip by chance between mini-batches, so it is for full-batch training
/// only. The learning rate given at the first step is η₀; later ones have no effect. There is no weight decay.
///
/// Defaults: κ 1e-3, φ 0.5, ϑ 0.7, and as an optimizer's `lr` 1e-3.
///
/// Reference: Jacobs, "Increased rates of convergence through learning rate adaptation", Neural Networks 1, 1988.
///
/// Example:
///
///     let rule = try DeltaBarDelta(kappa: 0.01)
///     rule.requiresFullBatch                                     // true
///     rule.stateNames                                            // ["rate", "delta_bar"]
///     rule.scalars(step: 1, learningRate: 0.05, momentum: nil)   // [0.05, 1]
public struct DeltaBarDelta: UpdateRule, Hashable {
    /// κ, at least 0: the amount by which a rate grows.
    public let kappa: Double
    /// φ, between 0 and 1: the factor by which a rate shrinks.
    public let phi: Double
    /// ϑ, from 0 to below 1: the decay rate of the running mean of g.
    public let theta: Double

    /// Makes the rule; throws on values out of range.
    public init(kappa: Double = 1e-3, phi: Double = 0.5, theta: Double = 0.7) throws(OptionError) {
        try AllowedNumbers.notNegative.check(kappa, key: "kappa")
        try AllowedNumbers.properFraction.check(phi, key: "phi")
        try AllowedNumbers.belowOne.check(theta, key: "theta")
        self.kappa = kappa
        self.phi = phi
        self.theta = theta
    }

    /// The name in a configuration.
    public static let name = "delta_bar_delta"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// η and δ̄.
    public var stateNames: [String] { ["rate", "delta_bar"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η₀; read at the first step only.
        case learningRate
        /// 1 at the first step, 0 afterwards.
        case isFirstStep
    }

    /// True: the signs of mini-batch gradients are noise.
    public var requiresFullBatch: Bool { true }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return Scalar.values([.learningRate: learningRate, .isFirstStep: step == 1 ? 1 : 0])
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
        let step = dt_delta_bar_delta(
            lr: scalars[.learningRate], kappa: kappa, phi: phi, theta: theta,
            first_step: scalars[.isFirstStep] != 0)
        kernels.pointee.delta_bar_delta(step, Int64(count), weights, gradient, state[0], state[1])
    }
}

extension DeltaBarDelta: Choice {
    public static let summary =
        "A rate per weight that follows the gradient's signs, with training.batch: full alone."
    public static let source = "Jacobs 1988"

    public static let options: [OptionDeclaration] = [
        .optional(
            "lr", .number(.notNegative), default: .number(1e-3),
            "The learning rate of every weight at the start."),
        .optional(
            "kappa", .number(.notNegative), default: .number(1e-3),
            "What a rate grows by where the gradient keeps its sign."),
        .optional(
            "phi", .number(.properFraction), default: .number(0.5),
            "The factor of a rate where the gradient changes its sign."),
        .optional(
            "theta", .number(.belowOne), default: .number(0.7),
            "The decay rate of the mean gradient whose sign is compared."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            kappa: options.number("kappa"), phi: options.number("phi"), theta: options.number("theta"))
    }
}

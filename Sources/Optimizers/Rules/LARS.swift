import CKernels
import Options

/// LARS, for large batches: SGD with momentum, and a rate per layer that keeps steps in proportion to the weights.
///
/// With learning rate η, momentum μ, trust coefficient c, ε and weight decay λ, for each tensor with weights θ and
/// gradient g (v is "momentum_buffer"):
///
///     r = c ‖θ‖ / (‖g‖ + λ ‖θ‖ + ε)     1 where ‖θ‖ or ‖g‖ is 0
///     v ← μ v + η r (g + λ θ)
///     θ ← θ − v
///
/// For tensors without weight decay λ is 0 in r too.
///
/// Defaults: momentum 0.9, trust coefficient 0.001, ε 1e-8, weight decay 0, and as an optimizer's `lr` 1, much larger
/// than SGD's because r is about 0.001.
///
/// Reference: You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, arXiv:1708.03888; ε and
/// the case r = 1 are from its authors' implementation.
///
/// Example:
///
///     let rule = try LARS(trustCoefficient: 0.5, epsilon: 0)
///     rule.stateNames   // ["momentum_buffer"]
///     rule.products     // [.weights, .gradient]
///     // With ‖θ‖² = 16 and ‖g‖² = 4, `factors` are η r = 0.1 · 0.5 · 4 / 2 = 0.1.
public struct LARS: MeasuredRule, Hashable {
    /// μ, from 0 to 1.
    public let momentum: Double
    /// c, above 0: the size of a step relative to the weights, at η = 1.
    public let trustCoefficient: Double
    /// ε, at least 0, in the units of the gradient.
    public let epsilon: Double
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public private(set) var weightDecay: Double

    /// Makes the rule; throws on values out of range.
    public init(
        momentum: Double = 0.9, trustCoefficient: Double = 0.001, epsilon: Double = 1e-8,
        weightDecay: Double = 0
    ) throws(OptionError) {
        try AllowedNumbers.unitInterval.check(momentum, key: "momentum")
        try AllowedNumbers.positive.check(trustCoefficient, key: "trust_coefficient")
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        self.momentum = momentum
        self.trustCoefficient = trustCoefficient
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// The name in a configuration.
    public static let name = "lars"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// v.
    public var stateNames: [String] { ["momentum_buffer"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// μ.
        case momentum
    }

    /// True: the momentum of a step is μ.
    public var takesMomentum: Bool { true }

    /// λ: the decay is added to the gradient.
    public var penalty: Double { weightDecay }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: LARS {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// ‖θ‖² and ‖g‖².
    public var products: [TensorProduct] { Self.products }

    private static let products: [TensorProduct] = [.weights, .gradient]

    /// The number that `factors` returns for each tensor.
    public enum Factor: Int, ScalarName {
        /// η r.
        case rate
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return Scalar.values([.learningRate: learningRate, .momentum: momentum ?? self.momentum])
    }

    /// η r of each tensor.
    public func factors(
        scalars: NamedScalars<Scalar>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        let rate = scalars[.learningRate]
        return decays.indices.map { tensor in
            let weights = sums[2 * tensor].squareRoot()
            let gradient = sums[2 * tensor + 1].squareRoot()
            if weights == 0 || gradient == 0 { return rate }
            let decay = decays[tensor] ? weightDecay : 0
            return rate * (trustCoefficient * weights / (gradient + decay * weights + epsilon))
        }
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
        checkScalars(scalars, then: Factor.self)
        let step = dt_lars(
            rate: scalars.rest(as: Factor.self)[.rate], momentum: scalars[.momentum],
            weight_decay: weightDecay)
        kernels.pointee.lars(step, Int64(count), weights, gradient, state[0])
    }
}

extension LARS: Choice {
    public static let summary = "As sgd, with a rate per layer for large batches."
    public static let source = "You et al. 2017"

    public static let options: [OptionDeclaration] = [
        .optional(
            "lr", .number(.notNegative), default: .number(1),
            "The learning rate, of which layers take a part."),
        .optional(
            "momentum", .number(.unitInterval), default: .number(0.9),
            "The factor by which the last step goes on."),
        .optional(
            "trust_coefficient", .number(.positive), default: .number(0.001),
            "The size of a layer's step at a rate of 1, as a part of its weights'."),
        .optional(
            "eps", .number(.notNegative), default: .number(1e-8),
            "What is added to the norm that a layer's rate is divided by."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            momentum: options.number("momentum"), trustCoefficient: options.number("trust_coefficient"),
            epsilon: options.number("eps"), weightDecay: options.number("weight_decay"))
    }
}

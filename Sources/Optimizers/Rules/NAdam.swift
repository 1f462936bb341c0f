import CKernels
import Foundation
import Options

/// NAdam, Adam with Nesterov's momentum, as torch.optim.NAdam computes it.
///
/// With learning rate η, decay rates β₁ and β₂, ε, momentum decay ψ and weight decay λ, at step t from 1 (m is
/// "exp_avg", v is "exp_avg_sq"):
///
///     g ← g + λ θ                       or, decoupled, θ ← θ − η λ θ
///     μₜ = β₁ (1 − ½ 0.96^(t ψ)),  Pₜ = μ₁ μ₂ … μₜ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η [(1 − μₜ) g / (1 − Pₜ) + μₜ₊₁ m / (1 − Pₜ₊₁)] / (√(v / (1 − β₂ᵗ)) + ε)
///
/// A momentum given for a step replaces β₁ everywhere, Pₜ included.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, momentum decay 4e-3, weight decay 0 and not decoupled, and as an
/// optimizer's `lr` 2e-3.
///
/// Reference: Dozat, "Incorporating Nesterov Momentum into Adam", ICLR 2016 workshop.
///
/// Example:
///
///     let rule = try NAdam(betas: (0.5, 0.75), momentumDecay: 0)
///     rule.stateNames                                            // ["exp_avg", "exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 0.75, momentum: nil)   // [0.75, 0.5, 0.75, 0.2, 0.25]
///     // η, β₁, η (1 − μ₁) / (1 − P₁), η μ₂ / (1 − P₂) and 1 − β₂, with μ₁ = μ₂ = ¼
public struct NAdam: MomentRule, Hashable {
    public var moments: Moments
    /// ψ, at least 0: how fast μₜ grows from about half of β₁ to β₁.
    public let momentumDecay: Double
    /// Whether λ multiplies the weights by 1 − η λ, as in `AdamW`, instead of adding λ θ to g.
    public let decoupledWeightDecay: Bool

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
        momentumDecay: Double = 4e-3, decoupledWeightDecay: Bool = false
    ) throws(OptionError) {
        try self.init(
            Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay), momentumDecay: momentumDecay,
            decoupledWeightDecay: decoupledWeightDecay)
    }

    private init(
        _ moments: Moments, momentumDecay: Double, decoupledWeightDecay: Bool
    ) throws(OptionError) {
        self.moments = moments
        try AllowedNumbers.notNegative.check(momentumDecay, key: "momentum_decay")
        self.momentumDecay = momentumDecay
        self.decoupledWeightDecay = decoupledWeightDecay
    }

    /// The name in a configuration.
    public static let name = "nadam"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// λ; 0 where it is decoupled.
    public var penalty: Double { decoupledWeightDecay ? 0 : weightDecay }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// β₁.
        case beta1
        /// η (1 − μₜ) / (1 − Pₜ), what the gradient is multiplied by.
        case gradientStep
        /// η μₜ₊₁ / (1 − Pₜ₊₁), what m is multiplied by.
        case momentStep
        /// 1 − β₂ᵗ.
        case biasCorrection2
    }

    /// The numbers of step t.
    ///
    /// - Complexity: At most about 8,000 powers, whatever t is; about 55 with the defaults.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let beta1 = moments.beta1(momentum)
        let next = beta1 * (1 - lag(step + 1))
        let product = momentumProduct(step, beta1: beta1)
        return Scalar.values([
            .learningRate: learningRate,
            .beta1: beta1,
            .gradientStep: learningRate * (1 - beta1 * (1 - lag(step))) / (1 - product),
            .momentStep: learningRate * next / (1 - product * next),
            .biasCorrection2: Moments.correction(moments.beta2, step: step),
        ])
    }

    /// 1 − μₜ / β₁.
    private func lag(_ step: Int) -> Double { 0.5 * pow(0.96, Double(step) * momentumDecay) }

    /// Pₜ, computed anew for each step so that it depends on nothing but t.
    ///
    /// The loop ends early in two cases. Once the product is below 2⁻⁶⁰, 1 − Pₜ is 1; that takes at most 145 factors
    /// while the lag is above ¼. Once the lag vanishes in rounding, all further factors are β₁.
    private func momentumProduct(_ step: Int, beta1: Double) -> Double {
        var product = 1.0
        for factor in 1...step {
            let lag = lag(factor)
            if lag <= 0x1p-54 { return product * pow(beta1, Double(step - factor + 1)) }
            product *= beta1 * (1 - lag)
            if product < 0x1p-60 { return 0 }
        }
        return product
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
        let step = dt_nadam(
            lr: scalars[.learningRate], beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon,
            weight_decay: weightDecay, gradient_step: scalars[.gradientStep],
            moment_step: scalars[.momentStep], bias_correction2: scalars[.biasCorrection2],
            decoupled: decoupledWeightDecay)
        kernels.pointee.nadam(step, Int64(count), weights, gradient, state[0], state[1])
    }
}

extension NAdam: Choice {
    public static let summary = "As adam, with Nesterov's look ahead."
    public static let source = "Dozat 2016"

    public static let options =
        Moments.options(rate: 2e-3, epsilon: 1e-8, weightDecay: 0) + [
            .optional(
                "momentum_decay", .number(.notNegative), default: .number(4e-3),
                "How fast the momentum comes near to the first of betas."),
            .optional(
                "decoupled_weight_decay", default: .flag(false),
                "Whether weight decay passes the running means by."),
        ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            Moments(options), momentumDecay: options.number("momentum_decay"),
            decoupledWeightDecay: options.flag("decoupled_weight_decay"))
    }
}

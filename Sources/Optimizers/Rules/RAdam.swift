import CKernels
import Foundation
import Options

/// RAdam: Adam that does not use its second moment until it is reliable, as torch.optim.RAdam computes it.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1 (m is "exp_avg", v is
/// "exp_avg_sq"):
///
///     g ← g + λ θ                       or, decoupled, θ ← θ − η λ θ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     ρ∞ = 2 / (1 − β₂) − 1,  ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
///     ρ > 5:  θ ← θ − η m̂ r √(1 − β₂ᵗ) / (√v + ε)   with r² = (ρ − 4) (ρ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρ)
///     else    θ ← θ − η m̂                           with m̂ = m / (1 − β₁ᵗ)
///
/// With β₂ = 0.999 the first five steps are of the second kind. A momentum given for a step replaces β₁.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, weight decay 0 and not decoupled, and as an optimizer's `lr` 1e-3.
///
/// Reference: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", ICLR 2020, arXiv:1908.03265.
///
/// Example:
///
///     let rule = try RAdam(betas: (0.5, 0.75))
///     rule.stateNames   // ["exp_avg", "exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 0.01, momentum: nil)
///     // [0.01, 0.5, 0.5, 0.5, 0]: η, β₁, 1 − β₁, √(1 − β₂), and r, which there is not yet
public struct RAdam: MomentRule, Hashable {
    public var moments: Moments
    /// Whether λ multiplies the weights by 1 − η λ, as in `AdamW`, instead of adding λ θ to g.
    public let decoupledWeightDecay: Bool

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
        decoupledWeightDecay: Bool = false
    ) throws(OptionError) {
        moments = try Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay)
        self.decoupledWeightDecay = decoupledWeightDecay
    }

    /// The name in a configuration.
    public static let name = "radam"

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
        /// 1 − β₁ᵗ.
        case biasCorrection1
        /// √(1 − β₂ᵗ).
        case biasCorrection2Root
        /// r where ρ > 5, else 0.
        case rectification
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let beta1 = moments.beta1(momentum)
        let correction2 = Moments.correction(moments.beta2, step: step)
        return Scalar.values([
            .learningRate: learningRate,
            .beta1: beta1,
            .biasCorrection1: Moments.correction(beta1, step: step),
            .biasCorrection2Root: correction2.squareRoot(),
            .rectification: rectification(step, correction2: correction2),
        ])
    }

    private func rectification(_ step: Int, correction2: Double) -> Double {
        let limit = 2 / (1 - moments.beta2) - 1
        let length = limit - 2 * Double(step) * pow(moments.beta2, Double(step)) / correction2
        guard length > 5 else { return 0 }
        let square = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        return square.squareRoot()
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
        let step = dt_radam(
            lr: scalars[.learningRate], beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[.biasCorrection1],
            bias_correction2_sqrt: scalars[.biasCorrection2Root], rectification: scalars[.rectification],
            decoupled: decoupledWeightDecay, adaptive: scalars[.rectification] != 0)
        kernels.pointee.radam(step, Int64(count), weights, gradient, state[0], state[1])
    }
}

extension RAdam: Choice {
    public static let summary = "As adam, but waits until the variance of its rate is known."
    public static let source = "Liu et al. 2020"

    public static let options =
        Moments.options(rate: 1e-3, epsilon: 1e-8, weightDecay: 0) + [
            .optional(
                "decoupled_weight_decay", default: .flag(false),
                "Whether weight decay passes the running means by.")
        ]

    public init(options: ResolvedOptions) throws(OptionError) {
        moments = try Moments(options)
        decoupledWeightDecay = options.flag("decoupled_weight_decay")
    }
}

import CKernels
import Options

/// Adamax: Adam with the running maximum of |g| instead of the mean square, as torch.optim.Adamax computes it.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1 (m is "exp_avg", u is
/// "exp_inf"):
///
///     g ← g + λ θ
///     m ← β₁ m + (1 − β₁) g
///     u ← max(β₂ u, |g| + ε)
///     θ ← θ − η m / (1 − β₁ᵗ) / u
///
/// A momentum given for a step replaces β₁.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, weight decay 0, and as an optimizer's `lr` 2e-3.
///
/// Reference: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, arXiv:1412.6980, section 7.1.
///
/// Example:
///
///     let rule = try Adamax(betas: (0.5, 0.75))
///     rule.stateNames                                            // ["exp_avg", "exp_inf"]
///     rule.scalars(step: 2, learningRate: 0.01, momentum: nil)   // [0.01, 0.5, 0.75]: η, β₁, 1 − β₁²
public struct Adamax: MomentRule, Hashable {
    public var moments: Moments

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0
    ) throws(OptionError) {
        moments = try Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay)
    }

    /// The name in a configuration.
    public static let name = "adamax"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// m and u.
    public var stateNames: [String] { ["exp_avg", "exp_inf"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// β₁.
        case beta1
        /// 1 − β₁ᵗ.
        case biasCorrection1
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let beta1 = moments.beta1(momentum)
        return Scalar.values([
            .learningRate: learningRate, .beta1: beta1,
            .biasCorrection1: Moments.correction(beta1, step: step),
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
        let step = dt_adamax(
            lr: scalars[.learningRate], beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[.biasCorrection1])
        kernels.pointee.adamax(step, Int64(count), weights, gradient, state[0], state[1])
    }
}

extension Adamax: Choice {
    public static let summary = "As adam, in the maximum norm."
    public static let source = "Kingma & Ba 2015"

    public static let options = Moments.options(rate: 2e-3, epsilon: 1e-8, weightDecay: 0)

    public init(options: ResolvedOptions) throws(OptionError) {
        moments = try Moments(options)
    }
}

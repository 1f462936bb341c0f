import CKernels
import Options

/// LAMB, for large batches: Adam's direction, with steps in proportion to the norm of each layer's weights.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1, for each tensor with weights
/// θ (m is "exp_avg", v is "exp_avg_sq"):
///
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     u = m̂ / (√v̂ + ε) + λ θ           with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
///     θ ← θ − η u ‖θ‖ / ‖u‖             θ ← θ − η u where one of the norms is 0
///
/// A momentum given for a step replaces β₁.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-6, weight decay 0.01, and as an optimizer's `lr` 1e-3.
///
/// Reference: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", ICLR 2020,
/// arXiv:1904.00962.
///
/// Example:
///
///     let rule = try LAMB(betas: (0.5, 0.75))
///     rule.stateNames                                           // ["exp_avg", "exp_avg_sq"]
///     rule.products                                             // [.weights, .direction]
///     rule.scalars(step: 1, learningRate: 0.1, momentum: nil)   // [0.1, 0.5, 0.5, 0.5]
///     // With ‖θ‖² = 16 and ‖u‖² = 4, `factors` are η ‖θ‖ / ‖u‖ = 0.1 · 4 / 2 = 0.2.
public struct LAMB: MomentRule, MeasuredRule, Hashable {
    public var moments: Moments

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-6, weightDecay: Double = 1e-2
    ) throws(OptionError) {
        moments = try Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay)
    }

    /// The name in a configuration.
    public static let name = "lamb"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// 0: λ θ is part of u, not of the gradient.
    public var penalty: Double { 0 }

    /// The same numbers as Adam's.
    public typealias Scalar = Moments.Scalar

    /// ‖θ‖² and ‖u‖².
    public var products: [TensorProduct] { Self.products }

    private static let products: [TensorProduct] = [.weights, .direction]

    /// The number that `factors` returns for each tensor.
    public enum Factor: Int, ScalarName {
        /// η ‖θ‖ / ‖u‖.
        case rate
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return moments.scalars(step: step, learningRate: learningRate, momentum: momentum)
    }

    /// Updates m and v and writes u into `gradient`.
    public func prepare(
        scalars: NamedScalars<Scalar>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars, then: Memory.self)
        let step = dt_adam(
            lr: scalars[.learningRate], beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[.biasCorrection1],
            bias_correction2_sqrt: scalars[.biasCorrection2Root], decoupled: false)
        kernels.pointee.lamb_direction(step, Int64(count), weights, gradient, state[0], state[1])
    }

    /// η ‖θ‖ / ‖u‖ of each tensor, or η where one of the norms is 0.
    public func factors(
        scalars: NamedScalars<Scalar>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        let rate = scalars[.learningRate]
        return decays.indices.map { tensor in
            let weights = sums[2 * tensor].squareRoot()
            let direction = sums[2 * tensor + 1].squareRoot()
            return weights == 0 || direction == 0 ? rate : rate * (weights / direction)
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
        kernels.pointee.step(
            scalars.rest(as: Factor.self)[.rate], along: gradient, weights: weights, count: count)
    }
}

extension LAMB: Choice {
    public static let summary = "As adam, with a rate per layer for large batches."
    public static let source = "You et al. 2020"

    public static let options = Moments.options(
        rate: 1e-3, epsilon: 1e-6, weightDecay: 1e-2,
        decay: "How much of the weights is added to the direction of a step.")

    public init(options: ResolvedOptions) throws(OptionError) {
        moments = try Moments(options)
    }
}

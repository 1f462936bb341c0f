import Options

/// AMSGrad, Adam with a second moment that never shrinks, as torch.optim.Adam(amsgrad=True) computes it.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1 (m is "exp_avg", v is
/// "exp_avg_sq", s "max_exp_avg_sq"):
///
///     g ← g + λ θ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     s ← max(s, v)
///     θ ← θ − η m̂ / (√ŝ + ε)    with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ)
///
/// It is the same as `Adam` with `amsgrad`. A momentum given for a step replaces β₁.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, weight decay 0, and as an optimizer's `lr` 1e-3.
///
/// Reference: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, arXiv:1904.09237.
///
/// Example:
///
///     let rule = try AMSGrad(betas: (0.5, 0.75))
///     rule.stateNames   // ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 0.01, momentum: nil)
///     // [0.01, 0.5, 0.5, 0.5]: η, β₁, 1 − β₁, √(1 − β₂)
public struct AMSGrad: AdamRule, Hashable {
    public var moments: Moments

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0
    ) throws(OptionError) {
        moments = try Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay)
    }

    /// The name in a configuration.
    public static let name = "amsgrad"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// True: the largest v so far is divided by.
    public var amsgrad: Bool { true }

    /// False: weight decay is an L2 penalty.
    public static let isDecoupled = false
}

extension AMSGrad: Choice {
    public static let summary = "As adam, with a second moment that never falls."
    public static let source = "Reddi et al. 2018"

    public static let options = Moments.options(rate: 1e-3, epsilon: 1e-8, weightDecay: 0)

    public init(options: ResolvedOptions) throws(OptionError) { moments = try Moments(options) }
}

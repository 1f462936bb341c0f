import Options

/// Adam with decoupled weight decay, as torch.optim.AdamW computes it: the moments never see λ.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1 (m is "exp_avg", v is
/// "exp_avg_sq"):
///
///     θ ← θ − η λ θ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η m̂ / (√v̂ + ε)    with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
///
/// With `amsgrad` the largest v̂ so far replaces v̂ ("max_exp_avg_sq" keeps the largest v), as in `AMSGrad`. A momentum
/// given for a step replaces β₁, in the bias correction too.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, no amsgrad, weight decay 0.01, and as an optimizer's `lr` 1e-3.
///
/// Reference: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101.
///
/// Example:
///
///     let rule = try AdamW(betas: (0.5, 0.75))
///     rule.stateNames   // ["exp_avg", "exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 0.01, momentum: nil)
///     // [0.01, 0.5, 0.5, 0.5]: η, β₁, 1 − β₁, √(1 − β₂)
public struct AdamW: AdamRule, Hashable {
    public var moments: Moments
    public let amsgrad: Bool

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 1e-2,
        amsgrad: Bool = false
    ) throws(OptionError) {
        moments = try Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay)
        self.amsgrad = amsgrad
    }

    /// The name in a configuration.
    public static let name = "adamw"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// True: each step multiplies the weights by 1 − η λ before the moments act.
    public static let isDecoupled = true
}

extension AdamW: Choice {
    public static let summary = "As adam, with weight decay that the two means do not see."
    public static let source = "Loshchilov & Hutter 2019"

    public static let options =
        Moments.options(
            rate: 1e-3, epsilon: 1e-8, weightDecay: 1e-2,
            decay: "The part of itself, times the rate, that each weight loses in a step."
        ) + [
            .optional(
                "amsgrad", default: .flag(false),
                "Whether the largest second moment so far stands for the present one.")
        ]

    public init(options: ResolvedOptions) throws(OptionError) {
        moments = try Moments(options)
        amsgrad = options.flag("amsgrad")
    }
}

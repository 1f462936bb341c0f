import CKernels

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
/// With `amsgrad` the largest v̂ so far stands in the place of v̂ ("max_exp_avg_sq" keeps the largest v), as in
/// `AMSGrad`. A momentum given for a step takes β₁'s place, in the bias correction, too.
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
public struct AdamW: UpdateRule, Hashable {
    private var moments: AdamMoments

    /// β₁ and β₂, each from 0 to below 1: the decay rates of the running means of g and of g².
    public var betas: (Double, Double) { (moments.decays.beta1, moments.decays.beta2) }
    /// ε, at least 0, in the units of the gradient.
    public var epsilon: Double { moments.decays.epsilon }
    /// λ, at least 0: each step multiplies the weights by 1 − η λ before the moments act.
    public var weightDecay: Double { moments.weightDecay }
    /// Whether the largest v so far is divided by instead of v.
    public var amsgrad: Bool { moments.amsgrad }

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 1e-2,
        amsgrad: Bool = false
    ) throws(OptimizerError) {
        moments = try AdamMoments(
            betas: betas, epsilon: epsilon, weightDecay: weightDecay, decoupled: true,
            amsgrad: amsgrad)
    }

    /// "adamw".
    public static let name = "adamw"

    /// "adamw".
    public var name: String { Self.name }

    /// m, v and, with amsgrad, the largest v.
    public var stateNames: [String] { moments.stateNames }

    /// 4.
    public var scalarCount: Int { AdamMoments.scalarCount }

    /// Yes, as β₁.
    public var takesMomentum: Bool { true }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: AdamW {
        var rule = self
        rule.moments.weightDecay = 0
        return rule
    }

    /// η, β₁, 1 − β₁ᵗ and √(1 − β₂ᵗ).
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return moments.scalars(step: step, learningRate: learningRate, momentum: momentum)
    }

    /// Applies one step to a run of elements, as `UpdateRule` says.
    public func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars)
        moments.update(
            scalars: scalars, weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
    }
}

extension AdamW: Choice {
    package static let options: [OptionDeclaration] = [
        .optional("lr", default: .number(1e-3)),
        .optional("betas", default: .numbers([0.9, 0.999])),
        .optional("eps", default: .number(1e-8)),
        .optional("weight_decay", default: .number(1e-2)),
        .optional("amsgrad", default: .flag(false)),
    ]

    package init(options: ResolvedOptions) throws(OptimizerError) {
        let betas = options.numbers("betas")
        try self.init(
            betas: (betas[0], betas[1]), epsilon: options.number("eps"),
            weightDecay: options.number("weight_decay"), amsgrad: options.flag("amsgrad"))
    }
}

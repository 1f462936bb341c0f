import CKernels

/// Adam, adaptive moment estimation, as torch.optim.Adam computes it; weight decay is an L2 penalty.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1 (m is "exp_avg", v is
/// "exp_avg_sq"):
///
///     g ← g + λ θ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η m̂ / (√v̂ + ε)    with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
///
/// Defaults: betas 0.9 and 0.999, ε 1e-8, weight decay 0, and as an optimizer's `lr` 1e-3.
///
/// Reference: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, arXiv:1412.6980.
///
/// Example:
///
///     let rule = try Adam(betas: (0.5, 0.75))
///     rule.stateNames                             // ["exp_avg", "exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 0.01)   // [0.01, 0.5, 0.5]: η, 1 − β₁, √(1 − β₂)
public struct Adam: UpdateRule, Hashable {
    private let moments: AdamMoments

    /// β₁ and β₂, each from 0 to below 1: the decay rates of the running means of g and of g².
    public var betas: (Double, Double) { (moments.beta1, moments.beta2) }
    /// ε, at least 0, in the units of the gradient.
    public var epsilon: Double { moments.epsilon }
    /// λ of the L2 penalty ½ λ ‖θ‖², at least 0, whose gradient λ θ is added to g.
    public var weightDecay: Double { moments.weightDecay }

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0
    ) throws(OptimizerError) {
        moments = try AdamMoments(
            betas: betas, epsilon: epsilon, weightDecay: weightDecay, decoupled: false)
    }

    /// "adam".
    public static let name = "adam"

    /// "adam".
    public var name: String { Self.name }

    /// m and v.
    public var stateNames: [String] { AdamMoments.stateNames }

    /// 3.
    public var scalarCount: Int { AdamMoments.scalarCount }

    /// η, 1 − β₁ᵗ and √(1 − β₂ᵗ), with the betas as Float32 arithmetic applies them.
    public func scalars(step: Int, learningRate: Double) -> [Double] {
        moments.scalars(step: step, learningRate: learningRate)
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
        moments.update(
            scalars: scalars, weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
    }
}

extension Adam: Choice {
    package static let options: [OptionDeclaration] = [
        .optional("lr", default: .number(1e-3)),
        .optional("betas", default: .numbers([0.9, 0.999])),
        .optional("eps", default: .number(1e-8)),
        .optional("weight_decay", default: .number(0)),
    ]

    package init(options: ResolvedOptions) throws(OptimizerError) {
        let betas = options.numbers("betas")
        try self.init(
            betas: (betas[0], betas[1]), epsilon: options.number("eps"),
            weightDecay: options.number("weight_decay"))
    }
}

import CKernels

/// LAMB, Adam's direction with a step per layer in proportion to the layer's weights, for large batches.
///
/// With learning rate η, decay rates β₁ and β₂, ε and weight decay λ, at step t from 1, for each tensor with weights
/// θ (m is "exp_avg", v is "exp_avg_sq"):
///
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     u = m̂ / (√v̂ + ε) + λ θ           with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
///     θ ← θ − η u ‖θ‖ / ‖u‖             θ ← θ − η u where one of the norms is 0
///
/// A momentum given for a step takes β₁'s place.
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
public struct LAMB: MeasuredRule, Hashable {
    private let decays: MomentDecays

    /// β₁ and β₂, each from 0 to below 1: the decay rates of the running means of g and of g².
    public var betas: (Double, Double) { (decays.beta1, decays.beta2) }
    /// ε, at least 0, in the units of the gradient.
    public var epsilon: Double { decays.epsilon }
    /// λ, at least 0: λ θ is added to the direction, behind the moments.
    public private(set) var weightDecay: Double

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-6, weightDecay: Double = 1e-2
    ) throws(OptimizerError) {
        decays = try MomentDecays(betas: betas, epsilon: epsilon)
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        self.weightDecay = weightDecay
    }

    /// "lamb".
    public static let name = "lamb"

    /// "lamb".
    public var name: String { Self.name }

    /// m and v.
    public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

    /// 4.
    public var scalarCount: Int { 4 }

    /// Yes, as β₁.
    public var takesMomentum: Bool { true }

    /// The same rule with λ = 0.
    public var withoutWeightDecay: LAMB {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// ‖θ‖² and ‖u‖².
    public var products: [TensorProduct] { Self.products }

    private static let products: [TensorProduct] = [.weights, .direction]

    /// 1.
    public var factorCount: Int { 1 }

    /// η, β₁, 1 − β₁ᵗ and √(1 − β₂ᵗ).
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let beta1 = decays.beta1(momentum)
        return [
            learningRate, beta1, MomentDecays.correction(beta1, step: step),
            MomentDecays.correction(decays.beta2, step: step).squareRoot(),
        ]
    }

    /// Steps the moments and puts u in the place of g.
    public func prepare(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars, extra: memoryCount)
        let step = dt_adam(
            lr: scalars[0], beta1: scalars[1], beta2: decays.beta2, epsilon: epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[2], bias_correction2_sqrt: scalars[3],
            decoupled: false)
        kernels.pointee.lamb_direction(step, Int64(count), weights, gradient, state[0], state[1])
    }

    /// η ‖θ‖ / ‖u‖ of each tensor.
    public func factors(
        scalars: UnsafeBufferPointer<Double>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        decays.indices.map { tensor in
            let weights = sums[2 * tensor].squareRoot()
            let direction = sums[2 * tensor + 1].squareRoot()
            return weights == 0 || direction == 0 ? scalars[0] : scalars[0] * (weights / direction)
        }
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
        checkScalars(scalars, extra: factorCount)
        kernels.pointee.step(scalars[4], along: gradient, weights: weights, count: count)
    }
}

extension LAMB: Choice {
    package static let options: [OptionDeclaration] = [
        .optional("lr", default: .number(1e-3)),
        .optional("betas", default: .numbers([0.9, 0.999])),
        .optional("eps", default: .number(1e-6)),
        .optional("weight_decay", default: .number(1e-2)),
    ]

    package init(options: ResolvedOptions) throws(OptimizerError) {
        let betas = options.numbers("betas")
        try self.init(
            betas: (betas[0], betas[1]), epsilon: options.number("eps"),
            weightDecay: options.number("weight_decay"))
    }
}

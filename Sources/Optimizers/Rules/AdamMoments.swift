import CKernels

/// What Adam, AdamW and AMSGrad have in common: two running moments with bias correction, and how they are stepped.
struct AdamMoments: Sendable, Hashable {
    /// β₁, β₂ and ε, which is added to √v̂.
    let decays: MomentDecays
    /// λ, whose meaning `decoupled` decides.
    var weightDecay: Double
    /// Whether λ shrinks the weights directly (AdamW) or enters through the gradient (Adam).
    let decoupled: Bool
    /// Whether the largest v so far stands in the place of v (AMSGrad).
    let amsgrad: Bool

    /// Checks the ranges that the rules share.
    init(
        betas: (Double, Double), epsilon: Double, weightDecay: Double, decoupled: Bool, amsgrad: Bool
    ) throws(OptimizerError) {
        decays = try MomentDecays(betas: betas, epsilon: epsilon)
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        self.weightDecay = weightDecay
        self.decoupled = decoupled
        self.amsgrad = amsgrad
    }

    /// The names of the running moments and, for AMSGrad, of the largest v, PyTorch's.
    var stateNames: [String] {
        amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"]
    }

    /// The length of what `scalars` returns.
    static let scalarCount = 4

    /// η, β₁, 1 − β₁ᵗ and √(1 − β₂ᵗ).
    func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        let beta1 = decays.beta1(momentum)
        return [
            learningRate, beta1, MomentDecays.correction(beta1, step: step),
            MomentDecays.correction(decays.beta2, step: step).squareRoot(),
        ]
    }

    /// One step over a run of elements; `state` holds the arrays of `stateNames`.
    func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        let step = dt_adam(
            lr: scalars[0], beta1: scalars[1], beta2: decays.beta2, epsilon: decays.epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[2], bias_correction2_sqrt: scalars[3],
            decoupled: decoupled)
        if amsgrad {
            kernels.pointee.amsgrad(step, Int64(count), weights, gradient, state[0], state[1], state[2])
        } else {
            kernels.pointee.adam(step, Int64(count), weights, gradient, state[0], state[1])
        }
    }
}

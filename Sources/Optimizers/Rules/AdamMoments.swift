import CKernels
import Foundation

/// What Adam and AdamW have in common: two running moments with bias correction, and how they are stepped.
struct AdamMoments: Sendable, Hashable {
    /// β₁ and β₂, the decay rates of the running means of g and g².
    let beta1, beta2: Double
    /// ε, added to √v̂.
    let epsilon: Double
    /// λ, whose meaning `decoupled` decides.
    let weightDecay: Double
    /// Whether λ shrinks the weights directly (AdamW) or enters through the gradient (Adam).
    let decoupled: Bool

    /// Checks the ranges that both rules share.
    init(
        betas: (Double, Double), epsilon: Double, weightDecay: Double, decoupled: Bool
    ) throws(OptimizerError) {
        // A beta that Float32 rounds to 1 would make the bias correction 0.
        let spelled = OptionValue.numbers([betas.0, betas.1]).description
        for beta in [betas.0, betas.1] where !(beta >= 0 && Float(beta) < 1) {
            throw OptimizerError(
                .outOfRange, key: "betas", value: spelled,
                allowed: "two numbers, each \(AllowedNumbers.belowOne.phrase)")
        }
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        (beta1, beta2) = betas
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decoupled = decoupled
    }

    /// The names of the running moments, PyTorch's.
    static let stateNames = ["exp_avg", "exp_avg_sq"]

    /// The length of what `scalars` returns.
    static let scalarCount = 3

    /// η, 1 − β₁ᵗ and √(1 − β₂ᵗ).
    func scalars(step: Int, learningRate: Double) -> [Double] {
        precondition(step >= 1, "optimizer steps count from 1, not \(step)")
        return [
            learningRate,
            1 - pow(beta1, Double(step)),
            (1 - pow(beta2, Double(step))).squareRoot(),
        ]
    }

    /// One step over a run of elements; `state` holds m and v.
    func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        precondition(scalars.count == Self.scalarCount, "adam takes 3 scalars, not \(scalars.count)")
        let step = hyperparameters(
            learningRate: scalars[0], correction1: scalars[1], correction2Root: scalars[2])
        kernels.pointee.adam(step, Int64(count), weights, gradient, state[0], state[1])
    }

    private func hyperparameters(
        learningRate: Double, correction1: Double, correction2Root: Double
    ) -> dt_adam {
        dt_adam(
            lr: .init(learningRate), beta1: .init(beta1), beta2: .init(beta2), epsilon: .init(epsilon),
            weight_decay: .init(weightDecay), bias_correction1: .init(correction1),
            bias_correction2_sqrt: .init(correction2Root), decoupled: decoupled)
    }
}

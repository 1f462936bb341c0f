import CKernels

/// Adam, AdamW and AMSGrad, which differ in what weight decay does and in whether the second moment may fall.
public protocol AdamRule: MomentRule where Scalar == Moments.Scalar {
    /// Whether the largest v so far is divided by instead of v.
    var amsgrad: Bool { get }
    /// Whether λ shrinks the weights directly instead of entering through the gradient.
    static var isDecoupled: Bool { get }
}

extension AdamRule {
    /// m, v and, with amsgrad, the largest v.
    public var stateNames: [String] {
        amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"]
    }

    /// λ, unless it is decoupled.
    public var penalty: Double { Self.isDecoupled ? 0 : weightDecay }

    /// The numbers of step t.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return moments.scalars(step: step, learningRate: learningRate, momentum: momentum)
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
        let step = dt_adam(
            lr: scalars[.learningRate], beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon,
            weight_decay: weightDecay, bias_correction1: scalars[.biasCorrection1],
            bias_correction2_sqrt: scalars[.biasCorrection2Root], decoupled: Self.isDecoupled)
        if amsgrad {
            kernels.pointee.amsgrad(step, Int64(count), weights, gradient, state[0], state[1], state[2])
        } else {
            kernels.pointee.adam(step, Int64(count), weights, gradient, state[0], state[1])
        }
    }
}

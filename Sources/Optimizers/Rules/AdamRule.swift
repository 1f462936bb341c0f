import CKernels

/// Adam, AdamW and AMSGrad, which differ in how weight decay acts and in whether the second moment may shrink.
public protocol AdamRule: MomentRule, AdaptiveRule where Scalar == Moments.Scalar {
    /// Whether steps divide by the largest v so far instead of by v.
    var amsgrad: Bool { get }
    /// Whether λ shrinks the weights directly instead of being added to the gradient.
    static var isDecoupled: Bool { get }
}

extension AdamRule {
    /// m, v and, with amsgrad, the largest v.
    public var stateNames: [String] {
        amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"]
    }

    /// λ; 0 where it is decoupled.
    public var penalty: Double { Self.isDecoupled ? 0 : weightDecay }

    /// The numbers of step t, from 1, in the order of `Scalar`.
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

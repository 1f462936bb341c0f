import CKernels

extension dt_kernels {
    /// θ ← θ − rate · u over a run of elements: SGD without momentum along a direction.
    func step(
        _ rate: Double, along direction: UnsafePointer<Float>, weights: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        let step = dt_sgd(
            lr: rate, momentum: 0, dampening: 0, weight_decay: 0, has_velocity: false, nesterov: false,
            first_step: false)
        // The kernel reads no velocity without momentum, but forms addresses inside its buffer.
        sgd(step, Int64(count), weights, direction, weights)
    }
}

import CKernels

/// The passes of a rule that is only known as `any UpdateRule`, with plain arrays instead of named scalars.
extension UpdateRule {
    /// Applies one step to a run of `count` elements, in place; allocates nothing.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step; for a measured rule followed by
    ///     the tensor's factors.
    ///   - weights, gradient, state, count, kernels: as for the rule's own `update`.
    public func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        update(
            scalars: NamedScalars<Scalar>(scalars), weights: weights, gradient: gradient, state: state,
            count: count, kernels: kernels)
    }
}

extension MeasuredRule {
    /// The first pass over a run of `count` elements; allocates nothing.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step, then the memory as the last step
    ///     left it.
    ///   - weights, gradient, state, count, kernels: as for the rule's own `prepare`.
    public func prepare(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        prepare(
            scalars: NamedScalars<Scalar>(scalars), weights: weights, gradient: gradient, state: state,
            count: count, kernels: kernels)
    }

    /// The factors of every tensor, [tensors][factorCount], between the passes.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step.
    ///   - sums, decays, memory: as for the rule's own `factors`.
    public func factors(
        scalars: UnsafeBufferPointer<Double>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        factors(scalars: NamedScalars<Scalar>(scalars), sums: sums, decays: decays, memory: &memory)
    }
}

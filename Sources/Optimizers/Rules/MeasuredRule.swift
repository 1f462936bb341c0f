import CKernels

/// An update rule that needs sums over whole tensors: two element-wise passes with sums between them.
///
/// A step goes as follows; the caller does everything except the rule's own functions.
///
/// 1. `prepare`, over any runs of elements, may update the state and replace the gradient g by a direction u. It gets
///    the step's scalars followed by the rule's memory.
/// 2. For every tensor and each of `products` an inner product over the whole tensor is summed in Float64: over fixed
///    blocks, each with `kernels.dot`, whose sums are added in a fixed tree. `measure` does 1 and 2 for one block.
/// 3. `factors` turns the sums of all tensors into a few numbers per tensor. Every rank calls it with the same numbers;
///    it uses only + − · / √ of Float64, so all ranks get the same bits. `memory` holds a few numbers that outlive the
///    step: the caller keeps them, saves them and passes them in again; they start as zeros.
/// 4. `update`, over runs of elements that each lie inside one tensor, gets u instead of the gradient, and the step's
///    scalars followed by that tensor's factors.
///
/// For tensors without weight decay, `prepare` and `update` are called on `withoutWeightDecay`, and `factors` is told.
///
/// Example:
///
///     let rule: any MeasuredRule = try LAMB()
///     rule.products      // [.weights, .direction]
///     rule.factorCount   // 1
///     rule.memoryCount   // 0
public protocol MeasuredRule: UpdateRule {
    /// The names of the numbers that `factors` returns for each tensor and that `update` finds after the step's
    /// scalars.
    associatedtype Factor: ScalarName
    /// The names of the numbers that outlive a step; none by default.
    associatedtype Memory: ScalarName = NoScalar

    /// The inner products of each tensor that `factors` gets, in this order.
    var products: [TensorProduct] { get }

    /// The first pass over a run of `count` elements; allocates nothing. By default it changes nothing, so that u = g.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step, then the memory as the last step
    ///     left it.
    ///   - weights: θ [count].
    ///   - gradient: g [count], the gradient of the mean loss, already clipped; u on return.
    ///   - state: one pointer to [count] elements per entry of `stateNames`, read and written.
    ///   - count: the number of elements; 0 is valid.
    ///   - kernels: the table of vector loops to use.
    /// - Precondition: no two buffers overlap.
    func prepare(
        scalars: NamedScalars<Scalar>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>)

    /// The factors of every tensor, [tensors][factorCount], between the passes.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step.
    ///   - sums: the products of all tensors, [tensors][products.count].
    ///   - decays: for each tensor, whether it is stepped by this rule rather than by `withoutWeightDecay`.
    ///   - memory: [memoryCount], read and written.
    func factors(
        scalars: NamedScalars<Scalar>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double]
}

extension MeasuredRule {
    /// The number of factors of each tensor.
    public var factorCount: Int { Factor.allCases.count }

    /// The number of values that outlive a step.
    public var memoryCount: Int { Memory.allCases.count }

    /// Changes nothing, so that u = g.
    public func prepare(
        scalars: NamedScalars<Scalar>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {}

    /// The first pass over a block of elements inside one tensor, and the block's share of the tensor's products;
    /// allocates nothing.
    ///
    /// The sums depend on where the block begins and ends, so blocks must not depend on the number of ranks.
    ///
    /// - Parameters:
    ///   - scalars, weights, gradient, state, count, kernels: as for `prepare`.
    ///   - scratch: [count], overwritten if the rule wants `gradientDirection`.
    ///   - sums: [products.count], written.
    public func measure(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>,
        scratch: UnsafeMutablePointer<Float>,
        sums: UnsafeMutablePointer<Double>
    ) {
        let products = products
        let length = Int64(count)
        for (place, product) in products.enumerated() {
            if product == .gradient { sums[place] = kernels.pointee.dot(length, gradient, gradient) }
            if product == .gradientDirection { scratch.update(from: gradient, count: count) }
        }
        prepare(
            scalars: scalars, weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
        for (place, product) in products.enumerated() {
            switch product {
            case .gradient: break
            case .weights: sums[place] = kernels.pointee.dot(length, weights, weights)
            case .direction: sums[place] = kernels.pointee.dot(length, gradient, gradient)
            case .gradientDirection: sums[place] = kernels.pointee.dot(length, scratch, gradient)
            case .weightsDirection: sums[place] = kernels.pointee.dot(length, weights, gradient)
            }
        }
    }
}

import CKernels

/// How one optimizer step changes weights: a pure pair of an initial state (all zeros) and an element-wise
/// update.
///
/// A rule knows nothing of ranks, files or models. It sees runs of consecutive Float32 elements of the
/// weights, of the gradient of the mini-batch's mean loss and of its own state, which the caller keeps, saves
/// and slices. It is written in terms of two functions:
///
/// - `scalars` holds everything of step t that is the same for all elements: the learning rate, bias
///   corrections, whether t is 1. It is evaluated on one rank and sent to the others, because libm's pow and
///   cos may round differently on another machine.
/// - `update` applies the step to a run of elements. Element i of the result depends on element i of the
///   arguments alone, so the elements may be split into runs in any way, over calls, threads or ranks, and
///   give the same bits.
///
/// The protocol covers element-wise rules only. A rule that needs a quantity of a whole layer (the trust
/// ratio ‖θ‖/‖u‖ of LARS and LAMB) belongs in a protocol that refines this one and adds a second pass:
/// `update` then writes the direction u instead of the weights, norms per tensor are summed by the caller in
/// its fixed blocks, and a scaling pass that gets them applies θ ← θ − η r u. Callers that know only
/// `UpdateRule` stay as they are.
///
/// Example:
///
///     let rule: any UpdateRule = try Adam()
///     rule.stateNames                                // ["exp_avg", "exp_avg_sq"]
///     rule.scalars(step: 1, learningRate: 1e-3)[0]   // 1e-3
public protocol UpdateRule: Sendable {
    /// The name in a configuration ("adamw").
    var name: String { get }

    /// The names of the state arrays, PyTorch's ("exp_avg"): one Float32 per weight each, zero at first.
    var stateNames: [String] { get }

    /// The length of what `scalars` returns, the same at every step.
    var scalarCount: Int { get }

    /// The quantities of one step that all elements share, `scalarCount` of them.
    ///
    /// - Parameters:
    ///   - step: t, the number of this optimizer step, counted from 1 over the whole run, resumed or not.
    ///   - learningRate: η of this step.
    func scalars(step: Int, learningRate: Double) -> [Double]

    /// Applies one step to a run of `count` elements, in place; allocates nothing.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:)` returned for this step.
    ///   - weights: θ [count], read and written.
    ///   - gradient: g [count], the gradient of the mean loss, already clipped.
    ///   - state: one pointer to [count] elements per entry of `stateNames`, read and written.
    ///   - count: the number of elements; 0 is valid.
    ///   - kernels: the table of vector loops to use.
    /// - Precondition: `scalars` has `scalarCount` values; no two buffers overlap.
    func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>)
}

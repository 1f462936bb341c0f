import CKernels

/// How one optimizer step changes weights: a pure pair of an initial state (all zeros) and an element-wise
/// update.
///
/// A rule knows nothing of ranks, files or models. It sees runs of consecutive Float32 elements of the weights, of the
/// gradient of the mini-batch's mean loss and of its own state; the caller keeps, saves and splits the state. A rule
/// consists of two functions:
///
/// - `scalars` returns everything about step t that is the same for all elements: the learning rate, bias corrections,
///   whether t is 1. It is evaluated on one rank and sent to the others, because libm's pow and cos may round
///   differently on another machine.
/// - `update` applies the step to a run of elements. Element i of the result depends only on element i of the
///   arguments, so the elements may be split into any runs, over calls, threads or ranks, with the same bits as a
///   result.
///
/// A rule that needs sums over whole tensors between two passes (the trust ratio ‖θ‖/‖u‖ of LAMB) conforms to
/// `MeasuredRule`, which refines this protocol.
///
/// Example:
///
///     let rule: any UpdateRule = try Adam()
///     rule.stateNames                      // ["exp_avg", "exp_avg_sq"]
///     rule.takesMomentum                   // true
///     let scalars = rule.scalars(step: 1, learningRate: 1e-3, momentum: 0.5)
///     scalars[Adam.Scalar.learningRate]    // 1e-3
///     scalars[Adam.Scalar.beta1]           // 0.5
///
/// Example of a new rule: steps of one size, against the sign of the gradient.
///
///     struct SignDescent: UpdateRule {
///         enum Scalar: Int, ScalarName { case learningRate }
///
///         var name: String { "sign_descent" }
///         var stateNames: [String] { [] }
///
///         func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
///             Scalar.values([.learningRate: learningRate])
///         }
///
///         func update(
///             scalars: NamedScalars<Scalar>, weights: UnsafeMutablePointer<Float>,
///             gradient: UnsafePointer<Float>, state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
///             kernels: UnsafePointer<dt_kernels>
///         ) {
///             let rate = Float(scalars[.learningRate])
///             for i in 0..<count where gradient[i] != 0 { weights[i] -= gradient[i] > 0 ? rate : -rate }
///         }
///     }
public protocol UpdateRule: Sendable {
    /// The names of the numbers that `scalars` returns.
    associatedtype Scalar: ScalarName

    /// The name in a configuration ("adamw").
    var name: String { get }

    /// The names of the state arrays, PyTorch's ("exp_avg"): one Float32 per weight each, zero at first.
    var stateNames: [String] { get }

    /// The count of numbers that `scalars` returns, the same at every step; by default one for each name.
    var scalarCount: Int { get }

    /// Whether a momentum may be given for each step: SGD's μ where it has one, Adam's β₁; false by default.
    var takesMomentum: Bool { get }

    /// Whether steps have a learning rate; true by default.
    var takesLearningRate: Bool { get }

    /// How many numbers outlive a step beside the state arrays, the same on all ranks: the caller keeps them, saves them and
    /// gives them back, zeros at first. None by default.
    var memoryCount: Int { get }

    /// What η is multiplied by once the gradient has stayed the same for long: 1/(1 − μ) for SGD with momentum; nil, the
    /// default, where it depends on the gradient or the weights.
    ///
    /// - Parameter momentum: The momentum that a schedule gives; nil for the rule's own.
    func terminalFactor(momentum: Double?) -> Double?

    /// Whether the rule compares gradients of successive steps, which makes sense only if each is the gradient of the
    /// whole training set; false by default.
    var requiresFullBatch: Bool { get }

    /// The same rule with weight decay 0, for parameters that are exempt from it: it takes the same scalars and has the
    /// same state. A rule without weight decay returns itself.
    var withoutWeightDecay: Self { get }

    /// λ of the penalty ½ λ ‖θ‖² that the rule minimizes along with the loss: its weight decay if that is added to the
    /// gradient; 0 if there is none or it shrinks the weights directly. 0 by default.
    var penalty: Double { get }

    /// The numbers of one step that all elements share, `scalarCount` of them, as `Scalar.values` orders them.
    ///
    /// - Parameters:
    ///   - step: t, the number of this optimizer step, counted from 1 over the whole run, resumed or not. Steps that
    ///     were not applied do not count.
    ///   - learningRate: η of this step.
    ///   - momentum: μ or β₁ of this step, from 0 to 1, for β₁ below 1; nil for the rule's own.
    /// - Precondition: `momentum` is nil unless `takesMomentum`.
    func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double]

    /// Applies one step to a run of `count` elements, in place; allocates nothing.
    ///
    /// - Parameters:
    ///   - scalars: what `scalars(step:learningRate:momentum:)` returned for this step.
    ///   - weights: θ [count], read and written.
    ///   - gradient: g [count], the gradient of the mean loss, already clipped.
    ///   - state: one pointer to [count] elements per entry of `stateNames`, read and written.
    ///   - count: the number of elements; 0 is valid.
    ///   - kernels: the table of vector loops to use.
    /// - Precondition: no two buffers overlap.
    func update(
        scalars: NamedScalars<Scalar>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>)
}

extension UpdateRule {
    /// One for each name.
    public var scalarCount: Int { Scalar.allCases.count }

    /// False: a momentum cannot be given.
    public var takesMomentum: Bool { false }

    /// Yes.
    public var takesLearningRate: Bool { true }

    /// None.
    public var memoryCount: Int { 0 }

    /// nil: the size of a step depends on more than η.
    public func terminalFactor(momentum: Double?) -> Double? { nil }

    /// False: mini-batches are enough.
    public var requiresFullBatch: Bool { false }

    /// The rule itself, as one without weight decay.
    public var withoutWeightDecay: Self { self }

    /// 0: no penalty.
    public var penalty: Double { 0 }

    /// Traps on a step below 1 or a momentum that the rule cannot take.
    func checkStep(_ step: Int, momentum: Double?) {
        precondition(step >= 1, "optimizer steps count from 1, not \(step)")
        guard let momentum else { return }
        precondition(takesMomentum, "\(name) takes no momentum, but was given \(momentum)")
        precondition(momentum >= 0 && momentum <= 1, "momentum \(momentum) of step \(step)")
    }

    /// Traps unless there are `scalarCount` scalars, followed by one for each name in `next`.
    func checkScalars<Next: ScalarName>(
        _ scalars: NamedScalars<Scalar>, then next: Next.Type = NoScalar.self
    ) {
        let count = scalarCount + Next.allCases.count
        precondition(scalars.count == count, "\(name) takes \(count) scalars, not \(scalars.count)")
    }
}

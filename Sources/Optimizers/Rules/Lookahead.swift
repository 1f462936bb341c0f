import CKernels

/// Lookahead: any rule's weights, pulled back towards slow weights every k steps.
///
/// With the wrapped rule's step θ ← A(θ, g), every step t from 1 (φ is "slow"):
///
///     φ ← θ                             before the step, for t = 1
///     θ ← A(θ, g)
///     φ ← φ + α (θ − φ);  θ ← φ         for t a multiple of k
///
/// Between the steps that are multiples of k, θ holds the fast weights; to get the slow ones, evaluate or stop after a
/// multiple of k. The wrapped rule's state is not changed. The rule has the wrapped rule's name, because configurations
/// set lookahead as an option of it.
///
/// Reference: Zhang, Lucas, Hinton and Ba, "Lookahead Optimizer: k steps forward, 1 step back", NeurIPS 2019,
/// arXiv:1907.08610.
///
/// Example:
///
///     let rule = Lookahead(try SGD(), options: try LookaheadOptions(k: 2))
///     rule.stateNames                                           // ["slow"]
///     rule.scalars(step: 1, learningRate: 0.1, momentum: nil)   // [1, 0, 0.1, 0, 1]: first, not a multiple of k
///     rule.scalars(step: 2, learningRate: 0.1, momentum: nil)   // [0, 1, 0.1, 0, 0]: a multiple of k
public struct Lookahead<Rule: UpdateRule>: UpdateRule {
    /// The rule of the fast weights.
    public let rule: Rule
    /// k and α.
    public let options: LookaheadOptions
    // The index of φ among the state arrays. Asking for the names would allocate an array, which `update` must not do.
    private let slowArray: Int

    /// Wraps a rule.
    public init(_ rule: Rule, options: LookaheadOptions) {
        self.rule = rule
        self.options = options
        slowArray = rule.stateNames.count
    }

    /// The wrapped rule's name.
    public var name: String { rule.name }

    /// The wrapped rule's arrays, then φ.
    public var stateNames: [String] { rule.stateNames + ["slow"] }

    /// The two numbers of lookahead and the wrapped rule's.
    public var scalarCount: Int { Scalar.allCases.count + rule.scalarCount }

    /// The same as the wrapped rule's.
    public var takesMomentum: Bool { rule.takesMomentum }

    /// The same as the wrapped rule's.
    public var takesLearningRate: Bool { rule.takesLearningRate }

    /// The same as the wrapped rule's.
    public var memoryCount: Int { rule.memoryCount }

    /// The same as the wrapped rule's.
    public var requiresFullBatch: Bool { rule.requiresFullBatch }

    /// α times the wrapped rule's: of k fast steps the slow weights take the part α.
    public func terminalFactor(momentum: Double?) -> Double? {
        rule.terminalFactor(momentum: momentum).map { options.alpha * $0 }
    }

    /// The wrapped rule's penalty.
    public var penalty: Double { rule.penalty }

    /// The wrapped rule without weight decay, in lookahead with the same options.
    public var withoutWeightDecay: Lookahead { Lookahead(rule.withoutWeightDecay, options: options) }

    /// The numbers in front of the wrapped rule's.
    public typealias Scalar = LookaheadScalar

    /// The two numbers of lookahead, then the wrapped rule's for step t.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        Scalar.values([.isFirstStep: step == 1 ? 1 : 0, .isMultiple: step % options.k == 0 ? 1 : 0])
            + rule.scalars(step: step, learningRate: learningRate, momentum: momentum)
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
        let slow = state[slowArray]
        if scalars[.isFirstStep] != 0 { slow.update(from: weights, count: count) }
        rule.update(
            scalars: scalars.rest, weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
        if scalars[.isMultiple] != 0 {
            kernels.pointee.lookahead(Float(options.alpha), Int64(count), weights, slow)
        }
    }
}

extension Lookahead: MeasuredRule where Rule: MeasuredRule {
    /// The same as the wrapped rule's.
    public var products: [TensorProduct] { rule.products }

    /// The same as the wrapped rule's.
    public typealias Factor = Rule.Factor

    /// The same as the wrapped rule's.
    public typealias Memory = Rule.Memory

    /// The wrapped rule's first pass; lookahead adds nothing to it.
    public func prepare(
        scalars: NamedScalars<Scalar>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        rule.prepare(
            scalars: scalars.rest, weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
    }

    /// The wrapped rule's factors; lookahead has none.
    public func factors(
        scalars: NamedScalars<Scalar>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        rule.factors(scalars: scalars.rest, sums: sums, decays: decays, memory: &memory)
    }
}

/// The numbers of a step that are lookahead's own. They come before the wrapped rule's, so that a measured rule still
/// finds its factors right after its scalars.
public enum LookaheadScalar: Int, ScalarName {
    /// 1 at the first step, 0 afterwards.
    case isFirstStep
    /// 1 where t is a multiple of k, else 0.
    case isMultiple
}

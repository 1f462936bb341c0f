import CKernels

/// Lookahead: any rule's weights, pulled back towards slow weights every k steps.
///
/// With the wrapped rule's step θ ← A(θ, g), every step t from 1 (φ is "slow"):
///
///     φ ← θ                             before the step, for t = 1
///     θ ← A(θ, g)
///     φ ← φ + α (θ − φ);  θ ← φ         for t a multiple of k
///
/// Between the steps that are multiples of k, θ are fast weights: evaluate or stop after a multiple of k to see slow
/// ones. The wrapped rule's state is left as it is. The rule goes by the wrapped rule's name, to which it is an option.
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

    /// Wraps a rule.
    public init(_ rule: Rule, options: LookaheadOptions) {
        self.rule = rule
        self.options = options
    }

    /// The wrapped rule's name.
    public var name: String { rule.name }

    /// Those of the wrapped rule, then φ.
    public var stateNames: [String] { rule.stateNames + ["slow"] }

    /// 2 more than the wrapped rule's.
    public var scalarCount: Int { Self.flags + rule.scalarCount }

    /// As the wrapped rule.
    public var takesMomentum: Bool { rule.takesMomentum }

    /// As the wrapped rule.
    public var requiresFullBatch: Bool { rule.requiresFullBatch }

    /// The inner rule's.
    public var penalty: Double { rule.penalty }

    /// The wrapped rule without weight decay, wrapped alike.
    public var withoutWeightDecay: Lookahead { Lookahead(rule.withoutWeightDecay, options: options) }

    /// They stand in front, so that a measured rule finds its scalars followed by its factors.
    private static var flags: Int { 2 }

    /// Whether t is 1 and whether it is a multiple of k, as 1 or 0, then the wrapped rule's scalars.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        [step == 1 ? 1 : 0, step % options.k == 0 ? 1 : 0]
            + rule.scalars(step: step, learningRate: learningRate, momentum: momentum)
    }

    /// Applies one step to a run of elements, as `UpdateRule` says.
    public func update(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        let slow = state[rule.stateNames.count]
        if scalars[0] != 0 { slow.update(from: weights, count: count) }
        rule.update(
            scalars: Self.wrapped(scalars), weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
        if scalars[1] != 0 { kernels.pointee.lookahead(Float(options.alpha), Int64(count), weights, slow) }
    }

    private static func wrapped(_ scalars: UnsafeBufferPointer<Double>) -> UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(rebasing: scalars.dropFirst(flags))
    }
}

extension Lookahead: MeasuredRule where Rule: MeasuredRule {
    /// As the wrapped rule.
    public var products: [TensorProduct] { rule.products }

    /// As the wrapped rule.
    public var factorCount: Int { rule.factorCount }

    /// As the wrapped rule.
    public var memoryCount: Int { rule.memoryCount }

    /// The wrapped rule's first pass.
    public func prepare(
        scalars: UnsafeBufferPointer<Double>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        rule.prepare(
            scalars: Self.wrapped(scalars), weights: weights, gradient: gradient, state: state, count: count,
            kernels: kernels)
    }

    /// The wrapped rule's factors.
    public func factors(
        scalars: UnsafeBufferPointer<Double>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        rule.factors(scalars: Self.wrapped(scalars), sums: sums, decays: decays, memory: &memory)
    }
}

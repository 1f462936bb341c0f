import Options

/// A learning rate that falls as the inverse square root of the step, as the Transformer's:
///
///     η(s) = η₀ √(w / (w + k))    with k = s − W and w = max(W, 1)
///
/// W is the length of the warm-up. After a warm-up of at least one step this is η₀ √(W / s) for s ≥ W: η₀ at step W,
/// half of it at step 4W. Without warm-up it is η₀ / √(1 + s). By epoch, k and W count epochs, and W may have a
/// fraction.
///
/// The paper's form is d^(−1/2) min(n^(−1/2), n W^(−3/2)) with n = s + 1. Here the peak is given as η₀ instead of
/// d^(−1/2) W^(−1/2), and the warm-up, the same as of every schedule, reaches it one step later.
///
/// Defaults: none; the warm-up is the schedule's own.
///
/// Reference: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, arXiv:1706.03762.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .inverseSquareRoot, warmup: .steps(4))
///     schedule.rate(step: 4, stepsPerEpoch: 10, totalSteps: 50)    // 0.4
///     schedule.rate(step: 16, stepsPerEpoch: 10, totalSteps: 50)   // 0.2
public struct InverseSquareRootShape: ScheduleShape, Hashable {
    /// Makes the shape; it has no options.
    public init() {}

    /// The name in a configuration.
    public static let name = "inverse_sqrt"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Accepts every base rate.
    public func validate(baseRate: Double) throws(OptionError) {}

    /// η₀ √(w / (w + k)).
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let length = max(position.warmup, 1)
        return baseRate * (length / (length + Double(position.index))).squareRoot()
    }

    /// Both infinite: the squares sum as 1/k does.
    public func sums(baseRate: Double) -> RateSums? {
        .infinite("it falls as 1/√k, and its square as 1/k")
    }
}

extension ScheduleShape where Self == InverseSquareRootShape {
    /// A learning rate that falls as the inverse square root of the step.
    public static var inverseSquareRoot: InverseSquareRootShape { InverseSquareRootShape() }
}

extension InverseSquareRootShape: NamedShape {
    public static let summary = "As η₀ √(w/(w + k)), k steps behind a warm-up of w."
    public static let source = "Vaswani et al. 2017"

    public static let options: [OptionDeclaration] = []

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init()
    }
}

/// Skips steps whose loss is far above the recent ones: one bad mini-batch can undo the work of many good ones.
///
/// A step is skipped, and changes nothing, if its mean loss L over all ranks has
///
///     L > m + σ s
///
/// with the mean m and the standard deviation s (divided by n − 1) of the losses of the last `window` steps, skipped
/// ones included. Nothing is skipped before half as many losses are known, or while they are all equal. Because spikes
/// count among the recent losses, a run whose loss has risen for good is not held up for ever.
///
/// Reference: mini-batches at spikes are left out in Chowdhery et al., "PaLM: Scaling Language Modeling with Pathways",
/// 2022, arXiv:2204.02311, section 5.1.
///
/// Example:
///
///     let guard = LossSpikeGuard(sigma: 3, window: 4)
///     guard.limit(after: [1.0])               // nil
///     guard.limit(after: [1.0, 3.0])          // 2 + 3 · √2
public struct LossSpikeGuard: Sendable, Hashable {
    /// σ: how many standard deviations above the mean a loss may be, above 0; 6 by default.
    public let sigma: Double
    /// The number of recent losses that m and s are taken over, from 4 to 65,536; 128 by default.
    public let window: Int

    /// The allowed values of `window`.
    package static let windows = 4...65_536

    /// A guard with these values, which are not checked here.
    public init(sigma: Double = 6, window: Int = 128) {
        self.sigma = sigma
        self.window = window
    }

    /// The largest loss that does not count as a spike after `losses`, of which the last `window` are used; nil while
    /// fewer than half as many are known or all are equal.
    public func limit(after losses: some BidirectionalCollection<Double>) -> Double? {
        let recent = losses.suffix(window)
        guard recent.count >= max(2, window / 2) else { return nil }
        let mean = recent.reduce(0, +) / Double(recent.count)
        let squares = recent.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(recent.count - 1)).squareRoot()
        return deviation > 0 ? mean + sigma * deviation : nil
    }
}

/// Leaves out steps whose loss is far above the recent ones: one bad mini-batch can undo the work of many good ones.
///
/// A step changes nothing where its mean loss L over all ranks has
///
///     L > m + σ s
///
/// with the mean m and the standard deviation s (of n − 1) of the last `window` steps' losses, spikes included, as soon as
/// there are half as many; equal losses, s = 0, leave nothing out. Recent losses move with the spikes, so that a run whose
/// loss has risen for good is not held up for ever.
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
    /// σ, standard deviations above the mean, above 0; 6 by default.
    public let sigma: Double
    /// Steps whose losses are looked at, from 4 to 65,536; 128 by default.
    public let window: Int

    /// The numbers of steps that `window` may be.
    package static let windows = 4...65_536

    /// A guard; the values are checked where they are read.
    public init(sigma: Double = 6, window: Int = 128) {
        self.sigma = sigma
        self.window = window
    }

    /// The largest loss that is no spike after `losses`, of which the last `window` count; nil where too few are known.
    public func limit(after losses: some BidirectionalCollection<Double>) -> Double? {
        let recent = losses.suffix(window)
        guard recent.count >= max(2, window / 2) else { return nil }
        let mean = recent.reduce(0, +) / Double(recent.count)
        let squares = recent.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(recent.count - 1)).squareRoot()
        return deviation > 0 ? mean + sigma * deviation : nil
    }
}

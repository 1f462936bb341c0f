/// Mini-batches that grow during training: small ones at first, whose noise helps, and large ones at the end, whose
/// gradient is more exact.
///
/// A larger batch lowers the gradient's noise as a lower learning rate would, but with fewer steps that are easier to
/// share among ranks. The batch grows only between epochs, so that an epoch visits every example once.
///
/// References: Byrd et al., "Sample size selection in optimization methods for machine learning", Mathematical
/// Programming 2012; Smith et al., "Don't Decay the Learning Rate, Increase the Batch Size", ICLR 2018,
/// arXiv:1711.00489; for the noise scale McCandlish et al. 2018, arXiv:1812.06162.
///
/// Example:
///
///     let growth = BatchGrowth(.atEpochs([3, 6]), factor: 2, maximum: 1024)
///     growth.batch(from: 256, ofEpoch: 2)   // 256
///     growth.batch(from: 256, ofEpoch: 3)   // 512
///     growth.batch(from: 256, ofEpoch: 9)   // 1024
public struct BatchGrowth: Sendable, Hashable {
    /// When the batch grows.
    public enum Trigger: Sendable, Hashable {
        /// At the start of these epochs, counted from 0.
        case atEpochs([Int])
        /// After every this many epochs.
        case every(Int)
        /// After an epoch whose measured gradient noise scale is above the batch: larger batches then still save steps.
        case noise
    }

    /// When the batch grows.
    public let trigger: Trigger
    /// The factor by which it grows each time, above 1; 2 by default.
    public let factor: Double
    /// The largest batch, in examples; nil for the whole training set.
    public let maximum: Int?

    /// Growth by these rules; the values are not checked here.
    public init(_ trigger: Trigger, factor: Double = 2, maximum: Int? = nil) {
        self.trigger = trigger
        self.factor = factor
        self.maximum = maximum
    }

    /// The batch of an epoch, counted from 0, of a run that began with `first`. Under `noise`, which depends on
    /// measurements, it is `first`.
    public func batch(from first: Int, ofEpoch epoch: Int) -> Int {
        let times =
            switch trigger {
            case .atEpochs(let epochs): epochs.filter { $0 <= epoch }.count
            case .every(let interval): epoch / interval
            case .noise: 0
            }
        var batch = first
        for _ in 0..<times where batch < maximum ?? .max { batch = grown(batch) }
        return batch
    }

    /// The batch that follows `batch`: `factor` times larger, at most `maximum`.
    public func grown(_ batch: Int) -> Int {
        let larger = (Double(batch) * factor).rounded()
        // A cap of 2^31 examples, beyond any data set, keeps the conversion to Int safe.
        return max(batch, min(maximum ?? .max, Int(min(larger, 0x1p31))))
    }
}

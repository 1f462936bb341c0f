/// Mini-batches that grow during training: small ones first, whose noise helps, large ones in the end, whose gradient
/// is exact.
///
/// A larger batch lowers the noise of the gradient as a lower learning rate would, with fewer and better shared-out
/// steps. It grows between epochs only, so that an epoch visits every example once.
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
        /// Where these epochs, counted from 0, begin.
        case atEpochs([Int])
        /// Every so many epochs.
        case every(Int)
        /// After an epoch whose measured gradient noise scale is above the batch: larger batches then still save steps.
        case noise
    }

    /// When the batch grows.
    public let trigger: Trigger
    /// What it grows by each time, above 1; 2 by default.
    public let factor: Double
    /// Examples it does not grow beyond; nil for the whole training set.
    public let maximum: Int?

    /// Growth; the values are checked where they are read.
    public init(_ trigger: Trigger, factor: Double = 2, maximum: Int? = nil) {
        self.trigger = trigger
        self.factor = factor
        self.maximum = maximum
    }

    /// The batch of an epoch, counted from 0, of a run that began with `first`; noise has not been asked.
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

    /// The batch after `batch`.
    public func grown(_ batch: Int) -> Int {
        let larger = (Double(batch) * factor).rounded()
        // Beyond 2^31 examples there is no data set.
        return max(batch, min(maximum ?? .max, Int(min(larger, 0x1p31))))
    }
}

import Messages

/// The mini-batch that a run has chosen for itself: the largest power of two that lies below the gradient noise scale, fits
/// into memory and has no more examples than there are; but a step has as many examples as shards.
///
/// Mini-batches up to about the noise scale shorten training by nearly as much as they have more examples; larger ones
/// waste examples. (McCandlish, Kaplan, Amodei, "An Empirical Model of Large-Batch Training", 2018, arXiv:1812.06162.)
/// A learning rate is not changed, though a good one goes with the mini-batch.
public struct BatchChoice: Codable, Sendable, Equatable {
    /// What forbids twice as many examples.
    public enum Limit: String, Codable, Sendable, CaseIterable {
        /// The gradient noise scale, or how many examples it was measured with if it cannot be told from them.
        case noiseScale = "noise_scale"
        /// The memory of a node.
        case memory
        /// The number of training examples.
        case data
    }

    /// The examples of a mini-batch.
    public let batch: Int
    /// What forbids twice as many.
    public let limit: Limit
    /// The noise scale in examples, after a few steps of training; nil where it is more than could be told.
    public internal(set) var noiseScale: Double?
    /// The examples with which it was measured.
    public internal(set) var measuredExamples = 0
    /// Bytes that a run with twice as many examples would take, all shards on one rank, and the node's memory; nil unless
    /// that is the limit.
    public internal(set) var neededBytes: Int?
    public internal(set) var memoryBytes: Int?

    init(batch: Int, limit: Limit) {
        self.batch = batch
        self.limit = limit
    }

    /// Why the mini-batch has so many examples, as a sentence without a full stop.
    public var reason: String {
        let base = "the largest power of two"
        switch limit {
        case .noiseScale:
            guard let noiseScale else {
                return
                    "\(base) below \(Self.number(measuredExamples)) examples, by which the gradient noise scale could not be told from larger ones"
            }
            guard Double(batch) < noiseScale else {
                return
                    "the smallest power of two with as many examples in a step as shards: the gradient noise scale is \(Self.text(noiseScale)) examples"
            }
            return
                "\(base) below the gradient noise scale of \(Self.text(noiseScale)) examples"
        case .memory:
            let needed = ProcessMemory.text(neededBytes ?? 0)
            let memory = ProcessMemory.text(memoryBytes ?? 0)
            return
                "\(base) that fits into memory: twice as many take \(needed) with all shards on one rank, more than four fifths of a node's \(memory)"
        case .data: return "\(base) that is no more than there are training examples"
        }
    }

    private static func text(_ noiseScale: Double) -> String {
        noiseScale < 100
            ? ProgressReporter.significant(noiseScale, 3) : ProgressReporter.number(noiseScale.rounded())
    }

    private static func number(_ count: Int) -> String { ProgressReporter.number(Double(count)) }
}

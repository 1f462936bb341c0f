/// The outcome of a run; the same on all ranks, with the exceptions stated.
public struct TrainingResult: Sendable {
    /// The folder of results; nil on ranks that write nothing, and after a dry run.
    public let output: String?
    /// The number of optimizer steps taken.
    public let steps: Int
    /// Whether all epochs are done.
    public let isFinished: Bool
    /// The mean loss over the test set.
    public let testLoss: Double?
    /// The share of test examples that are classified correctly; nil for regression.
    public let testAccuracy: Double?
    /// The mean loss over the validation set.
    public let validationLoss: Double?
    /// The share of validation examples that are classified correctly; nil for regression.
    public let validationAccuracy: Double?
    /// Training examples per second, without start-up and evaluation.
    public let samplesPerSecond: Double
    /// The examples of an epoch.
    public let trainingExamples: Int
    /// The examples of which this rank computed gradients.
    public let executedExamples: Int
    /// The number of trainable elements.
    public let parameters: Int
    /// The most examples of a mini-batch, the first one if it grew; nil for all.
    public let batch: Int?
    /// The bytes of optimizer state: of this rank alone if it is sharded, else of its node.
    public let optimizerStateBytes: Int
}

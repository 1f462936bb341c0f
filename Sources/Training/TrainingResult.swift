/// What a run came to; the same on all ranks but for what is said.
public struct TrainingResult: Sendable {
    /// The folder with the results; nil on ranks that write nothing, and after a dry run.
    public let output: String?
    /// Optimizer steps taken.
    public let steps: Int
    /// Whether all epochs are done.
    public let isFinished: Bool
    /// Mean loss over the test set.
    public let testLoss: Double?
    /// Correct ÷ examples of the test set; nil for regression.
    public let testAccuracy: Double?
    /// Mean loss over the validation set.
    public let validationLoss: Double?
    /// Correct ÷ examples of the validation set.
    public let validationAccuracy: Double?
    /// Training examples a second, without start-up and evaluation.
    public let samplesPerSecond: Double
    /// Examples of an epoch.
    public let trainingExamples: Int
    /// Examples this rank computed gradients of.
    public let executedExamples: Int
    /// Bytes of optimizer state: this rank's own if it is sharded, else those its node keeps once for all its ranks.
    public let optimizerStateBytes: Int
}

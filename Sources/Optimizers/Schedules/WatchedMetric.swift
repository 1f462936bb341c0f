/// A number of the validation set that decisions about the run follow; its raw values are the names in metrics and
/// configurations.
public enum WatchedMetric: String, Sendable, Hashable, CaseIterable, Codable {
    /// The mean loss over the validation set.
    case validationLoss = "validation_loss"
    /// The share of validation examples whose class is predicted.
    case validationAccuracy = "validation_accuracy"
    /// The share of validation examples whose class is among the five predicted first.
    case validationTop5Accuracy = "validation_top_5_accuracy"
    /// The mean over classes of the harmonic mean of precision and recall.
    case validationF1 = "validation_f1"
    /// The share of the validation targets' variance that is explained.
    case validationR2 = "validation_r2"
    /// The mean absolute error over the validation set.
    case validationMAE = "validation_mae"

    /// Whether better means lower.
    public var isBetterLower: Bool {
        switch self {
        case .validationLoss, .validationMAE: true
        case .validationAccuracy, .validationTop5Accuracy, .validationF1, .validationR2: false
        }
    }
}

/// A metric of the validation set that the run's decisions depend on; raw values are the names in metrics and
/// configurations.
public enum WatchedMetric: String, Sendable, Hashable, CaseIterable, Codable {
    /// The mean loss over the validation set.
    case validationLoss = "validation_loss"
    /// The share of validation examples that are classified correctly.
    case validationAccuracy = "validation_accuracy"
    /// The share of validation examples whose class is among the five with the largest scores.
    case validationTop5Accuracy = "validation_top_5_accuracy"
    /// The mean over classes of the harmonic mean of precision and recall.
    case validationF1 = "validation_f1"
    /// The share of the variance of the validation targets that is explained.
    case validationR2 = "validation_r2"
    /// The mean absolute error over the validation set.
    case validationMAE = "validation_mae"

    /// Whether lower values are better.
    public var isBetterLower: Bool {
        switch self {
        case .validationLoss, .validationMAE: true
        case .validationAccuracy, .validationTop5Accuracy, .validationF1, .validationR2: false
        }
    }
}

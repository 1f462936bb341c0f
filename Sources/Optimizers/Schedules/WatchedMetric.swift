/// A number of the validation set that decisions about the run follow; its raw values are the names in metrics and
/// configurations.
public enum WatchedMetric: String, Sendable, Hashable, CaseIterable, Codable {
    /// The mean loss over the validation set.
    case validationLoss = "validation_loss"
    /// The share of validation examples whose class is predicted.
    case validationAccuracy = "validation_accuracy"

    /// Whether better means lower.
    public var isBetterLower: Bool {
        switch self {
        case .validationLoss: true
        case .validationAccuracy: false
        }
    }
}

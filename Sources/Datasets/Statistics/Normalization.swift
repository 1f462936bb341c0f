/// How features are scaled before the model sees them: x ↦ (x − center)·factor, per channel.
public enum Normalization: String, Sendable, Hashable, Codable, CaseIterable {
    /// As stored: bytes stay 0 to 255.
    case none
    /// To [0, 1] over the training set: center = minimum, factor = 1 / (maximum − minimum).
    case minMax = "min_max"
    /// To mean 0 and population deviation 1 over the training set: center = mean, factor = 1 / deviation.
    case standardize
}

/// How features are scaled for the model, by statistics of the training set.
public enum Normalization: Sendable, Hashable {
    /// Features stay as stored: bytes stay 0 to 255.
    case none
    /// To [low, high] over the training set, per channel: x ↦ low + (x − min)·(high − low)/(max − min). A channel that
    /// does not vary except by rounding becomes `low`.
    case minMax(low: Double = 0, high: Double = 1)
    /// To mean 0 and population deviation 1 over the training set, per channel. A channel that does not vary except by
    /// rounding becomes 0.
    case standardize
    /// To mean 0 and no correlation between features: z ↦ z·U·Λ^(−1/2) of standardized features z, whose correlation
    /// matrix is U·Λ·Uᵀ (principal components of the correlations; Kessy, Lewin and Strimmer, "Optimal whitening and
    /// decorrelation", 2018). Their covariance is then the identity, except in directions whose variance is below `eps`
    /// and counts as `eps`: features that never vary or depend on others stay finite. Images are rows of pixels here.
    case whiten(eps: Double = 1e-5)

    /// The name in a configuration, such as "min_max".
    public var name: String {
        switch self {
        case .none: "none"
        case .minMax: "min_max"
        case .standardize: "standardize"
        case .whiten: "whiten"
        }
    }

    /// All names, in the order in which they are listed to a user.
    package static let names = ["none", "min_max", "standardize", "whiten"]
}

/// When the order of training examples is drawn at random.
public enum Shuffle: String, Sendable, Hashable, CaseIterable {
    /// Anew for every epoch.
    case epoch
    /// Once, for all epochs alike.
    case once
    /// Never: examples stay in the data set's order.
    case none
}

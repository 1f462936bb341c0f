/// Ends training when the metric that counts has stopped getting better.
///
/// It watches the metric itself, such as the validation set's accuracy, not the loss that stands in for it.
///
/// Reference: Prechelt, "Early Stopping – But When?", 1998.
public struct EarlyStopping: Sendable, Hashable {
    /// Epochs without improvement after which training ends, at least 1; 5 by default.
    public var patience: Int
    /// How much better than the best so far counts as better, in the metric's units, at least 0; 0 by default.
    public var minimumChange: Double
    /// Whether the weights of the best epoch are what the run ends with; true by default.
    public var restoresBest: Bool

    /// A rule for ending early.
    public init(patience: Int = 5, minimumChange: Double = 0, restoresBest: Bool = true) {
        self.patience = patience
        self.minimumChange = minimumChange
        self.restoresBest = restoresBest
    }
}

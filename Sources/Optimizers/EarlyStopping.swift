/// Ends training when the watched metric has stopped improving.
///
/// It watches the metric that the model is judged by, such as validation accuracy, rather than the training loss.
///
/// Reference: Prechelt, "Early Stopping – But When?", 1998.
public struct EarlyStopping: Sendable, Hashable {
    /// Epochs without improvement after which training ends, at least 1; 5 by default.
    public var patience: Int
    /// The least improvement over the best so far that counts, in the metric's units, at least 0; 0 by default.
    public var minimumChange: Double
    /// Whether the run ends with the weights of its best epoch; true by default.
    public var restoresBest: Bool

    /// A rule for ending early.
    public init(patience: Int = 5, minimumChange: Double = 0, restoresBest: Bool = true) {
        self.patience = patience
        self.minimumChange = minimumChange
        self.restoresBest = restoresBest
    }
}

/// Diagnoses the weights when the training loss stops falling, and leaves a saddle.
///
/// After every epoch the mean loss L of its steps is compared with the lowest so far, b. It has fallen if
///
///     L < b − minimumChange · |b|
///
/// and then becomes b. The first loss always counts as fallen, one that is not finite never. After `patience` epochs in
/// a row without a fall the run diagnoses its weights as `dtrain diagnose` does: on all training examples as stored,
/// with batch norm as in training, without dropout, with the run's seed. That takes about fifty products with the
/// Hessian, each of a few passes over the training set. If the verdict is a saddle, the weights move along the most
/// negative curvature to the lowest loss that a line search finds, and the optimizer restarts with zero state at its
/// first step, because its state led to the saddle. Any other verdict changes nothing. Either way an event is reported
/// ("escape" or "plateau"), epochs are counted from 0 again, and b stays.
///
/// This happens between two epochs, before the first step of the later one: never after the last epoch, nor after early
/// stopping. Decisions at the end of the epoch (best weights, early stopping, a fall of the rate by
/// `reduce_on_plateau`, growth of batches) concern the weights as trained and remain valid. Schedules are not affected.
/// A run that is resumed between the two epochs diagnoses too, with the same bytes at any number of ranks. Delayed
/// updates are applied first.
///
/// Reference for leaving a saddle along negative curvature: Goldfarb, "Curvilinear path steplength algorithms for
/// minimization which use directions of negative curvature", Mathematical Programming 18, 1980.
public struct PlateauEscape: Sendable, Hashable {
    /// Epochs in a row without a fall, at least 1; 3 by default.
    public let patience: Int
    /// The share of the lowest loss so far by which the loss must fall, from 0 to below 1; 1e-4 by default.
    public let minimumChange: Double

    /// A rule with these values; traps on values out of range.
    public init(patience: Int = 3, minimumChange: Double = 1e-4) {
        precondition(patience >= 1, "a plateau of \(patience) epochs")
        precondition(minimumChange >= 0 && minimumChange < 1, "a fall by \(minimumChange) of the loss")
        self.patience = patience
        self.minimumChange = minimumChange
    }
}

/// What a run does when its training loss no longer falls: it looks why, and leaves a saddle.
///
/// After every epoch the mean loss L of its steps is compared with the lowest so far, b. It has fallen if
///
///     L < b − minimumChange · |b|
///
/// and then becomes b; the first always has, and a loss that is not finite never has. After `patience` epochs in a row
/// without a fall the run diagnoses its weights as `dtrain diagnose` does: on all training examples as they are stored, with
/// batch norm as it is trained, without dropout, with the run's seed. That takes about fifty products with the Hessian, each
/// of a few passes over the training set. Where the verdict is a saddle the weights move along the most negative curvature to
/// the lowest loss that a line search found, and the optimizer starts anew, with states of zero at its first step: what it
/// remembers led to the saddle. Any other verdict changes nothing. Either way an event is written ("escape" or "plateau") and
/// epochs count from 0 again, while b stays.
///
/// It comes between two epochs, before the first step of the later one, so never after the last epoch, nor where early
/// stopping has ended the run: what was decided at the end of the epoch (best weights, early stopping, a rate that
/// `reduce_on_plateau` lets fall, batches that grow) was decided about the weights as they were trained, and none of it is
/// taken back. Schedules go on as if nothing had happened. A run that is resumed between the two epochs looks, too: the same
/// bytes at any number of ranks. Delayed updates are applied before.
///
/// Reference for leaving along negative curvature: Goldfarb, "Curvilinear path steplength algorithms for minimization which
/// use directions of negative curvature", Mathematical Programming 18, 1980.
public struct PlateauEscape: Sendable, Hashable {
    /// Epochs in a row without a fall, at least 1; 3 by default.
    public let patience: Int
    /// The share of the lowest loss so far that a fall must exceed, from 0 to below 1; 1e-4 by default.
    public let minimumChange: Double

    /// A rule.
    public init(patience: Int = 3, minimumChange: Double = 1e-4) {
        precondition(patience >= 1, "a plateau of \(patience) epochs")
        precondition(minimumChange >= 0 && minimumChange < 1, "a fall by \(minimumChange) of the loss")
        self.patience = patience
        self.minimumChange = minimumChange
    }
}

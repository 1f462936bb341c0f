/// Whether the training loss still falls, and the step from which the optimizer counts: the state of `PlateauEscape`
/// that a checkpoint holds.
package struct LossPlateau: Codable, Sendable, Equatable {
    /// The lowest loss so far; nil before the first that is finite.
    package private(set) var best: Double?
    /// Epochs in a row in which the loss did not fall.
    package private(set) var epochs = 0
    /// Applied steps before the optimizer was last restarted; 0 if it never was.
    package private(set) var restart = 0

    /// The state before the first epoch.
    package init() {}

    /// Takes the training loss of one more epoch.
    package mutating func observe(_ loss: Double, by rule: PlateauEscape) {
        if loss.isFinite, best.map({ loss < $0 - rule.minimumChange * $0.magnitude }) ?? true {
            best = loss
            epochs = 0
        } else {
            epochs += 1
        }
    }

    /// Whether the loss has not fallen for the rule's `patience`.
    package func isReached(by rule: PlateauEscape) -> Bool { epochs >= rule.patience }

    /// Starts to count epochs from 0 again.
    package mutating func lookAgain() { epochs = 0 }

    /// Records that the optimizer is restarted after this many applied steps.
    package mutating func startAnew(after steps: Int) { restart = steps }

    /// Whether a run that has ended `epochs` epochs and applied `steps` steps can have this state.
    package func isPossible(epochs: Int, steps: Int) -> Bool {
        (0...epochs).contains(self.epochs) && (0...steps).contains(restart) && best?.isFinite ?? true
    }
}

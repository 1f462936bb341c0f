/// Whether the training loss still falls, and since when the optimizer counts its steps: what a checkpoint needs of a run
/// that leaves plateaus.
package struct LossPlateau: Codable, Sendable, Equatable {
    /// The lowest loss so far; nil before the first that is finite.
    package private(set) var best: Double?
    /// Epochs in a row without a fall.
    package private(set) var epochs = 0
    /// Steps that were applied before the optimizer started anew; 0 where it never did.
    package private(set) var restart = 0

    /// Nothing known yet.
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

    /// Whether there is a plateau.
    package func isReached(by rule: PlateauEscape) -> Bool { epochs >= rule.patience }

    /// Counts epochs from 0 again.
    package mutating func lookAgain() { epochs = 0 }

    /// Notes that the optimizer starts anew after so many applied steps.
    package mutating func startAnew(after steps: Int) { restart = steps }

    /// Whether a run may have come here that has ended `epochs` epochs and applied `steps` steps.
    package func isPossible(epochs: Int, steps: Int) -> Bool {
        (0...epochs).contains(self.epochs) && (0...steps).contains(restart) && best?.isFinite ?? true
    }
}

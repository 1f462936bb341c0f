import Foundation

/// Which checkpoints go when a new one stands.
package struct CheckpointPruning: Sendable {
    /// How many are kept, the newest.
    package var keep: Int
    /// The step of the best one so far, which is kept besides; 0 for none.
    package var bestStep = 0
    /// Steps whose checkpoints were found damaged.
    package var damaged: Set<Int> = []

    /// A rule that keeps the newest `keep`.
    package init(keep: Int) { self.keep = keep }

    /// The steps to remove once the checkpoint of `newest` is whole, oldest first.
    ///
    /// Later steps are of a run that went further and was taken back: they stay until this one reaches them, unless they
    /// are known to be damaged. So the checkpoint just made always stays.
    package func removed(of steps: [Int], newest: Int) -> [Int] {
        let usable = steps.filter { $0 <= newest && !damaged.contains($0) }
        let kept = usable.suffix(max(1, keep))
        return steps.filter { step in
            guard step != newest, step != bestStep || damaged.contains(step) else { return false }
            return damaged.contains(step) || (step < newest && !kept.contains(step))
        }
    }
}

import Foundation

/// Which checkpoints are removed when a new one is complete.
package struct CheckpointPruning: Sendable {
    /// How many of the newest checkpoints are kept.
    package var keep: Int
    /// The step of the best checkpoint so far, which is kept too; 0 for none.
    package var bestStep = 0
    /// The steps of checkpoints that were found damaged.
    package var damaged: Set<Int> = []

    /// Keeps the newest `keep`.
    package init(keep: Int) { self.keep = keep }

    /// The steps to remove once the checkpoint of `newest` is complete, oldest first.
    ///
    /// Steps after `newest` belong to a run that went further and was then resumed from an earlier checkpoint: they
    /// stay until the run reaches them, unless they are known to be damaged. So the checkpoint just made is never
    /// removed.
    package func removed(of steps: [Int], newest: Int) -> [Int] {
        let usable = steps.filter { $0 <= newest && !damaged.contains($0) }
        let kept = usable.suffix(max(1, keep))
        return steps.filter { step in
            guard step != newest, step != bestStep || damaged.contains(step) else { return false }
            return damaged.contains(step) || (step < newest && !kept.contains(step))
        }
    }
}

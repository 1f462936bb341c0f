/// Places where a build for tests fails as the variable DTRAIN_FAULT says; in other builds the calls do nothing.
///
///     DTRAIN_FAULT=step:2:17:kill,evaluate:*:*:slow=500 mpirun -n 4 dtrain
///
/// See `FaultSpecification` for the grammar.
package enum FaultPoint {
    /// Moments of a run, in the order in which it reaches them.
    package enum Phase: String, Sendable, CaseIterable {
        /// Before MPI runs.
        case start
        /// Before a data set is read.
        case load
        /// When a checkpoint has been restored, but not its metrics.
        case resume
        /// Before a step computes anything.
        case step
        /// When a gradient is computed, but not yet summed over ranks.
        case reduce
        /// Before parameters change.
        case update
        /// Between the evaluations of the test and the validation set; of a landscape before each point, which is its step.
        case evaluate
        /// When this rank's state is copied, but not the others'.
        case checkpointCopy = "checkpoint_copy"
        /// When a file of a checkpoint is written, but not yet whole on disk.
        case checkpointWrite = "checkpoint_write"
        /// Before a checkpoint's manifest is written.
        case checkpointManifest = "checkpoint_manifest"
        /// Before a checkpoint gets its final name, after an older one of the same step has lost it.
        case checkpointRename = "checkpoint_rename"
        /// When a checkpoint is complete, and again in the middle of removing an older one.
        case checkpointPrune = "checkpoint_prune"
        /// When better weights have their final name; no checkpoint need refer to them yet.
        case best
        /// When the final weights are complete, before the last checkpoint.
        case end
    }

    /// What a rank keeps between steps.
    package enum Held: String, Sendable, CaseIterable {
        case weights
        case optimizer
        case statistics
    }

    /// What a fault changes in memory instead of ending or delaying the process.
    package enum Damage: Sendable, Equatable {
        /// Flips a bit, counted from the first value of the model's last variable of its kind, or of the optimizer's
        /// state that the rank updates.
        case bit(Int, of: Held)
        /// Makes the gradient NaN.
        case gradient
    }

    #if FAULT_INJECTION
        // One for the process, because a fault ends or stops all of it, and threads of any object may meet it.
        private static let outcome = Result {
            try FaultInjector.ofEnvironment()
        }

        /// Throws `FaultSpecificationError` if DTRAIN_FAULT cannot be read.
        package static func check() throws { _ = try outcome.get() }

        /// Makes the faults of a phase happen.
        ///
        /// - Parameters:
        ///   - step: The step of the phase, counted from 1 over the whole run; nil for the step that the run is at.
        ///   - change: Changes memory as told.
        package static func reach(_ phase: Phase, step: Int? = nil, change: (Damage) -> Void = { _ in }) {
            guard case .success(let injector?) = outcome else { return }
            injector.reach(phase, step: step, change: change)
        }
    #else
        @inlinable package static func check() throws {}
        @inlinable package static func reach(_ phase: Phase, step: Int? = nil) {}
    #endif
}

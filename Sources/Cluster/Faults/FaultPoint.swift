/// Places where a build for tests fails as the variable DTRAIN_FAULT says; in other builds their calls are empty.
///
///     DTRAIN_FAULT=step:2:17:kill,evaluate:*:*:slow=500 mpirun -n 4 dtrain
///
/// See `FaultSpecification` for the grammar.
package enum FaultPoint {
    /// Moments of a run, in the order in which it comes to them.
    package enum Phase: String, Sendable, CaseIterable {
        /// Before MPI runs.
        case start
        /// Before a data set is read.
        case load
        /// When a checkpoint has been taken over, before metrics are.
        case resume
        /// Before a step computes anything.
        case step
        /// When a gradient is computed, before it is summed over ranks.
        case reduce
        /// Before parameters change.
        case update
        /// Between the evaluations of the test and the validation set; of a landscape before each point, which is its step.
        case evaluate
        /// When this rank's state is copied, before the others' is.
        case checkpointCopy = "checkpoint_copy"
        /// When a file of a checkpoint is written, before it is whole on disk.
        case checkpointWrite = "checkpoint_write"
        /// Before a checkpoint gets its manifest.
        case checkpointManifest = "checkpoint_manifest"
        /// Before a checkpoint gets its name, when an older one of the same step has lost it.
        case checkpointRename = "checkpoint_rename"
        /// When a checkpoint stands, and again in the middle of removing an older one.
        case checkpointPrune = "checkpoint_prune"
        /// When better weights stand under their name, which no checkpoint need know of yet.
        case best
        /// When the final weights stand, before the last checkpoint.
        case end
    }

    /// What a rank holds between steps.
    package enum Held: String, Sendable, CaseIterable {
        case weights
        case optimizer
        case statistics
    }

    /// What a fault changes in memory instead of ending or delaying the process.
    package enum Damage: Sendable, Equatable {
        /// A bit is turned over, counted from the first value of the model's last variable of its kind, or of the
        /// optimizer's state that the rank updates.
        case bit(Int, of: Held)
        /// The gradient is no number.
        case gradient
    }

    #if FAULT_INJECTION
        // One for the process: a fault ends or stops all of it, and threads of any object may meet it.
        private static let outcome = Result {
            try FaultInjector.ofEnvironment()
        }

        /// Throws `FaultSpecificationError` if DTRAIN_FAULT cannot be read.
        package static func check() throws { _ = try outcome.get() }

        /// Lets the faults of a phase happen.
        ///
        /// - Parameters:
        ///   - step: The step it belongs to, counted from 1 over the whole run; nil for the one the run is at.
        ///   - change: Changes memory.
        package static func reach(_ phase: Phase, step: Int? = nil, change: (Damage) -> Void = { _ in }) {
            guard case .success(let injector?) = outcome else { return }
            injector.reach(phase, step: step, change: change)
        }
    #else
        @inlinable package static func check() throws {}
        @inlinable package static func reach(_ phase: Phase, step: Int? = nil) {}
    #endif
}

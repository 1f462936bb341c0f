/// What a rank is at, as watchdogs and messages name it.
package enum RankOperation: UInt64, Sendable, CaseIterable {
    /// Between the program's first line and the moment at which MPI runs on all ranks.
    case starting
    case loading
    case preparing
    case computing
    /// Waits for the moments of batch norm and other short sums over all ranks.
    case statistics
    /// Waits for the sums of gradients; the detail is the first bucket that is missing.
    case gradients
    /// Waits for its node's ranks to come to the same point of the step; the detail is the milestone's number.
    case meeting
    case updating
    /// Compares what ranks hold.
    case comparing
    /// Waits for parameters that other nodes changed.
    case weights
    case evaluating
    case checkpoint
    case writing
    /// Waits for all ranks to end.
    case ending
    /// Has ended, or is about to for a reason of its own: no longer watched.
    case ended
    /// Waits for rank 0 to open the output folder.
    case opening

    /// Whether a rank at it can only wait for others.
    package var waits: Bool {
        switch self {
        case .starting, .opening, .statistics, .gradients, .meeting, .weights, .ending: true
        default: false
        }
    }

    /// Whether it is part of a training step.
    var isStep: Bool {
        switch self {
        case .computing, .statistics, .gradients, .meeting, .updating, .weights: true
        default: false
        }
    }

    /// What messages call it.
    func text(detail: UInt64) -> String {
        switch self {
        case .starting: "starting MPI"
        case .opening: "waiting for the output folder"
        case .loading: "loading data"
        case .preparing: "preparing the model"
        case .computing: "computing"
        case .statistics: "summing statistics"
        case .gradients: "summing gradients, bucket \(detail)"
        case .meeting: "waiting for the ranks of its node"
        case .updating: "updating parameters"
        case .comparing: "comparing replicas"
        case .weights: "exchanging parameters"
        case .evaluating: "evaluating"
        case .checkpoint: "writing a checkpoint"
        case .writing: "writing results"
        case .ending: "ending"
        case .ended: "ended"
        }
    }
}

/// What a rank is doing, with the names for watchdogs and messages.
package enum RankOperation: UInt64, Sendable, CaseIterable {
    /// Between the program's first line and the moment at which MPI runs on all ranks.
    case starting
    case loading
    case preparing
    case computing
    /// Waiting for the moments of batch norm and other short sums over all ranks.
    case statistics
    /// Waiting for the sums of gradients; the detail is the first bucket that is missing.
    case gradients
    /// Waiting for the node's ranks to reach the same point of the step; the detail is the milestone's number.
    case meeting
    case updating
    /// Comparing what ranks hold.
    case comparing
    /// Waiting for parameters that other nodes changed.
    case weights
    case evaluating
    case checkpoint
    case writing
    /// Waiting for all ranks to end.
    case ending
    /// Ended, or about to end for a reason of its own: no longer watched.
    case ended
    /// Waiting for rank 0 to open the output folder.
    case opening

    /// Whether a rank in this operation can only wait for others.
    package var waits: Bool {
        switch self {
        case .starting, .opening, .statistics, .gradients, .meeting, .weights, .ending: true
        default: false
        }
    }

    /// Whether the operation is part of a training step.
    var isStep: Bool {
        switch self {
        case .computing, .statistics, .gradients, .meeting, .updating, .weights: true
        default: false
        }
    }

    /// The operation in the words of messages.
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

import Runtime

/// No program can be planned for the model.
public struct PlanningError: Error, Sendable, CustomStringConvertible {
    /// The number of examples of the shard whose program failed, and the planner's reason.
    public let description: String

    init(examples: Int, _ error: RuntimeError) {
        description = "the model cannot be planned for shards of \(examples): \(error)"
    }
}

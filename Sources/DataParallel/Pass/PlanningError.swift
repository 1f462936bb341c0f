import Runtime

/// A model that no program can be planned for.
public struct PlanningError: Error, Sendable, CustomStringConvertible {
    /// Which shards' program could not be planned, and why.
    public let description: String

    /// The planner's `error` for shards of so many examples.
    init(examples: Int, _ error: RuntimeError) {
        description = "the model cannot be planned for shards of \(examples): \(error)"
    }
}

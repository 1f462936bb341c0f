import Graph
import GraphSupport

extension ShardedRun {
    /// The largest error of every result that every shard has, against the interpreter's results by shard.
    package func errors(against expected: [ReferenceResults]) -> [(role: Graph.Role, error: Double)] {
        roles.map { role in
            (
                role,
                shards.map { result(role, shard: $0).error(against: expected[$0][role]) }.max() ?? .infinity
            )
        }
    }
}

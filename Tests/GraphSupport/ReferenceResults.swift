import Graph

/// What a graph made of one shard, by role.
package struct ReferenceResults: Sendable {
    private let results: [(role: Graph.Role, tensor: ReferenceTensor)]

    init(_ results: [(role: Graph.Role, tensor: ReferenceTensor)]) { self.results = results }

    /// The roles, in the graph's order.
    package var roles: [Graph.Role] { results.map(\.role) }

    /// The tensor of one role; the graph must have it.
    package subscript(role: Graph.Role) -> ReferenceTensor {
        guard let result = results.first(where: { $0.role == role }) else {
            preconditionFailure("the graph has no result \(role), only \(roles)")
        }
        return result.tensor
    }
}

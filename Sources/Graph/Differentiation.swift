/// Reverse-mode differentiation of a graph, by one rule per operation, each written in operations of the graph.
///
/// The objective is the sum of a scalar over all shards of the mini-batch. A collective's cotangent is the
/// collective of its cotangents, since every shard's part of the objective depends on every shard's operand.
public enum Differentiation {
    /// Continues `graph` by the gradients of the scalar `objective` in `targets`.
    ///
    /// - Returns: One value per target in the target's shape: this shard's part of the gradient where the target is
    ///   the same on all shards (a parameter). A target the objective does not depend on gets zeros.
    package static func gradients(
        of objective: Tensor, in targets: [Tensor]
    ) -> [Tensor] {
        let builder = objective.builder
        precondition(objective.shape == [], "the objective must be a scalar, it is \(objective.type)")
        let nodes = builder.nodes
        let relevant = reachable(from: targets, in: nodes)
        var cotangents: [[Tensor?]] = nodes.map { Array(repeating: nil, count: $0.types.count) }
        let one = builder.constant(1, shape: [], element: objective.element)
        cotangents[objective.value.node][objective.value.output] = one
        for index in nodes.indices.reversed() where relevant[index] {
            let node = nodes[index]
            guard !node.operands.isEmpty, cotangents[index].contains(where: { $0 != nil }) else { continue }
            let passedBack = contributions(
                of: node.operation,
                at: BackwardNode(
                    operands: node.operands.map { Tensor($0, in: builder) },
                    results: node.types.indices.map { Tensor(Graph.Value(index, $0), in: builder) },
                    cotangents: cotangents[index],
                    wanted: node.operands.map { relevant[$0.node] }))
            for (operand, contribution) in zip(node.operands, passedBack) {
                guard let contribution, relevant[operand.node] else { continue }
                let before = cotangents[operand.node][operand.output]
                cotangents[operand.node][operand.output] = before.map { $0 + contribution } ?? contribution
            }
        }
        return targets.map { target in
            cotangents[target.value.node][target.value.output]
                ?? builder.constant(0, shape: target.shape, element: target.element)
        }
    }

    /// What flows back to the operands, as far as anything does.
    private static func contributions(of operation: Operation, at node: BackwardNode) -> [Tensor?] {
        // Every differentiable operation but the sum of several tensors over shards has its differentiable result first.
        let isSum = operation == .collective(.crossShardSum)
        guard let dy = isSum ? node.cotangents.lazy.compactMap({ $0 }).first : node.cotangents[0] else {
            return []
        }
        let made = operation.family.gradient(of: dy, at: node)
        precondition(made.count <= node.operands.count, "\(operation) passes back too many cotangents")
        return made
    }

    /// Which nodes depend on a target: gradients flow through no others.
    private static func reachable(from targets: [Tensor], in nodes: [Graph.Node]) -> [Bool] {
        var reached = Array(repeating: false, count: nodes.count)
        for target in targets { reached[target.value.node] = true }
        for (index, node) in nodes.enumerated() where !reached[index] {
            reached[index] = node.operands.contains { reached[$0.node] }
        }
        return reached
    }
}

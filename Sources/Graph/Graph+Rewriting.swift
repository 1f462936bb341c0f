extension Graph {
    /// The graph with each node replaced by what `transform` builds of its mapped operands (nil keeps the node).
    ///
    /// `transform` returns one value per output of the node it replaces.
    func rewritten(_ transform: (GraphBuilder, Node, [Tensor]) -> [Tensor]?) -> Graph {
        let builder = GraphBuilder(mode: .training)
        var map: [[Value]] = []
        map.reserveCapacity(nodes.count)
        for node in nodes {
            let operands = node.operands.map { map[$0.node][$0.output] }
            if let replaced = transform(builder, node, operands.map { Tensor($0, in: builder) }) {
                precondition(
                    replaced.map(\.type) == node.types, "\(node.operation) was replaced by other types")
                map.append(replaced.map(\.value))
            } else {
                let type = node.operands.isEmpty ? node.types[0] : nil
                let index = builder.addNode(node.operation, operands, type: type)
                map.append(node.types.indices.map { Value(index, $0) })
            }
        }
        return builder.graph(for: results.map { Result($0.role, map[$0.value.node][$0.value.output]) })
    }

    /// The graph without nodes that no result needs; the order of the others stays.
    package func withoutDeadNodes() -> Graph {
        var needed = Array(repeating: false, count: nodes.count)
        for result in results { needed[result.value.node] = true }
        for index in nodes.indices.reversed() where needed[index] {
            for operand in nodes[index].operands { needed[operand.node] = true }
        }
        var places = Array(repeating: -1, count: nodes.count)
        var kept: [Node] = []
        for (index, node) in nodes.enumerated() where needed[index] {
            places[index] = kept.count
            let operands = node.operands.map { Value(places[$0.node], $0.output) }
            kept.append(Node(operation: node.operation, operands: operands, types: node.types))
        }
        return Graph(
            nodes: kept,
            results: results.map { Result($0.role, Value(places[$0.value.node], $0.value.output)) })
    }

    /// How often each output of each node is used, by nodes and results together.
    func useCounts() -> [[Int]] {
        var uses = nodes.map { Array(repeating: 0, count: $0.types.count) }
        for node in nodes { for operand in node.operands { uses[operand.node][operand.output] += 1 } }
        for result in results { uses[result.value.node][result.value.output] += 1 }
        return uses
    }
}

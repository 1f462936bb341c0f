import Graph

/// When each node of a graph runs: in which stage between collectives, and in which part of it.
///
/// A stage starts when the collectives that its nodes read are complete. Its critical part computes what the next
/// collectives wait for; the rest fills the time until they are complete. The schedule is a pure function of the
/// graph's nodes, so that it is the same on every rank and for every shard size.
package struct Schedule: Sendable {
    /// The parts of a stage, in the order they run.
    package enum Part: Int, Sendable, Comparable, CaseIterable {
        /// What the next stage's collectives wait for.
        case critical
        /// What they do not.
        case fill

        package static func < (a: Part, b: Part) -> Bool { a.rawValue < b.rawValue }
    }

    /// The stage each node runs in; a collective starts at the end of a part of its stage.
    package let stage: [Int]
    /// The part of that stage.
    package let part: [Part]
    /// Whether a node's results are the same for all shards of a mini-batch, so that each rank makes them once.
    package let isUniform: [Bool]
    package let stageCount: Int

    package init(_ graph: Graph) {
        let nodes = graph.nodes
        var stage = Array(repeating: 0, count: nodes.count)
        var isRead = Array(repeating: false, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for operand in node.operands {
                let isCollective = nodes[operand.node].operation.isCollective
                stage[index] = max(stage[index], stage[operand.node] + (isCollective ? 1 : 0))
                isRead[operand.node] = true
            }
        }
        var part = Array(repeating: Part.fill, count: nodes.count)
        for (index, node) in nodes.enumerated().reversed() {
            // A collective that nodes read holds up the next stage; everything it needs in its own stage is critical.
            if node.operation.isCollective, isRead[index] { part[index] = .critical }
            guard part[index] == .critical else { continue }
            for operand in node.operands where stage[operand.node] == stage[index] {
                if !nodes[operand.node].operation.isCollective { part[operand.node] = .critical }
            }
        }
        self.stage = stage
        self.part = part
        isUniform = graph.uniformNodes
        stageCount = (stage.max() ?? 0) + 1
    }

    /// The parameters with gradients in the order in which these become ready.
    package func gradientOrder(of graph: Graph) -> [Int] {
        graph.results.compactMap { result -> (parameter: Int, value: Graph.Value)? in
            guard case .gradient(let parameter) = result.role else { return nil }
            return (parameter, result.value)
        }.sorted { a, b in
            let (x, y) = (a.value.node, b.value.node)
            return (stage[x], part[x].rawValue, x, a.parameter) < (stage[y], part[y].rawValue, y, b.parameter)
        }.map(\.parameter)
    }
}

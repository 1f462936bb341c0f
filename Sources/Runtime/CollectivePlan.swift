import Graph

/// What a program's collectives carry and where their results lie, settled before any step is made.
struct CollectivePlan {
    struct Collective {
        let node: Int
        let kind: Program.Collective.Kind
        /// Whether any node reads the result.
        let isRead: Bool
        let report: Graph.Report?
        /// The part at whose end it starts: when its last operand is there.
        let start: Schedule.Part
        /// Where each result lies in the rank's memory for results of collectives; empty for gradients, which are summed
        /// where the optimizer reads them.
        let results: [(value: Graph.Value, offset: Int)]
    }

    /// The collectives in program order; their numbers are their places here.
    let collectives: [Collective]
    /// Bytes of all results.
    let byteCount: Int

    init(_ graph: Graph, _ schedule: Schedule) {
        var collectives: [Collective] = []
        var end = 0
        let reads = graph.readCounts()
        for (index, node) in graph.nodes.enumerated() {
            guard case .collective(let operation) = node.operation else { continue }
            let start =
                node.operands.filter { schedule.stage[$0.node] == schedule.stage[index] }
                .map { schedule.part[$0.node] }.max() ?? .critical
            let parameters = graph.gradients(ofCollective: index).map(\.parameter)
            guard parameters.isEmpty else {
                collectives.append(
                    Collective(
                        node: index, kind: .gradients(parameters: parameters), isRead: false, report: nil,
                        start: start, results: []))
                continue
            }
            let report = graph.results.compactMap { result -> Graph.Report? in
                guard case .report(let report) = result.role, result.value.node == index else { return nil }
                return report
            }.first
            var results: [(value: Graph.Value, offset: Int)] = []
            for (output, type) in node.types.enumerated() {
                results.append((Graph.Value(index, output), end))
                end += type.byteCount
            }
            end = (end + 63) / 64 * 64
            collectives.append(
                Collective(
                    node: index, kind: operation == .crossShardMoments ? .moments : .sum,
                    isRead: reads[index].contains { $0 > 0 }, report: report, start: start, results: results))
        }
        self.collectives = collectives
        byteCount = end
    }
}

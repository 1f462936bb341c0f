import Graph

/// Putting the planned steps together as a program.
extension ProgramPlanner {
    /// All stages with their steps, groups and collectives.
    func stages(_ collectives: [PlannedCollective]) -> [Program.Stage] {
        let nodes = graph.nodes
        return (0..<schedule.stageCount).map { stage in
            var awaited: [Int] = []
            for (index, node) in nodes.enumerated() where schedule.stage[index] == stage {
                for operand in node.operands {
                    if let collective = collectiveOfNode[operand.node], !awaited.contains(collective) {
                        awaited.append(collective)
                    }
                }
            }
            let parts = Schedule.Part.allCases.map { part in
                Program.Part(
                    steps: partSteps[stage][part.rawValue],
                    groups: groups.indices.filter { groups[$0].stage == stage && groups[$0].part == part },
                    joints: joints(stage: stage, part: part),
                    collectives: collectives.indices.filter {
                        let node = collectives[$0].node
                        return schedule.stage[node] == stage && startPart(of: node) == part
                    })
            }
            return Program.Stage(awaits: awaited.sorted(), uniform: uniformSteps[stage], parts: parts)
        }
    }

    /// The part at whose end a collective starts: when its last operand is there.
    func startPart(of node: Int) -> Schedule.Part {
        let stage = schedule.stage[node]
        return graph.nodes[node].operands.filter { schedule.stage[$0.node] == stage }
            .map { schedule.part[$0.node] }.max() ?? .critical
    }

    /// Buffers of the values that are read after a shard has run.
    func planOutputs() throws(RuntimeError) -> [(role: Graph.Output, buffer: Int, type: TensorType)] {
        var outputs: [(role: Graph.Output, buffer: Int, type: TensorType)] = []
        for result in graph.results {
            guard case .output(let role) = result.role else { continue }
            position = (schedule.stageCount - 1, schedule.isUniform[result.value.node], .fill)
            outputs.append((role, try plain(result.value), type(result.value)))
        }
        return outputs
    }

    /// Buffers of next states, which all shards must agree on.
    func planStateUpdates() throws(RuntimeError) -> [(state: Int, buffer: Int, byteCount: Int)] {
        var updates: [(state: Int, buffer: Int, byteCount: Int)] = []
        for result in graph.results {
            guard case .state(let state) = result.role else { continue }
            guard schedule.isUniform[result.value.node] else {
                throw RuntimeError(
                    description: "state \(state) would differ between shards; sum it over shards first")
            }
            updates.append((state, try plain(result.value), type(result.value).byteCount))
        }
        return updates
    }
}

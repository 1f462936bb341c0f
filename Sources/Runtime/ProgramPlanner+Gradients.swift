import Graph

/// Where gradients go: straight into the stretch that is summed over shards, where their producers can write there.
extension ProgramPlanner {
    /// Groups the gradients of one bucket by when they become ready.
    func planGradientGroups(
        _ node: Graph.Node, _ parameters: [(output: Int, parameter: Int)], collective: Int
    ) {
        let uses = useCounts()
        var isInterrupted = false
        for (output, parameter) in parameters {
            let value = node.operands[output]
            if let root = soleProducer(of: value, uses: uses), isDenseWeightGradient(root) {
                jointNodes[root.node] = (parameter, collective)
                keptGradients.insert(graph.nodes[root.node].operands[0])
                keptInputs.insert(graph.nodes[root.node].operands[1])
                // A group is one stretch of its bucket.
                isInterrupted = true
                continue
            }
            let stage = schedule.stage[value.node]
            let part = schedule.part[value.node]
            if groups.last.map({ $0.collective == collective && $0.stage == stage && $0.part == part })
                != true || isInterrupted
            {
                groups.append(GroupPlan(collective: collective, stage: stage, part: part, members: []))
                isInterrupted = false
            }
            groups[groups.count - 1].members.append((parameter, value, nil))
        }
        for group in groups.indices where groups[group].collective == collective {
            let start = variableOffsets[groups[group].members[0].parameter]
            for member in groups[group].members {
                guard let root = soleProducer(of: member.value, uses: uses) else { continue }
                directGradients[root] = (group, variableOffsets[member.parameter] - start)
            }
        }
    }

    /// The value whose elements `value` is, behind reshapes, if nothing else reads them and a kernel of the shard
    /// makes it in the same part of the program.
    func soleProducer(of value: Graph.Value, uses: [[Int]]) -> Graph.Value? {
        var root = value
        while uses[root.node][root.output] == 1, case .reshape = graph.nodes[root.node].operation {
            root = graph.nodes[root.node].operands[0]
        }
        let node = graph.nodes[root.node]
        guard uses[root.node][root.output] == 1, !schedule.isUniform[root.node], !node.operands.isEmpty,
            !node.operation.isCollective, schedule.stage[root.node] == schedule.stage[value.node],
            schedule.part[root.node] == schedule.part[value.node]
        else { return nil }
        if case .reshape = node.operation { return nil }
        return root
    }

    /// How often nodes read each value.
    func useCounts() -> [[Int]] {
        var uses = graph.nodes.map { Array(repeating: 0, count: $0.types.count) }
        for node in graph.nodes { for operand in node.operands { uses[operand.node][operand.output] += 1 } }
        return uses
    }

    /// Copies into place the gradients of this part that their producers could not write there.
    func emitGradientCopies() throws(RuntimeError) {
        for group in groups.indices
        where groups[group].stage == position.stage && groups[group].part == position.part {
            let start = variableOffsets[groups[group].members[0].parameter]
            for member in groups[group].members.indices {
                let (parameter, value, _) = groups[group].members[member]
                let source = try plain(value)
                if case .gradients = buffers[source].home {
                    groups[group].members[member].buffer = source
                    continue
                }
                let byteCount = type(value).byteCount
                let target = newBuffer(
                    .gradients(group: group), byteCount, offset: variableOffsets[parameter] - start)
                emit("copy gradient", reads: [source], writes: [target]) { frame in
                    frame.table[target].copyMemory(from: frame.table[source], byteCount: byteCount)
                }
                groups[group].members[member].buffer = target
            }
        }
    }

    /// A planned group as the program holds it.
    func gradientGroup(_ plan: GroupPlan) -> Program.GradientGroup {
        Program.GradientGroup(
            collective: plan.collective, parameters: plan.members.map(\.parameter),
            buffers: plan.members.compactMap { member in member.buffer.map { ($0, member.parameter) } })
    }
}

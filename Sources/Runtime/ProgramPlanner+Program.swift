import Graph

/// Putting what was built together as a program.
extension ProgramPlanner {
    /// The program of all steps, which are all there; `gradients` are the buffers of each group's gradients.
    func program(_ builder: ProgramBuilder, gradients: [[Int]]) throws(RuntimeError) -> Program {
        var made: [Program.Collective] = []
        for collective in collectives.collectives { made.append(try programCollective(collective, builder)) }
        let outputs = try outputs(builder)
        let updates = try stateUpdates(builder)
        let memory = builder.layOutMemory(
            keep: Set(outputs.map(\.buffer) + made.flatMap { $0.sources.map(\.buffer) }))
        let groups = zip(context.gradients.groups, gradients).map { group, buffers in
            Program.GradientGroup(
                collective: group.collective, parameters: group.members.map(\.parameter),
                buffers: zip(buffers, group.members).map { ($0, $1.parameter) })
        }
        return Program(
            stages: stages(builder), collectives: made, groups: groups, arenaBytes: memory.arenaBytes,
            keptBytes: memory.keptBytes, uniformBytes: memory.uniformBytes,
            collectiveBytes: collectives.byteCount, scratchBytes: builder.scratchBytes,
            stateUpdates: updates, outputs: outputs, buffers: builder.buffers, primitives: builder.primitives)
    }

    /// All stages with their steps, groups and collectives.
    private func stages(_ builder: ProgramBuilder) -> [Program.Stage] {
        let (graph, schedule) = (context.graph, context.schedule)
        let groups = context.gradients.groups
        let nodes = collectives.collectives.map(\.node)
        return (0..<schedule.stageCount).map { stage in
            let read = Set(
                graph.nodes.indices.filter { schedule.stage[$0] == stage }
                    .flatMap { graph.nodes[$0].operands.map(\.node) })
            let parts = Schedule.Part.allCases.map { part in
                Program.Part(
                    steps: builder.partSteps[stage][part.rawValue],
                    groups: groups.indices.filter { groups[$0].stage == stage && groups[$0].part == part },
                    joints: builder.joints.filter { $0.stage == stage && $0.part == part }
                        .map { JointGradient($0, builder.buffers, builder.kernels) },
                    collectives: nodes.indices.filter {
                        schedule.stage[nodes[$0]] == stage && collectives.collectives[$0].start == part
                    })
            }
            return Program.Stage(
                awaits: nodes.indices.filter { read.contains(nodes[$0]) },
                uniform: builder.uniformSteps[stage], parts: parts)
        }
    }

    /// A collective with what each shard contributes to it.
    private func programCollective(
        _ collective: CollectivePlan.Collective, _ builder: ProgramBuilder
    ) throws(RuntimeError) -> Program.Collective {
        let operands = context.graph.nodes[collective.node].operands
        let element = builder.type(operands[0]).element
        var sources: [(buffer: Int, byteCount: Int)] = []
        if !collective.results.isEmpty {
            for operand in operands {
                let type = builder.type(operand)
                precondition(type.element == element, "a collective's operands differ in type")
                sources.append((try builder.plain(operand), type.byteCount))
            }
        }
        return Program.Collective(
            kind: collective.kind, element: element, byteCount: sources.map(\.byteCount).reduce(0, +),
            isRead: collective.isRead, report: collective.report, sources: sources,
            resultOffset: collective.results.first?.offset ?? 0)
    }

    /// Buffers of the values that are read after a shard has run.
    private func outputs(
        _ builder: ProgramBuilder
    ) throws(RuntimeError) -> [(role: Graph.Output, buffer: Int, type: TensorType)] {
        var outputs: [(role: Graph.Output, buffer: Int, type: TensorType)] = []
        for result in context.graph.results {
            guard case .output(let role) = result.role else { continue }
            builder.position = ProgramBuilder.Position(
                stage: context.schedule.stageCount - 1, isUniform: builder.isUniform(result.value),
                part: .fill)
            outputs.append((role, try builder.plain(result.value), builder.type(result.value)))
        }
        return outputs
    }

    /// Buffers of next states, which all shards must agree on.
    private func stateUpdates(
        _ builder: ProgramBuilder
    ) throws(RuntimeError) -> [(state: Int, buffer: Int, byteCount: Int)] {
        var updates: [(state: Int, buffer: Int, byteCount: Int)] = []
        for result in context.graph.results {
            guard case .state(let state) = result.role else { continue }
            guard builder.isUniform(result.value) else {
                throw RuntimeError(
                    description: "state \(state) would differ between shards; sum it over shards first")
            }
            updates.append((state, try builder.plain(result.value), builder.type(result.value).byteCount))
        }
        return updates
    }
}

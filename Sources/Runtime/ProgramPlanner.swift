import CKernels
import COneDNN
import Graph

/// Turns a graph into a program: binds a kernel to every node, carries layouts from producer to reader, and lays out
/// memory.
///
/// Data flows one way. The graph gives the schedule; both give the plans of gradients and of collectives, which need no
/// step; then the binders add steps to a builder, node by node in the order in which they run; and what the builder has at
/// the end becomes the program.
package struct ProgramPlanner {
    let context: PlanningContext
    let collectives: CollectivePlan

    /// A planner for `graph`, whose variable i lies at byte `variableOffsets[i]` of the parameters' or states' memory.
    ///
    /// - Parameter roundedWeights: The parameters whose rounded forms are in memory, at half the parameters' offsets; others
    ///   are rounded by a step of the program.
    package init(
        _ graph: Graph, variableOffsets: [Int], roundedWeights: Set<Int> = [],
        kernels: UnsafePointer<dt_kernels>
    ) {
        context = PlanningContext(
            graph, variableOffsets: variableOffsets, roundedWeights: roundedWeights, kernels: kernels)
        collectives = CollectivePlan(graph, context.schedule)
    }

    /// The planned program; the calling thread must be set up for oneDNN.
    package func plan() throws(RuntimeError) -> Program {
        let schedule = context.schedule
        let builder = ProgramBuilder(context)
        for collective in collectives.collectives {
            for (value, offset) in collective.results {
                let byteCount = builder.type(value).byteCount
                builder.alias(value, builder.newBuffer(.collectives, byteCount, offset: offset))
            }
        }
        let groups = context.gradients.groups
        var gradients: [[Int]] = Array(repeating: [], count: groups.count)
        for stage in 0..<schedule.stageCount {
            builder.position = ProgramBuilder.Position(stage: stage, isUniform: true, part: .critical)
            try bindNodes(builder) { schedule.isUniform[$0] && schedule.stage[$0] == stage }
            for part in Schedule.Part.allCases {
                builder.position = ProgramBuilder.Position(stage: stage, isUniform: false, part: part)
                try bindNodes(builder) {
                    !schedule.isUniform[$0] && schedule.stage[$0] == stage && schedule.part[$0] == part
                }
                for (index, group) in groups.enumerated()
                where group.stage == stage && group.part == part {
                    gradients[index] = try gradientBuffers(of: group, index, builder)
                }
                try convertContributions(stage, part, builder)
            }
        }
        return try program(builder, gradients: gradients)
    }

    private func bindNodes(_ builder: ProgramBuilder, where belongs: (Int) -> Bool) throws(RuntimeError) {
        for index in context.graph.nodes.indices where belongs(index) {
            try Site(context: context, builder: builder, index: index).bindKernel()
        }
    }

    /// The buffers in which a group's gradients stand, in order: copied into place if their producers could not write there.
    private func gradientBuffers(
        of group: GradientPlan.Group, _ index: Int, _ builder: ProgramBuilder
    ) throws(RuntimeError) -> [Int] {
        var buffers: [Int] = []
        for member in group.members {
            let source = try builder.plain(member.value)
            if case .gradients = builder.buffers[source].home {
                buffers.append(source)
                continue
            }
            let byteCount = builder.type(member.value).byteCount
            let target = builder.newBuffer(.gradients(group: index), byteCount, offset: member.offset)
            builder.emit("copy gradient", reads: [source], writes: [target]) { frame in
                frame.table[target].copyMemory(from: frame.table[source], byteCount: byteCount)
            }
            buffers.append(target)
        }
        return buffers
    }

    /// Converts what shards contribute to the collectives that start behind this part: later would be too late.
    private func convertContributions(
        _ stage: Int, _ part: Schedule.Part, _ builder: ProgramBuilder
    ) throws(RuntimeError) {
        for collective in collectives.collectives
        where context.schedule.stage[collective.node] == stage && collective.start == part {
            if case .gradients = collective.kind { continue }
            for operand in context.graph.nodes[collective.node].operands { _ = try builder.plain(operand) }
        }
    }
}

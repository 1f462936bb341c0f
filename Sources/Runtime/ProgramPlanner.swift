import CKernels
import COneDNN
import Graph

/// Turns a graph into a program: binds a kernel to every node, carries layouts from producer to reader, and lays
/// out memory.
package final class ProgramPlanner {
    /// What is planned.
    let graph: Graph
    /// When each node runs.
    let schedule: Schedule
    /// The vector loops.
    let kernels: UnsafePointer<dt_kernels>
    /// Channels per block of image layouts on this instruction set.
    let channelBlock: Int
    /// Bytes from the start of the parameters' or states' memory to each variable.
    let variableOffsets: [Int]

    /// All buffers so far; a step knows them by their place here.
    var buffers: [Buffer] = []
    private(set) var primitives: [Primitive] = []
    /// Where each output of each node stands, one entry per layout it exists in; the first is its native one.
    var versions: [[[(layout: Layout, buffer: Int)]]]
    /// Steps of each stage that run once per rank.
    var uniformSteps: [[Step]]
    /// Steps of each stage and part that run for every shard.
    var partSteps: [[[Step]]]
    /// Where the next step goes.
    var position = (stage: 0, uniform: true, part: Schedule.Part.critical)
    private(set) var scratchBytes = 64
    /// The buffers of inputs.
    var inputBuffers: [(input: GraphInput, buffer: Int)] = []
    /// Gradients that their producers write straight to where they are summed.
    var directGradients: [Graph.Value: (group: Int, offset: Int)] = [:]
    /// Batch norms that only a max pooling reads.
    let pooledBatchNorms: [PooledBatchNorm]
    /// Weight gradients that are computed for all local shards at once.
    var jointNodes: [Int: (parameter: Int, collective: Int)] = [:]
    /// What these read: output gradients, and inputs.
    var keptGradients: Set<Graph.Value> = []
    var keptInputs: Set<Graph.Value> = []
    /// They themselves.
    var pendingJoints: [PendingJoint] = []
    /// Gradients that become ready together.
    var groups: [GroupPlan] = []
    /// The number of the collective that a node is.
    var collectiveOfNode: [Int: Int] = [:]
    /// Bytes of collective results so far.
    var collectiveBytes = 0

    /// A group of gradients while it is planned.
    struct GroupPlan {
        let collective: Int
        let stage: Int
        let part: Schedule.Part
        var members: [(parameter: Int, value: Graph.Value, buffer: Int?)]
    }

    /// A planner for `graph`, whose variable i lies at byte `variableOffsets[i]` of the parameters' or states' memory.
    package init(
        _ graph: Graph, variableOffsets: [Int], kernels: UnsafePointer<dt_kernels>
    ) {
        self.graph = graph
        schedule = Schedule(graph)
        pooledBatchNorms = Self.pooledBatchNorms(of: graph)
        self.kernels = kernels
        self.variableOffsets = variableOffsets
        channelBlock = kernels.pointee.isa == DT_ISA_AVX512 ? 16 : 8
        versions = graph.nodes.map { Array(repeating: [], count: $0.types.count) }
        uniformSteps = Array(repeating: [], count: schedule.stageCount)
        partSteps = Array(repeating: [[], []], count: schedule.stageCount)
    }

    /// The planned program; the calling thread must be set up for oneDNN.
    package func plan() throws(RuntimeError) -> Program {
        var collectives = planCollectives()
        for stage in 0..<schedule.stageCount {
            position = (stage, true, .critical)
            try emitNodes { [schedule] in schedule.isUniform[$0] && schedule.stage[$0] == stage }
            for part in Schedule.Part.allCases {
                position = (stage, false, part)
                try emitNodes { [schedule] in
                    !schedule.isUniform[$0] && schedule.stage[$0] == stage && schedule.part[$0] == part
                }
                try emitGradientCopies()
                try emitSources(collectives)
            }
        }
        try collectSources(of: &collectives)
        let outputs = try planOutputs()
        let updates = try planStateUpdates()
        let memory = MemoryPlan(
            buffers: &buffers, perShard: partSteps.flatMap { $0.flatMap { $0 } },
            keep: Set(outputs.map(\.buffer) + collectives.flatMap { $0.sources.map(\.buffer) }))
        return Program(
            stages: stages(collectives), collectives: collectives.map(\.collective),
            groups: groups.map(gradientGroup), arenaBytes: memory.arenaBytes,
            keptBytes: memory.keptBytes,
            uniformBytes: memory.uniformBytes,
            collectiveBytes: collectiveBytes, scratchBytes: scratchBytes,
            stateUpdates: updates,
            outputs: outputs, buffers: buffers, primitives: primitives, inputs: inputBuffers)
    }

    // MARK: What operations use

    /// The type of an operand.
    func type(_ value: Graph.Value) -> TensorType { graph.type(of: value) }

    /// The layout a value was made in, and its buffer there.
    func native(_ value: Graph.Value) -> (layout: Layout, buffer: Int) {
        versions[value.node][value.output][0]
    }

    /// The buffer of `value` in `layout`, converted once if it was not made so.
    ///
    /// - Parameter dimensions: How oneDNN counts the tensor's dimensions, where they are not the type's.
    func buffer(_ value: Graph.Value, _ layout: Layout, dimensions: [Int]? = nil) throws(RuntimeError) -> Int
    {
        if let known = versions[value.node][value.output].first(where: { $0.layout == layout }) {
            return known.buffer
        }
        let shape = type(value).shape
        if isDense(layout) || isDense(native(value).layout) { return try denseBuffer(value, layout) }
        let dimensions = dimensions ?? shape
        // Only a row-major tensor is the same when its dimensions are counted in another way.
        let source = dimensions == shape ? native(value) : (.plain, try plain(value))
        let isUniform = schedule.isUniform[value.node]
        let converted = newBuffer(isUniform ? .uniform : .arena, layout.byteCount(type(value)))
        try emitReorder(
            from: source, to: (layout, converted), dimensions: dimensions, name: "reorder", uniform: isUniform
        )
        versions[value.node][value.output].append((layout, converted))
        return converted
    }

    /// The buffer of `value` in row-major order.
    func plain(_ value: Graph.Value) throws(RuntimeError) -> Int { try buffer(value, .plain) }

    /// A new buffer for an output of a node, made in `layout`.
    func define(_ value: Graph.Value, _ layout: Layout = .plain) -> Int {
        let home: Buffer.Home
        let made: Int
        if layout == .plain, let (group, offset) = directGradients[value] {
            home = .gradients(group: group)
            made = newBuffer(home, type(value).byteCount, offset: offset)
        } else {
            home = self.home(value, layout)
            made = newBuffer(home, layout.byteCount(type(value)))
        }
        versions[value.node][value.output].append((layout, made))
        return made
    }

    /// Where a value's buffer in `layout` belongs.
    func home(_ value: Graph.Value, _ layout: Layout) -> Buffer.Home {
        if schedule.isUniform[value.node] { return .uniform }
        let isKept =
            layout == .columns && keptGradients.contains(value)
            || layout == .strips && keptInputs.contains(value)
        return isKept ? .kept : .arena
    }

    /// Says that an output of a node is the same memory as `buffer`.
    func alias(_ value: Graph.Value, _ buffer: Int, _ layout: Layout = .plain) {
        versions[value.node][value.output].append((layout, buffer))
    }

    /// A buffer that only one step, or two neighbouring ones, use.
    func temporary(_ byteCount: Int) -> Int { newBuffer(position.uniform ? .uniform : .arena, byteCount) }

    /// Adds a step at the current place of the program.
    ///
    /// - Parameters:
    ///   - detail: The shape, where the name does not say it.
    ///   - flops: Floating-point operations, where they matter; two for a multiplication and an addition.
    func emit(
        _ name: String, detail: String = "", flops: Int = 0, reads: [Int], writes: [Int], inPlace: Int? = nil,
        scratch: Int = 0, uniform: Bool? = nil,
        _ run: @escaping (Frame) -> Void
    ) {
        scratchBytes = max(scratchBytes, scratch)
        let description = StepDescription(
            name: name, detail: detail, flops: flops,
            byteCount: (reads + writes).map { buffers[$0].byteCount }.reduce(0, +))
        let step = Step(
            description: description, reads: reads, writes: writes, inPlace: inPlace, run: run)
        if uniform ?? position.uniform {
            uniformSteps[position.stage].append(step)
        } else {
            partSteps[position.stage][position.part.rawValue].append(step)
        }
    }

    /// Adds a step that runs a oneDNN primitive on `arguments`, in the primitive's order.
    func emitCall(
        _ name: String, detail: String = "", flops: Int = 0, _ primitive: Primitive,
        arguments: [(place: Int32, buffer: Int)], writes: Set<Int>, uniform: Bool? = nil
    ) {
        let call = primitives.count
        primitives.append(primitive)
        let places = arguments.map { (Int($0.place), $0.buffer) }
        emit(
            name, detail: detail, flops: flops,
            reads: arguments.map(\.buffer).filter { !writes.contains($0) }, writes: writes.sorted(),
            scratch: primitive.scratchBytes, uniform: uniform
        ) { frame in
            let bound = frame.calls[call]
            for (place, buffer) in places { bound.set(place, frame.table[buffer]) }
            bound.run(scratch: frame.scratch)
        }
    }

    /// Adds a conversion between layouts.
    func emitReorder(
        from source: (layout: Layout, buffer: Int), to target: (layout: Layout, buffer: Int),
        dimensions: [Int],
        name: String, uniform: Bool? = nil
    ) throws(RuntimeError) {
        let from = try source.layout.handle(dimensions: dimensions)
        let to = try target.layout.handle(dimensions: dimensions)
        let primitive = try Primitive.make("planning a reorder") { made in
            withExtendedLifetime((from, to)) { od_reorder_create(from.pointer, to.pointer, made) }
        }
        guard let primitive else {
            throw RuntimeError(description: "oneDNN cannot convert between two layouts")
        }
        emitCall(
            name, primitive,
            arguments: [
                (Int32(OD_REORDER_FROM), source.buffer), (Int32(OD_REORDER_TO), target.buffer),
            ], writes: [target.buffer], uniform: uniform)
    }

    // MARK: Program parts

    /// A new buffer in a memory; arenas settle its offset later.
    func newBuffer(_ home: Buffer.Home, _ byteCount: Int, offset: Int = 0) -> Int {
        buffers.append(Buffer(home: home, byteCount: byteCount, offset: offset))
        return buffers.count - 1
    }

    private func emitNodes(where belongs: (Int) -> Bool) throws(RuntimeError) {
        for index in graph.nodes.indices where belongs(index) {
            let node = graph.nodes[index]
            switch node.operation {
            case .input(let input):
                let made = newBuffer(.input(input), node.types[0].byteCount)
                inputBuffers.append((input, made))
                alias(Graph.Value(index), made)
            case .parameter(let place):
                alias(
                    Graph.Value(index),
                    newBuffer(.parameters, node.types[0].byteCount, offset: variableOffsets[place]))
            case .direction(let place):
                alias(
                    Graph.Value(index),
                    newBuffer(.directions, node.types[0].byteCount, offset: variableOffsets[place]))
            case .state(let place):
                alias(
                    Graph.Value(index),
                    newBuffer(.states, node.types[0].byteCount, offset: variableOffsets[place]))
            case .crossShardSum, .crossShardMoments:
                break
            default:
                try emitOperation(node, index)
            }
        }
    }

    private func emitOperation(_ node: Graph.Node, _ index: Int) throws(RuntimeError) {
        if try emitElementwise(node, index) { return }
        if try emitShape(node, index) { return }
        if try emitRows(node, index) { return }
        if try emitDense(node, index) { return }
        if try emitConvolution(node, index) { return }
        if try emitPooling(node, index) { return }
        if try emitBatchNorm(node, index) { return }
        if try emitNormalization(node, index) { return }
        throw RuntimeError(
            description: "\(node.operation) has no kernel; lower or decompose the graph before planning")
    }

    /// Settles what collectives carry before any step is made, since producers write gradients in place.
    func planCollectives() -> [PlannedCollective] {
        var planned: [PlannedCollective] = []
        let readers = readersOfNodes()
        for (index, node) in graph.nodes.enumerated() where node.operation.isCollective {
            let place = planned.count
            collectiveOfNode[index] = place
            let parameters = graph.results.compactMap { result -> (output: Int, parameter: Int)? in
                guard case .gradient(let parameter) = result.role, result.value.node == index else {
                    return nil
                }
                return (result.value.output, parameter)
            }
            if !parameters.isEmpty {
                planGradientGroups(node, parameters.sorted { $0.output < $1.output }, collective: place)
                planned.append(
                    PlannedCollective(
                        node: index, kind: .gradients(parameters: parameters.map(\.parameter)), isRead: false,
                        report: nil, resultOffset: 0))
                continue
            }
            let offset = collectiveBytes
            for (output, type) in node.types.enumerated() {
                alias(
                    Graph.Value(index, output),
                    newBuffer(.collectives, type.byteCount, offset: collectiveBytes))
                collectiveBytes += type.byteCount
            }
            collectiveBytes = (collectiveBytes + 63) / 64 * 64
            let report = graph.results.compactMap { result -> Graph.Report? in
                guard case .report(let report) = result.role, result.value.node == index else { return nil }
                return report
            }.first
            planned.append(
                PlannedCollective(
                    node: index, kind: node.operation == .crossShardMoments ? .moments : .sum,
                    isRead: readers[index], report: report, resultOffset: offset))
        }
        return planned
    }

    /// Converts what shards contribute to the collectives that start behind this part: later would be too late.
    func emitSources(_ collectives: [PlannedCollective]) throws(RuntimeError) {
        for collective in collectives
        where schedule.stage[collective.node] == position.stage
            && startPart(of: collective.node) == position.part
        {
            if case .gradients = collective.kind { continue }
            for operand in graph.nodes[collective.node].operands { _ = try plain(operand) }
        }
    }

    /// What shards contribute, once every operand has a buffer.
    func collectSources(of collectives: inout [PlannedCollective]) throws(RuntimeError) {
        for index in collectives.indices {
            let operands = graph.nodes[collectives[index].node].operands
            collectives[index].element = type(operands[0]).element
            if case .gradients = collectives[index].kind { continue }
            for operand in operands {
                precondition(
                    type(operand).element == collectives[index].element,
                    "a collective's operands differ in type")
                collectives[index].sources.append((try plain(operand), type(operand).byteCount))
            }
        }
    }

    /// A collective while it is planned.
    struct PlannedCollective {
        let node: Int
        let kind: Program.Collective.Kind
        let isRead: Bool
        let report: Graph.Report?
        let resultOffset: Int
        var sources: [(buffer: Int, byteCount: Int)] = []
        var element = ElementType.float32

        var collective: Program.Collective {
            Program.Collective(
                kind: kind, element: element, byteCount: sources.map(\.byteCount).reduce(0, +),
                isRead: isRead,
                report: report, sources: sources, resultOffset: resultOffset)
        }
    }

    /// Whether any node reads each node.
    func readersOfNodes() -> [Bool] {
        var read = Array(repeating: false, count: graph.nodes.count)
        for node in graph.nodes { for operand in node.operands { read[operand.node] = true } }
        return read
    }
}

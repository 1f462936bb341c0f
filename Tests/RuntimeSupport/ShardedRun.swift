import CKernels
import Graph
import GraphSupport
import Runtime

/// Plans a graph for every shard of a mini-batch and runs the programs as a rank would, by the simplest means: one
/// thread, memory of its own for each shard, collectives folded shard by shard in order.
///
/// Empty shards have no program and contribute nothing. Memory starts as NaN.
package final class ShardedRun {
    /// One shard with examples.
    private struct Lane {
        let place: Int
        let graph: Graph
        let program: ShardProgram
        /// One stretch per gradient group.
        let gradients: [AlignedBytes]
        /// One per collective.
        let contributions: [AlignedBytes]
        /// Operands of joint gradients.
        let kept: AlignedBytes
        let features: UnsafeMutableRawPointer
        /// Memory the program points into.
        let owned: [AlignedBytes]
    }

    private let kernels: UnsafePointer<dt_kernels>
    private let graphs: [Graph]
    private let offsets: [Int]
    private let parameters: AlignedBytes
    private let states: AlignedBytes
    private let collectives: AlignedBytes
    private let scratch: AlignedBytes
    private let scalars: UnsafeMutablePointer<StepScalars>
    private var lanes: [Lane] = []
    /// Lanes that run what all shards of a size have in common.
    private var uniformLanes: [Int] = []
    private let skeleton: Program
    /// Gradients that all shards computed together, by parameter.
    private var joints: [Int: AlignedBytes] = [:]

    /// Plans everything; the calling thread must be set up for programs.
    ///
    /// - Parameters:
    ///   - shards: The mini-batch's shards, empty ones included, at least one with examples.
    ///   - variables: Parameters and states by the number the graph knows them by.
    ///   - parametersPerBucket: How many gradients travel together.
    ///   - precision: What products compute in.
    ///   - graph: The graph of a shard of so many examples, before batch norm is lowered.
    package init(
        _ shards: [ReferenceShard], variables: [ReferenceTensor], kernels: UnsafePointer<dt_kernels>,
        dropoutKey: dt_philox_key = dt_philox_key(word: (17, 42)), parametersPerBucket: Int = 2,
        precision: Precision = .float32, graph: (Int) -> Graph
    ) throws {
        self.kernels = kernels
        let sizes = Set(shards.map(\.count).filter { $0 > 0 }).sorted(by: >)
        let lowered = sizes.map { graph($0).loweringBatchNorm() }
        let order = Schedule(lowered[0]).gradientOrder(of: lowered[0])
        let buckets = stride(from: 0, to: order.count, by: parametersPerBucket).map {
            Array(order[$0..<min($0 + parametersPerBucket, order.count)])
        }
        graphs = lowered.map { $0.reducingGradients(in: buckets).stored(in: precision) }
        let (offsets, byteCount) = Self.layOut(variables, first: order)
        self.offsets = offsets
        parameters = AlignedBytes(byteCount)
        states = AlignedBytes(byteCount)
        for (offset, variable) in zip(offsets, variables) {
            parameters.store(variable.values, at: offset) { Float($0) }
            states.store(variable.values, at: offset) { Float($0) }
        }
        let programs = try graphs.map {
            try ProgramPlanner($0, variableOffsets: offsets, kernels: kernels).plan()
        }
        skeleton = programs[0]
        collectives = AlignedBytes(programs.map(\.collectiveBytes).max() ?? 0)
        scratch = AlignedBytes(programs.map(\.scratchBytes).max() ?? 0)
        scalars = .allocate(capacity: 1)
        scalars.initialize(
            to: StepScalars(
                batchCount: Float(shards.map(\.count).reduce(0, +)),
                labelWeightSum: Self.labelWeightSum(shards, lowered[0]), dropoutKey: dropoutKey))
        let uniform = programs.map { AlignedBytes($0.uniformBytes) }
        var seen = Array(repeating: false, count: sizes.count)
        for (place, shard) in shards.enumerated() {
            guard let size = sizes.firstIndex(of: shard.count) else { continue }
            if !seen[size] { uniformLanes.append(lanes.count) }
            seen[size] = true
            lanes.append(try lane(place, shard, graphs[size], programs[size], uniform: uniform[size]))
        }
    }

    deinit { scalars.deallocate() }

    /// One step: every stage of every shard, and the collectives between them.
    package func run() {
        for (number, stage) in skeleton.stages.enumerated() {
            for collective in stage.awaits { complete(collective) }
            for lane in uniformLanes {
                lanes[lane].program.runUniform(stage: number, scratch: scratch.base, scalars: scalars)
            }
            for part in Schedule.Part.allCases {
                for lane in lanes {
                    lane.program.run(
                        stage: number, part: part, scratch: scratch.base, scalars: scalars, between: {})
                    for collective in stage.parts[part.rawValue].collectives {
                        lane.program.copyContribution(to: collective, lane.contributions[collective].base)
                    }
                }
                runJoints(number, part)
            }
        }
        for collective in skeleton.collectives.indices { complete(collective) }
    }

    /// Gradients computed for all shards together, summed from the first to the last.
    private func runJoints(_ stage: Int, _ part: Schedule.Part) {
        for (number, joint) in skeleton.stages[stage].parts[part.rawValue].joints.enumerated() {
            let target = AlignedBytes(joint.rows * joint.columns * 4)
            let operands = lanes.map { lane in
                lane.program.program.stages[stage].parts[part.rawValue].joints[number].operands(
                    kept: lane.kept.base, features: lane.features)
            }
            let tree = operands.indices.flatMap { index -> [Int32] in index == 0 ? [0] : [Int32(index), -1] }
            operands.withUnsafeBufferPointer {
                joint.run(
                    shards: $0, tree: tree, rows: 0..<joint.rows,
                    into: target.base.assumingMemoryBound(to: Float.self), rounds: false,
                    isReadElsewhere: false)
            }
            joints[joint.parameter] = target
        }
    }

    // MARK: Results

    /// The roles of the graph's results.
    package var roles: [Graph.Role] { graphs[0].results.map(\.role) }

    /// The shards with examples, by their place in the mini-batch.
    package var shards: [Int] { lanes.map(\.place) }

    /// What the step made of `role`; values of one shard for the shard at `shard`.
    package func result(_ role: Graph.Role, shard: Int) -> ReferenceTensor {
        guard let lane = lanes.first(where: { $0.place == shard }),
            let value = lane.graph.value(for: role)
        else { preconditionFailure("shard \(shard) has no result \(role)") }
        let type = lane.graph.type(of: value)
        switch role {
        case .output(let output):
            guard let pointer = lane.program.output(output) else {
                preconditionFailure("the program of shard \(shard) has no output \(output)")
            }
            return Self.load(pointer, type)
        case .gradient(let parameter):
            return gradient(parameter, type)
        case .state(let state):
            var made: ReferenceTensor?
            lane.program.forEachStateUpdate { number, pointer, _ in
                if number == state { made = Self.load(pointer, type) }
            }
            guard let made else { preconditionFailure("the program has no state \(state)") }
            return made
        case .report(let report):
            guard let collective = skeleton.collectives.first(where: { $0.report == report }) else {
                preconditionFailure("the program reports no \(report)")
            }
            return Self.load(UnsafeRawPointer(collectives.base + collective.resultOffset), type)
        }
    }

    // MARK: Construction

    private func lane(
        _ place: Int, _ shard: ReferenceShard, _ graph: Graph, _ program: Program, uniform: AlignedBytes
    ) throws -> Lane {
        let arena = AlignedBytes(program.arenaBytes)
        let bound = try ShardProgram(
            program,
            memory: ShardProgram.Memory(
                arena: arena.base, uniform: uniform.base, parameters: parameters.base, states: states.base,
                collectives: collectives.base))
        let kept = AlignedBytes(program.keptBytes)
        bound.setKept(kept.base)
        var owned = [arena, uniform]
        var features = arena.base
        func give(_ input: GraphInput, _ tensor: ReferenceTensor?, _ store: (AlignedBytes, [Double]) -> Void)
        {
            guard let tensor else { return }
            let memory = AlignedBytes(tensor.values.count * 8)
            store(memory, tensor.values)
            if input == .features { features = memory.base }
            bound.setInput(input, memory.base)
            owned.append(memory)
        }
        if graph.element(of: .features) == .int32 {
            give(.features, shard.features) { $0.store($1) { Int32($0) } }
        } else {
            give(.features, shard.features) { $0.store($1) { Float($0) } }
        }
        give(.lengths, shard.lengths) { $0.store($1) { Int32($0) } }
        give(.targets, shard.targets) { $0.store($1) { Float($0) } }
        give(.labels, shard.labels) { $0.store($1) { Int32($0) } }
        give(.exampleIndices, shard.exampleIndices) { $0.store($1) { Int64($0) } }
        let gradients = program.groups.enumerated().map { index, group in
            let memory = AlignedBytes(stretch(of: group.parameters))
            bound.setGradients(group: index, memory.base)
            return memory
        }
        return Lane(
            place: place, graph: graph, program: bound, gradients: gradients,
            contributions: program.collectives.map { AlignedBytes($0.byteCount) }, kept: kept,
            features: features, owned: owned)
    }

    /// What the shards' labels weigh, where the graph asks for it.
    private static func labelWeightSum(_ shards: [ReferenceShard], _ graph: Graph) -> Float {
        for node in graph.nodes {
            guard case .leaf(.labelWeightSum(let weights)) = node.operation else { continue }
            let labels = shards.flatMap { $0.labels?.values ?? [] }
            let sum = labels.map { $0 < 0 ? 0 : weights[Int($0)] }.reduce(0, +)
            return sum > 0 ? Float(sum) : .infinity
        }
        return 1
    }

    /// Offsets of variables, those of `first` in that order before the others, and the bytes of all.
    private static func layOut(_ variables: [ReferenceTensor], first: [Int]) -> (
        offsets: [Int], byteCount: Int
    ) {
        var offsets = Array(repeating: 0, count: variables.count)
        var end = 0
        for variable in first + variables.indices.filter({ !first.contains($0) }) {
            offsets[variable] = end
            end += (variables[variable].values.count * 4 + 63) / 64 * 64
        }
        return (offsets, end)
    }

    /// Bytes from the first of these parameters to the end of the memory, which is more than enough.
    private func stretch(of parameters: [Int]) -> Int {
        self.parameters.count - (parameters.map { offsets[$0] }.min() ?? 0)
    }

    // MARK: Collectives

    private func complete(_ index: Int) {
        let collective = skeleton.collectives[index]
        if case .gradients = collective.kind { return }
        let target = collectives.base + collective.resultOffset
        for (turn, lane) in lanes.enumerated() {
            let part = lane.contributions[index].base
            guard turn > 0 else {
                target.copyMemory(from: part, byteCount: collective.byteCount)
                continue
            }
            switch (collective.kind, collective.element) {
            case (.moments, _):
                let sum = target.assumingMemoryBound(to: Double.self)
                kernels.pointee.merge_moments(
                    sum, part.assumingMemoryBound(to: Double.self), Int64((collective.byteCount / 8 - 1) / 2),
                    sum)
            case (_, .float64): Self.add(part, to: target, collective.byteCount, Double.self)
            default: Self.add(part, to: target, collective.byteCount, Float.self)
            }
        }
    }

    private static func add<Number: FloatingPoint>(
        _ part: UnsafeRawPointer, to sum: UnsafeMutableRawPointer, _ byteCount: Int, _: Number.Type
    ) {
        let part = part.assumingMemoryBound(to: Number.self)
        let sum = sum.assumingMemoryBound(to: Number.self)
        for place in 0..<byteCount / MemoryLayout<Number>.stride { sum[place] += part[place] }
    }

    private func gradient(_ parameter: Int, _ type: TensorType) -> ReferenceTensor {
        if let joint = joints[parameter] { return Self.load(UnsafeRawPointer(joint.base), type) }
        guard let group = skeleton.groups.firstIndex(where: { $0.parameters.contains(parameter) }) else {
            preconditionFailure("the program has no gradient of \(parameter)")
        }
        let offset = offsets[parameter] - offsets[skeleton.groups[group].parameters[0]]
        return .total(lanes.map { Self.load(UnsafeRawPointer($0.gradients[group].base + offset), type) })
    }

    private static func load(_ pointer: UnsafeRawPointer, _ type: TensorType) -> ReferenceTensor {
        func values<Element>(_: Element.Type, _ convert: (Element) -> Double) -> [Double] {
            let pointer = pointer.assumingMemoryBound(to: Element.self)
            return (0..<type.count).map { convert(pointer[$0]) }
        }
        switch type.element {
        case .float32: return ReferenceTensor(type.shape, values(Float.self, Double.init))
        case .bfloat16:
            return ReferenceTensor(
                type.shape, values(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) })
        case .float64: return ReferenceTensor(type.shape, values(Double.self) { $0 })
        case .int32: return ReferenceTensor(type.shape, values(Int32.self, Double.init))
        case .int64: return ReferenceTensor(type.shape, values(Int64.self, Double.init))
        case .uint8: return ReferenceTensor(type.shape, values(UInt8.self, Double.init))
        }
    }
}

extension Graph {
    /// The type of an input's elements; nil for one that the graph does not read.
    fileprivate func element(of input: GraphInput) -> ElementType? {
        nodes.first { $0.operation == .leaf(.input(input)) }?.types[0].element
    }
}

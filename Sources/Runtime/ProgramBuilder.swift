import CKernels
import COneDNN
import Graph

/// A program while it is planned: its steps, its buffers, and the layouts in which values exist. It knows no operation.
///
/// Binders add to it node by node. They ask where an operand stands in the layout their kernel reads, which adds a
/// conversion the first time; say where a result will stand; and append the step that computes it.
final class ProgramBuilder {
    /// Where the next step goes.
    struct Position {
        var stage = 0
        /// Among the steps that a rank runs once for all its shards, in front of the parts of the stage.
        var isUniform = true
        /// Among those of this part, which run for every shard.
        var part = Schedule.Part.critical
    }

    /// One place where a value stands.
    typealias Version = (layout: Layout, buffer: Int)

    let kernels: UnsafePointer<dt_kernels>
    /// Channels per block of image layouts.
    let channelBlock: Int
    private let graph: Graph
    private let schedule: Schedule
    private let gradients: GradientPlan

    /// Where the next step goes.
    var position = Position()
    /// All buffers so far; a step knows them by their place here.
    private(set) var buffers: [Buffer] = []
    /// oneDNN's primitives; a step knows them by their place here.
    private(set) var primitives: [Primitive] = []
    /// Steps of each stage that run once per rank.
    private(set) var uniformSteps: [[Step]]
    /// Steps of each stage and part that run for every shard.
    private(set) var partSteps: [[[Step]]]
    /// The largest scratch memory of a step, in bytes.
    private(set) var scratchBytes = 64
    /// The joint gradients.
    private(set) var joints: [PlannedJoint] = []
    /// Where each output of each node stands, one entry per layout it exists in; the first is its native one.
    private var versions: [[[Version]]]

    init(_ context: PlanningContext) {
        kernels = context.kernels
        channelBlock = context.channelBlock
        graph = context.graph
        schedule = context.schedule
        gradients = context.gradients
        uniformSteps = Array(repeating: [], count: schedule.stageCount)
        partSteps = Array(repeating: [[], []], count: schedule.stageCount)
        versions = graph.nodes.map { Array(repeating: [], count: $0.types.count) }
    }

    // MARK: Values

    /// The type of a value.
    func type(_ value: Graph.Value) -> TensorType { graph.type(of: value) }

    /// Whether a value is the same for all shards, so that the rank has it once.
    func isUniform(_ value: Graph.Value) -> Bool { schedule.isUniform[value.node] }

    /// The layout a value was made in, and its buffer there.
    func native(_ value: Graph.Value) -> Version { versions[value.node][value.output][0] }

    /// The buffer of a value in `layout`, if it exists in it by now.
    func known(_ value: Graph.Value, _ layout: Layout) -> Int? {
        versions[value.node][value.output].first { $0.layout == layout }?.buffer
    }

    /// A new buffer for a result, which the next step makes in `layout`.
    func define(_ value: Graph.Value, _ layout: Layout = .plain) -> Int {
        let made: Int
        if layout == .plain, let (group, offset) = gradients.place(of: value) {
            made = newBuffer(.gradients(group: group), type(value).byteCount, offset: offset)
        } else {
            made = newBuffer(home(value, layout), layout.byteCount(type(value)))
        }
        alias(value, made, layout)
        return made
    }

    /// Says that a value stands in `buffer`, in `layout`.
    func alias(_ value: Graph.Value, _ buffer: Int, _ layout: Layout = .plain) {
        versions[value.node][value.output].append((layout, buffer))
    }

    // MARK: Buffers

    /// The memory that a value's buffer in `layout` belongs in.
    func home(_ value: Graph.Value, _ layout: Layout) -> Buffer.Home {
        if isUniform(value) { return .uniform }
        return gradients.isKept(value, layout, type(value).element) ? .kept : .arena
    }

    /// A new buffer in a memory; the memory plan settles the offsets of arena, kept and uniform buffers.
    func newBuffer(_ home: Buffer.Home, _ byteCount: Int, offset: Int = 0) -> Int {
        buffers.append(Buffer(home: home, byteCount: byteCount, offset: offset))
        return buffers.count - 1
    }

    /// A buffer that only one step, or two neighbouring ones, use.
    func temporary(_ byteCount: Int) -> Int { newBuffer(position.isUniform ? .uniform : .arena, byteCount) }

    // MARK: Steps

    /// Adds a step at the current position.
    ///
    /// - Parameters:
    ///   - work: What it computes.
    ///   - inPlace: A read buffer whose memory the first written one may take over.
    ///   - scratch: Bytes of the worker's scratch memory that the step uses.
    ///   - uniform: Whether the rank runs it once for all shards, where the position does not say it.
    func emit(
        _ work: Work, reads: [Int], writes: [Int], inPlace: Int? = nil, scratch: Int = 0,
        uniform: Bool? = nil,
        _ run: @escaping (Frame) -> Void
    ) {
        scratchBytes = max(scratchBytes, scratch)
        let description = work.description(
            byteCount: (reads + writes).map { buffers[$0].byteCount }.reduce(0, +))
        let step = Step(
            description: description, reads: reads, writes: writes, inPlace: inPlace, run: run)
        if uniform ?? position.isUniform {
            uniformSteps[position.stage].append(step)
        } else {
            partSteps[position.stage][position.part.rawValue].append(step)
        }
    }

    /// Adds a step that is known by its name alone.
    func emit(
        _ name: String, reads: [Int], writes: [Int], inPlace: Int? = nil, scratch: Int = 0,
        uniform: Bool? = nil, _ run: @escaping (Frame) -> Void
    ) {
        emit(
            Work(name), reads: reads, writes: writes, inPlace: inPlace, scratch: scratch, uniform: uniform,
            run)
    }

    /// Adds a step that runs a oneDNN primitive on `arguments`, in the primitive's order.
    func emitCall(
        _ work: Work, _ primitive: Primitive,
        arguments: [(place: Int32, buffer: Int)], writes: Set<Int>, uniform: Bool? = nil
    ) {
        let call = primitives.count
        primitives.append(primitive)
        let places = arguments.map { (Int($0.place), $0.buffer) }
        emit(
            work, reads: arguments.map(\.buffer).filter { !writes.contains($0) }, writes: writes.sorted(),
            scratch: primitive.scratchBytes, uniform: uniform
        ) { frame in
            let bound = frame.calls[call]
            for (place, buffer) in places { bound.set(place, frame.table[buffer]) }
            bound.run(scratch: frame.scratch)
        }
    }

    /// Adds a gradient that is computed when all local shards have run the current part.
    func emit(_ joint: PlannedJoint) { joints.append(joint) }

    /// Settles where buffers lie in their memories; `keep` are read after their last step.
    func layOutMemory(keep: Set<Int>) -> MemoryPlan {
        MemoryPlan(buffers: &buffers, perShard: partSteps.flatMap { $0.flatMap { $0 } }, keep: keep)
    }
}

import CKernels
import Cluster
import Graph
import Runtime

/// The programs of a graph on this rank, one for each set of input types, and the memory in which they run.
final class ProgramCache {
    private typealias Memory = (pointer: UnsafeMutableRawPointer, byteCount: Int)

    private let makeGraph: (InputTypes) -> Graph
    private let state: ModelState
    private let directions: UnsafeMutableRawPointer?
    private let kernels: UnsafePointer<dt_kernels>
    private var planned: [Planned] = []
    /// The memory of all slots, one behind the other.
    private var arenas: Memory
    private var arenaBytes = 0
    private let slots: Int
    private let kept: KeptOperands
    private var scratch: [Memory]
    private var collectives: Memory

    private static let use = ResourceUse.batch("activations")

    private struct Planned {
        let inputs: InputTypes
        let program: Program
        let uniform: UnsafeMutableRawPointer
        var bound: [ShardProgram]
    }

    /// - Parameters:
    ///   - slots: How many shards' memory is in use at the same time.
    ///   - kept: Where shards keep the operands of joint gradients.
    ///   - state: The parameters and states that programs read.
    ///   - directions: The vector whose parts are the graph's direction inputs; nil for graphs without.
    ///   - makeGraph: Makes the lowered graph for a shard with inputs of these types.
    init(
        slots: Int, kept: KeptOperands, workers: Int, state: ModelState, directions: UnsafeMutableRawPointer?,
        kernels: UnsafePointer<dt_kernels>, makeGraph: @escaping (InputTypes) -> Graph
    ) throws {
        self.makeGraph = makeGraph
        self.state = state
        self.directions = directions
        self.kernels = kernels
        func memories(_ count: Int) throws -> [Memory] {
            try (0..<count).map { _ in (try PrivateMemory.allocate(64, for: Self.use), 64) }
        }
        self.slots = slots
        arenas = (try PrivateMemory.allocate(64, for: Self.use), 64)
        self.kept = kept
        scratch = try memories(workers)
        collectives = (try PrivateMemory.allocate(64, for: Self.use), 64)
    }

    deinit {
        // Bound programs are freed first because they point into the memory.
        let plans = planned
        planned = []
        for (pointer, byteCount) in scratch + [arenas, collectives] {
            PrivateMemory.free(pointer, byteCount)
        }
        for plan in plans { PrivateMemory.free(plan.uniform, plan.program.uniformBytes) }
    }

    /// Plans the programs for shards with inputs of these types; where ranks share what shards keep, all of them name the
    /// largest shard first.
    ///
    /// - Returns: The place of each program, an argument of `bound`.
    @discardableResult
    func plan(_ types: [InputTypes]) throws -> [Int] {
        var moved = false
        var places: [Int] = []
        for inputs in types {
            if let known = planned.firstIndex(where: { $0.inputs == inputs }) {
                places.append(known)
                continue
            }
            let program: Program
            do {
                program = try ProgramPlanner(
                    makeGraph(inputs), variableOffsets: state.offsets,
                    roundedWeights: state.rounded?.variables ?? [], kernels: kernels
                ).plan()
            } catch {
                throw Self.failure(inputs, error)
            }
            if try grow(program) { moved = true }
            places.append(planned.count)
            planned.append(
                Planned(
                    inputs: inputs, program: program,
                    uniform: try PrivateMemory.allocate(program.uniformBytes, for: Self.use), bound: []))
        }
        // If memory has been enlarged and so moved, programs must be bound to the new addresses.
        for place in planned.indices where moved || planned[place].bound.isEmpty {
            do { try bind(place) } catch { throw Self.failure(planned[place].inputs, error) }
        }
        return places
    }

    /// The program at a place that `plan` returned, bound to memory slot `slot`.
    func bound(_ place: Int, slot: Int) -> ShardProgram { planned[place].bound[slot] }

    /// The memory of collectives' results.
    var collectiveResults: UnsafeMutableRawPointer { collectives.pointer }

    func scratch(_ worker: Int) -> UnsafeMutableRawPointer { scratch[worker].pointer }

    private func bind(_ place: Int) throws(RuntimeError) {
        let plan = planned[place]
        var bound: [ShardProgram] = []
        for slot in 0..<slots {
            bound.append(
                try ShardProgram(
                    plan.program,
                    memory: ShardProgram.Memory(
                        arena: arenas.pointer + slot * arenaBytes, uniform: plan.uniform,
                        parameters: state.parameters.base,
                        rounded: state.rounded?.pointers, states: state.states, directions: directions,
                        collectives: collectives.pointer)))
        }
        planned[place].bound = bound
    }

    /// Enlarges memory for a program; true if memory that programs are bound to has moved.
    private func grow(_ program: Program) throws -> Bool {
        func enlarge(_ memory: inout Memory, _ byteCount: Int) throws -> Bool {
            guard memory.byteCount < byteCount else { return false }
            let larger = try PrivateMemory.allocate(byteCount, for: Self.use)
            PrivateMemory.free(memory.pointer, memory.byteCount)
            memory = (larger, byteCount)
            return true
        }
        var moved = false
        let each = PrivateMemory.aligned(program.arenaBytes)
        if arenaBytes < each {
            _ = try enlarge(&arenas, slots * each)
            arenaBytes = each
            moved = true
        }
        if try enlarge(&collectives, program.collectiveBytes) { moved = true }
        for worker in scratch.indices { _ = try enlarge(&scratch[worker], program.scratchBytes) }
        try kept.grow(to: program.keptBytes)
        return moved
    }

    private static func failure(_ inputs: InputTypes, _ error: RuntimeError) -> PlanningError {
        PlanningError(examples: inputs.count, error)
    }
}

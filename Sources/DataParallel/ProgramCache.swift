import CKernels
import Cluster
import Graph
import Runtime

/// The programs of one kind of graph, one per shard size, and the memory they run in on this rank.
final class ProgramCache {
    private typealias Memory = (pointer: UnsafeMutableRawPointer, byteCount: Int)

    private let makeGraph: (Int) -> Graph
    private let variableOffsets: [Int]
    private let kernels: UnsafePointer<dt_kernels>
    private let parameters: UnsafeMutableRawPointer
    private let states: UnsafeMutableRawPointer
    private var planned: [Int: Planned] = [:]
    private var arenas: [Memory]
    private var kept: [Memory]
    private var scratch: [Memory]
    private var collectives: Memory

    private static let use = "activations"

    private struct Planned {
        let program: Program
        let uniform: UnsafeMutableRawPointer
        var bound: [ShardProgram]
    }

    /// - Parameters:
    ///   - slots: Shards whose memory is alive at the same time.
    ///   - shards: Local shards, for each of which the operands of joint gradients are kept.
    ///   - makeGraph: The lowered graph for a shard size.
    init(
        slots: Int, shards: Int, workers: Int, variableOffsets: [Int], parameters: UnsafeMutableRawPointer,
        states: UnsafeMutableRawPointer, kernels: UnsafePointer<dt_kernels>,
        makeGraph: @escaping (Int) -> Graph
    ) throws {
        self.makeGraph = makeGraph
        self.variableOffsets = variableOffsets
        self.kernels = kernels
        self.parameters = parameters
        self.states = states
        func memories(_ count: Int) throws -> [Memory] {
            try (0..<count).map { _ in (try PrivateMemory.allocate(64, for: Self.use), 64) }
        }
        arenas = try memories(slots)
        kept = try memories(shards)
        scratch = try memories(workers)
        collectives = (try PrivateMemory.allocate(64, for: Self.use), 64)
    }

    deinit {
        // Bound programs go first: they point into the memory.
        let plans = planned
        planned = [:]
        for (pointer, byteCount) in arenas + kept + scratch + [collectives] {
            PrivateMemory.free(pointer, byteCount)
        }
        for plan in plans.values { PrivateMemory.free(plan.uniform, plan.program.uniformBytes) }
    }

    /// Plans the programs for shards of these sizes, so that `bound` gives them.
    func plan(_ sizes: [Int]) throws {
        var moved = false
        for count in sizes where planned[count] == nil {
            let program: Program
            do {
                program = try ProgramPlanner(
                    makeGraph(count), variableOffsets: variableOffsets, kernels: kernels
                ).plan()
            } catch {
                throw Self.failure(count, error)
            }
            if try grow(program) { moved = true }
            planned[count] = Planned(
                program: program, uniform: try PrivateMemory.allocate(program.uniformBytes, for: Self.use),
                bound: [])
        }
        // Larger memory has moved, so programs bound to the old one are bound anew.
        for count in planned.keys.sorted() where moved || planned[count]?.bound.isEmpty == true {
            do { try bind(count) } catch { throw Self.failure(count, error) }
        }
    }

    /// The program for shards of `count` examples, planned before, bound to memory slot `slot`.
    func bound(count: Int, slot: Int) -> ShardProgram {
        guard let known = planned[count] else {
            preconditionFailure("no program was planned for shards of \(count)")
        }
        return known.bound[slot]
    }

    /// Where results of collectives stand.
    var collectiveResults: UnsafeMutableRawPointer { collectives.pointer }

    /// Scratch memory of a worker.
    func scratch(_ worker: Int) -> UnsafeMutableRawPointer { scratch[worker].pointer }

    /// Where a local shard keeps the operands of joint gradients.
    func kept(_ place: Int) -> UnsafeMutableRawPointer { kept[place].pointer }

    private func bind(_ count: Int) throws(RuntimeError) {
        guard let plan = planned[count] else { return }
        var bound: [ShardProgram] = []
        for arena in arenas {
            bound.append(
                try ShardProgram(
                    plan.program,
                    memory: ShardProgram.Memory(
                        arena: arena.pointer, uniform: plan.uniform, parameters: parameters,
                        states: states, collectives: collectives.pointer)))
        }
        planned[count]?.bound = bound
    }

    /// Makes room for a program; true if memory that programs are bound to has moved.
    private func grow(_ program: Program) throws -> Bool {
        func enlarge(_ memory: inout Memory, _ byteCount: Int) throws -> Bool {
            guard memory.byteCount < byteCount else { return false }
            let larger = try PrivateMemory.allocate(byteCount, for: Self.use)
            PrivateMemory.free(memory.pointer, memory.byteCount)
            memory = (larger, byteCount)
            return true
        }
        var moved = false
        for slot in arenas.indices where try enlarge(&arenas[slot], program.arenaBytes) { moved = true }
        if try enlarge(&collectives, program.collectiveBytes) { moved = true }
        for worker in scratch.indices { _ = try enlarge(&scratch[worker], program.scratchBytes) }
        for place in kept.indices { _ = try enlarge(&kept[place], program.keptBytes) }
        return moved
    }

    private static func failure(_ count: Int, _ error: RuntimeError) -> ClusterError {
        .planning("the model cannot be planned for shards of \(count): \(error)")
    }
}

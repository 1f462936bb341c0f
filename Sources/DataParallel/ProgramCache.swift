import CKernels
import Graph
import Runtime

/// The programs of one kind of graph, one per shard size, and the memory they run in on this rank.
final class ProgramCache {
    private let makeGraph: (Int) -> Graph
    private let variableOffsets: [Int]
    private let kernels: UnsafePointer<dt_kernels>
    private let parameters: UnsafeMutableRawPointer
    private let states: UnsafeMutableRawPointer
    private let slots: Int
    private var planned: [Int: Planned] = [:]
    private var arenas: [(pointer: UnsafeMutableRawPointer, byteCount: Int)]
    private var collectives: (pointer: UnsafeMutableRawPointer, byteCount: Int)
    /// Scratch memory of each worker.
    private(set) var scratch: [(pointer: UnsafeMutableRawPointer, byteCount: Int)]

    private struct Planned {
        let program: Program
        let uniform: UnsafeMutableRawPointer
        var bound: [ShardProgram]
    }

    /// - Parameters:
    ///   - slots: Shards whose memory is alive at the same time.
    ///   - makeGraph: The lowered graph for a shard size.
    init(
        slots: Int, workers: Int, variableOffsets: [Int], parameters: UnsafeMutableRawPointer,
        states: UnsafeMutableRawPointer, kernels: UnsafePointer<dt_kernels>,
        makeGraph: @escaping (Int) -> Graph
    ) {
        self.makeGraph = makeGraph
        self.variableOffsets = variableOffsets
        self.kernels = kernels
        self.parameters = parameters
        self.states = states
        self.slots = slots
        arenas = (0..<slots).map { _ in (PrivateMemory.allocate(64), 64) }
        scratch = (0..<workers).map { _ in (PrivateMemory.allocate(64), 64) }
        collectives = (PrivateMemory.allocate(64), 64)
    }

    deinit {
        // Bound programs go first: they point into the memory.
        let plans = planned
        planned = [:]
        for (pointer, byteCount) in arenas + scratch + [collectives] {
            PrivateMemory.free(pointer, byteCount)
        }
        for plan in plans.values { PrivateMemory.free(plan.uniform, plan.program.uniformBytes) }
    }

    /// The program for shards of `count` examples, bound to memory slot `slot`.
    func program(count: Int, slot: Int) throws(ClusterError) -> ShardProgram {
        if let known = planned[count] { return known.bound[slot] }
        do {
            let program = try ProgramPlanner(
                makeGraph(count), variableOffsets: variableOffsets, kernels: kernels
            ).plan()
            let grown = grow(program)
            planned[count] = Planned(
                program: program, uniform: PrivateMemory.allocate(program.uniformBytes), bound: [])
            // Larger memory has moved, so programs bound to the old one are bound anew.
            for size in (grown ? planned.keys.sorted() : [count]) { try bind(size) }
        } catch {
            throw .planning("the model cannot be planned for shards of \(count): \(error)")
        }
        return try self.program(count: count, slot: slot)
    }

    /// Where results of collectives stand.
    var collectiveResults: UnsafeMutableRawPointer { collectives.pointer }

    private func bind(_ count: Int) throws(RuntimeError) {
        guard let plan = planned[count] else { return }
        var bound: [ShardProgram] = []
        for slot in 0..<slots {
            bound.append(
                try ShardProgram(
                    plan.program,
                    memory: ShardProgram.Memory(
                        arena: arenas[slot].pointer, uniform: plan.uniform, parameters: parameters,
                        states: states,
                        collectives: collectives.pointer)))
        }
        planned[count]?.bound = bound
    }

    private func grow(_ program: Program) -> Bool {
        var grown = false
        func enlarge(_ memory: inout (pointer: UnsafeMutableRawPointer, byteCount: Int), _ byteCount: Int) {
            guard memory.byteCount < byteCount else { return }
            PrivateMemory.free(memory.pointer, memory.byteCount)
            memory = (PrivateMemory.allocate(byteCount), byteCount)
            grown = true
        }
        for slot in arenas.indices { enlarge(&arenas[slot], program.arenaBytes) }
        enlarge(&collectives, program.collectiveBytes)
        let moved = grown
        for worker in scratch.indices { enlarge(&scratch[worker], program.scratchBytes) }
        return moved
    }
}

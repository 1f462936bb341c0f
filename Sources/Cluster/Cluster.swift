import CKernels
import COneDNN
import Glibc
import MPI

/// The ranks of a run, renumbered so that the ranks of one node are neighbours, and the settings that they agreed on.
public final class Cluster: @unchecked Sendable {
    /// How ranks of one node exchange data.
    public enum Transport: String, Sendable, CaseIterable {
        /// Shared memory inside a node where possible, messages between nodes.
        case auto
        /// Shared memory inside a node; an error where it is not possible.
        case shared
        /// Messages between all ranks, as if each were a node of its own.
        case pointToPoint = "point_to_point"
    }

    /// All ranks in their new order.
    public let world: Communicator
    /// The ranks that share memory with this one: those of its node, or this one alone.
    package let node: Communicator
    /// The ranks of each node, in order; ranks that exchange only messages are nodes of their own.
    package let nodes: [Range<Int>]
    /// This rank's place in `nodes`.
    package let nodeIndex: Int
    /// The vector loops of the instruction set that all ranks run.
    package let kernels: UnsafePointer<dt_kernels>
    /// The highest instruction set that this rank's processor can run.
    public let detectedInstructionSet: InstructionSet
    /// Cores the ranks of this rank's physical node may use, after binding and cgroup quota.
    public let nodeCores: Int
    /// How ranks of one node were told to exchange data.
    public let transport: Transport
    /// The number of ranks on this rank's physical node.
    public let ranksOnNode: Int
    /// The ranks of this rank's physical node, however they exchange data.
    private let host: Communicator
    /// The limits of this node's memory when the ranks met.
    private let memoryLimits: [ResourceLimit]
    /// The state that this rank shows to watchdogs.
    package let activity: RankActivity
    /// The watchdog of this cluster's ranks; nil if there is none.
    package let watchdog: Watchdog?
    /// How messages tell a person what to do.
    public let guidance: Guidance

    /// This rank, from 0; only rank 0 prints and writes.
    public var rank: Int { world.rank }
    /// The number of ranks, at least 1.
    public var size: Int { world.size }
    /// The instruction set that all ranks run.
    public var instructionSet: InstructionSet { InstructionSet(kernels.pointee.isa) }
    /// Whether any ranks exchange data through shared memory.
    public var usesSharedMemory: Bool { nodes.contains { $0.count > 1 } }
    /// The worker threads of each rank by default: its share of the node's cores, at least 1.
    public var defaultWorkers: Int { max(1, nodeCores / ranksOnNode) }

    /// How often a rank looks for the others before it yields its core; 0 where ranks share cores, since the rank that
    /// it waits for may need this one.
    package var spins: Int { ranksOnNode > nodeCores ? 0 : Waiting.defaultSpins }

    /// Orders the ranks and agrees on an instruction set; collective.
    ///
    /// - Parameters:
    ///   - base: All ranks of the run.
    ///   - transport: How ranks of one node exchange data.
    ///   - watchdog: The watchdog of every rank, on all of them; nil for none.
    ///   - watchdog: What watches the ranks, on all of them; nil for nothing.
    public init(
        _ base: Communicator, transport: Transport = .auto, instructionSet: InstructionSet? = nil,
        watchdog: Watchdog? = nil
    ) throws {
        self.watchdog = watchdog
        guidance = watchdog?.guidance ?? Guidance()
        activity = watchdog?.activity ?? RankActivity()
        base.waits = activity.waits
        let physical = try base.splitShared()
        // The lowest rank of a node identifies it; sorting by that rank makes the ranks of a node neighbours.
        let first = try physical.allReduce(base.rank, .min)
        guard let world = try base.split(color: 0, key: first * base.size + base.rank) else {
            preconditionFailure("a split with one color gave rank \(base.rank) no communicator")
        }
        self.world = world
        self.transport = transport
        ranksOnNode = physical.size
        host = physical
        memoryLimits = ProcessLimits.machineMemory()
        nodeCores = try AllowedCores.ofNode(physical)
        if transport == .pointToPoint {
            node = try Self.alone(world)
            nodes = (0..<world.size).map { $0..<($0 + 1) }
        } else {
            node = try world.splitShared()
            let firsts = try world.allGather(world.rank - node.rank)
            nodes = Self.ranges(firsts)
        }
        nodeIndex = Self.place(of: world.rank, in: nodes)
        let detected = InstructionSet(dt_isa_detect())
        detectedInstructionSet = detected
        let wanted = min(instructionSet ?? detected, detected)
        let agreed = InstructionSet(level: try world.allReduce(wanted.level, .min))
        kernels = Self.kernels(agreed)
        // Float32 has the same bytes with bfloat16's instruction and without.
        let hasBFloat16 = try world.allReduce(dt_has_bfloat16() ? 1 : 0, .min) == 1
        let level =
            hasBFloat16 && agreed == .avx512 ? Int32(OD_ISA_AVX512_BFLOAT16) : agreed.oneDNNLevel
        // oneDNN takes a cap only before its first use. After that, the cap in force must be the one agreed on.
        if od_set_max_isa(level) != Int32(OD_OK.rawValue), od_isa() != level {
            throw ClusterError.instructionSet(agreed)
        }
        od_set_thread()
        try watchdog?.join(self)
        activity.enter(.preparing)
    }

    /// The vector loops of an instruction set; a test may have bfloat16's instruction emulated.
    private static func kernels(_ instructionSet: InstructionSet) -> UnsafePointer<dt_kernels> {
        #if FAULT_INJECTION
            if getenv("DTRAIN_EMULATE_BFLOAT16") != nil {
                return dt_kernels_emulating(instructionSet.kernelLevel)
            }
        #endif
        return dt_kernels_for(instructionSet.kernelLevel)
    }

    /// Throws if there are fewer shards than ranks; rank r of R computes ⌊(r+1)S/R⌋ − ⌊rS/R⌋ of S shards.
    public func check(shards: Int) throws {
        guard shards >= size else { throw ClusterError.moreRanksThanShards(ranks: size, shards: shards) }
    }

    /// Throws if this rank may not have `byteCount` bytes of memory more.
    func requireMemory(_ byteCount: Int, for use: ResourceUse) throws(ResourceError) {
        let promised = PrivateMemory.promised.load(ordering: .relaxed)
        if let limit = memoryLimits.first(where: { $0.left < promised + byteCount }) {
            // If this allocation alone would fit, the error names the sum with what was set aside before.
            guard limit.left < byteCount else {
                throw ResourceError.memory(
                    promised + byteCount, for: use.together("this rank, \(use.name) included,"), limit: limit)
            }
            throw ResourceError.memory(byteCount, for: use, limit: limit)
        }
        guard ProcessLimits.hasRoom(for: byteCount) else { throw ResourceError.memory(byteCount, for: use) }
    }

    /// Throws, on one rank of the node, if its ranks have set aside more memory than there was when they met: a process
    /// that uses more than the limits allow is killed without a message. Collective over the node.
    ///
    /// - Parameters:
    ///   - copies: Bytes of copies that this rank will make in addition at some time.
    ///   - threads: Threads that it will start, whose stacks take address space.
    ///   - use: What the copies are for.
    package func checkMemory(copies: Int, threads: Int = 0, for use: ResourceUse) throws {
        let own = copies + threads * PosixThread.stackBytes
        guard ProcessLimits.hasRoom(for: own) else { throw ResourceError.memory(own, for: use) }
        let total = try host.allReduce(PrivateMemory.promised.load(ordering: .relaxed) + copies, .sum)
        guard host.rank == 0, let limit = memoryLimits.first(where: { $0.left < total }) else { return }
        throw ResourceError.memory(total, for: use.together("this node's ranks"), limit: limit)
    }

    private static func alone(_ world: Communicator) throws -> Communicator {
        guard let alone = try world.split(color: world.rank) else {
            preconditionFailure("a split by rank gave rank \(world.rank) no communicator")
        }
        return alone
    }

    private static func place(of rank: Int, in nodes: [Range<Int>]) -> Int {
        nodes.firstIndex { $0.contains(rank) } ?? 0
    }

    private static func ranges(_ firsts: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (rank, first) in firsts.enumerated() {
            if let last = ranges.last, last.lowerBound == first {
                ranges[ranges.count - 1] = first..<(rank + 1)
            } else {
                ranges.append(rank..<(rank + 1))
            }
        }
        return ranges
    }

    /// The same ranks, each a node of its own, for when shared memory is too small; collective.
    public func withoutSharedMemory() throws -> Cluster {
        try Cluster(self, transport: .pointToPoint, node: Self.alone(world))
    }

    /// The same ranks with every node cut into groups of at most `size` neighbours, each a node of its own; collective.
    ///
    /// One machine can thus stand for several: groups share no memory and exchange messages.
    package func withNodes(ofAtMost size: Int) throws -> Cluster {
        precondition(size > 0, "nodes of \(size) ranks")
        guard let group = try node.split(color: node.rank / size, key: node.rank) else {
            preconditionFailure("a split with a color gave rank \(world.rank) no communicator")
        }
        return try Cluster(self, transport: transport, node: group)
    }

    /// The ranks of `other`, of which those of `node` are on this rank's node.
    private init(_ other: Cluster, transport: Transport, node: Communicator) throws {
        world = other.world
        self.transport = transport
        self.node = node
        nodes = Self.ranges(try other.world.allGather(other.world.rank - node.rank))
        nodeIndex = Self.place(of: other.world.rank, in: nodes)
        kernels = other.kernels
        detectedInstructionSet = other.detectedInstructionSet
        nodeCores = other.nodeCores
        ranksOnNode = other.ranksOnNode
        host = other.host
        memoryLimits = other.memoryLimits
        activity = other.activity
        watchdog = other.watchdog
        guidance = other.guidance
        try watchdog?.join(self)
    }
}

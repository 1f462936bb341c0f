import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Runtime

/// A graph that is run for every shard of mini-batches, whatever it is for.
///
/// The pass owns what that takes on this rank: a program per types of inputs, the workers, each shard's inputs, and the
/// sums over all shards that the graph asks for. What becomes of gradients a `GradientSink` says; what else a shard makes
/// is read when it has run. Training is a pass with an update behind it, evaluation one without a sink. Neither the graph
/// nor whoever uses a pass knows of ranks.
final class ShardPass {
    /// The ranks it works with.
    let cluster: Cluster
    /// The parameters and states that programs point into.
    let state: ModelState
    /// Which rank computes which shards.
    let map: ShardMap
    /// The rank's shards.
    let owned: Range<Int>
    /// Threads that run shards.
    let pool: WorkerPool
    /// The programs, one per types of a shard's inputs.
    let programs: ProgramCache
    /// Makes each shard's inputs.
    let feeder: ShardFeeder
    /// Notes where time goes, where it was asked for.
    let profiler: Profiler?
    /// Numbers that programs read, of the mini-batch under way.
    let scalars: UnsafeMutablePointer<StepScalars>
    /// What the rank says it does while shards run.
    let operation: RankOperation
    /// Local shards that are left out of every mini-batch, from the last on: none but in a test's control.
    let skippedShards: Int
    /// Mini-batches so far, by which ranks tell their messages apart.
    private(set) var number: UInt64 = 0

    /// A program of the pass: its collectives and gradient groups are those of all.
    let skeleton: Program
    /// The gradient bucket that each collective is; −1 for others.
    let bucketOfCollective: [Int]
    /// Whether every local shard has memory of its own to run in, rather than every worker.
    let hasSlotPerShard: Bool
    /// What a shard's work has met that cannot throw.
    let shardFailure = FirstFailure()
    /// Combines short vectors over ranks; nil where the graph has none.
    let vectors: VectorExchange?
    /// Combines the rank's own shards' vectors.
    let contributionSum: TreeSum
    let localPlans: [TreePlan]
    let partPointers: UnsafeMutablePointer<UnsafeRawPointer?>
    private let contributions: UnsafeMutableRawPointer
    private let contributionBytes: Int
    private let contributionOffsets: [Int]

    /// What a pass is made of.
    struct Settings {
        /// Shards of every mini-batch.
        var shards: Int
        /// Threads of each rank; nil for its share of the node's cores.
        var workers: Int?
        /// The most examples of a mini-batch, and how many most of them have.
        var largestBatch: Int
        var usualBatch: Int
        /// What ranks say they do.
        var operation: RankOperation
        /// The vector that the graph's directions are parts of, laid out as the parameters.
        var directions: UnsafeMutableRawPointer?
        /// Steps whose timeline is kept while everything is timed; nil for no profile.
        var timelineSteps: Int?
        #if FAULT_INJECTION
            /// Whether the last rank leaves a shard out: a deviation that must change results.
            var skipsShard = false
        #endif
    }

    /// Plans the graph for the usual mini-batch and agrees on memory; collective over the cluster.
    ///
    /// - Parameters:
    ///   - state: The parameters and states that the graph reads.
    ///   - maker: Makes the inputs of shards.
    ///   - graph: The lowered graph for a shard with inputs of these types.
    init(
        cluster: Cluster, state: ModelState, maker: BatchMaker, settings: Settings,
        graph: @escaping (InputTypes) -> Graph
    ) throws {
        try cluster.check(shards: settings.shards)
        self.cluster = cluster
        self.state = state
        operation = settings.operation
        #if FAULT_INJECTION
            skippedShards = settings.skipsShard && cluster.rank == cluster.size - 1 ? 1 : 0
        #else
            skippedShards = 0
        #endif
        let map = ShardMap(shards: settings.shards, nodes: cluster.nodes)
        self.map = map
        owned = map.owned[cluster.rank]
        let workers = settings.workers ?? cluster.defaultWorkers
        pool = try WorkerPool(workers: workers)
        profiler = settings.timelineSteps.map { Profiler(workers: workers, timelineSteps: $0) }
        feeder = try ShardFeeder(maker: maker, map: map, owned: owned, batch: settings.largestBatch)
        let usual = state.model.inputTypes(
            count: (settings.usualBatch + settings.shards - 1) / settings.shards)
        let waits = Schedule(graph(usual)).stageCount > 1
        hasSlotPerShard = waits || workers >= owned.count
        programs = try ProgramCache(
            slots: hasSlotPerShard ? owned.count : min(workers, owned.count), shards: owned.count,
            workers: workers, state: state, directions: settings.directions, kernels: cluster.kernels,
            makeGraph: graph)
        let place = try programs.plan([usual])[0]
        let program = programs.bound(place, slot: 0).program
        skeleton = program
        bucketOfCollective = Self.numberBuckets(program)
        vectors =
            bucketOfCollective.contains(-1)
            ? try VectorExchange(cluster: cluster, map: map, collectives: program.collectives) : nil
        (contributionOffsets, contributionBytes) = Self.layOutContributions(program, shards: owned.count)
        contributions = try PrivateMemory.allocate(
            max(64, contributionBytes), for: .model("statistics of shards"))
        localPlans = map.subtrees[cluster.rank].map { root in
            TreePlan(root: root, parts: root.map { $0..<($0 + 1) })
        }
        contributionSum = TreeSum(
            depth: localPlans.map(\.depth).max() ?? 1,
            vectorBytes: program.collectives.map(\.byteCount).max() ?? 64, kernels: cluster.kernels)
        partPointers = .allocate(capacity: settings.shards)
        partPointers.initialize(repeating: nil, count: settings.shards)
        scalars = .allocate(capacity: 1)
        scalars.initialize(to: StepScalars(batchCount: 1, dropoutKey: dt_philox_key(word: (0, 0))))
    }

    deinit {
        PrivateMemory.free(contributions, max(64, contributionBytes))
        partPointers.deallocate()
        scalars.deallocate()
    }

    /// Gives shared memory back; collective over the cluster.
    func free() throws { try vectors?.free() }

    /// Runs the graph for every shard of a mini-batch; collective where the graph has collectives.
    ///
    /// - Parameters:
    ///   - scalars: What programs read of the mini-batch.
    ///   - sink: Where gradients go; nil for a graph without any.
    ///   - waitsForSums: Whether gradients are summed over all ranks on return, or go on being summed.
    ///   - alongside: Called in between by the thread that makes MPI calls, to move on what else is under way.
    ///   - read: Called for each local shard when it has run, on the worker's thread, with its place among the rank's.
    @discardableResult
    func run(
        _ batch: Batch, scalars: StepScalars, into sink: GradientSink? = nil, waitsForSums: Bool = true,
        alongside: () throws -> Void = {},
        read: (_ place: Int, _ worker: Int, _ program: ShardProgram) -> Void = { _, _, _ in }
    ) throws -> Outcome {
        number += 1
        self.scalars.pointee = scalars
        sink?.begin(number, batch: batch.count)
        return try withoutActuallyEscaping(alongside) { alongside in
            try withoutActuallyEscaping(read) { read in
                var run = try PassRun(self, batch: batch, sink: sink, alongside: alongside, read: read)
                try run.stages()
                return try run.finish(waitsForSums: waitsForSums)
            }
        }
    }

    /// What a run came to.
    struct Outcome {
        /// The sums that the graph reports, the same on all ranks.
        let reports: [Graph.Report: Double]
        /// Examples of this rank's shards.
        let examples: Int
        /// A program that has run, which holds the states' next values.
        let program: ShardProgram
    }

    /// Gives states, such as running statistics, the values that a run made.
    func updateStates(_ outcome: Outcome) {
        outcome.program.forEachStateUpdate { variable, value, byteCount in
            (state.states + state.offsets[variable]).copyMemory(from: value, byteCount: byteCount)
        }
    }

    /// Counts a mini-batch that nothing is computed of, so that messages of its time have a number of their own.
    func skipNumber() { number += 1 }

    /// Plans the programs of a mini-batch of `count` examples, so that the first of them does not wait.
    func plan(batch count: Int) throws {
        guard count > 0 else { return }
        let sizes = owned.map { map.examples(of: $0..<($0 + 1), batch: count).count }
        let largest = (count + map.shards - 1) / map.shards
        try programs.plan(Set(sizes + [largest]).sorted().filter { $0 > 0 }.map(state.model.inputTypes))
    }

    /// Where local shard `place` puts its contribution to a collective.
    func contribution(of collective: Int, _ place: Int) -> UnsafeMutableRawPointer {
        let stride = PrivateMemory.aligned(skeleton.collectives[collective].byteCount)
        return contributions + contributionOffsets[collective] + stride * place
    }

    private static func layOutContributions(_ program: Program, shards: Int) -> (
        offsets: [Int], byteCount: Int
    ) {
        var end = 0
        let offsets = program.collectives.map { collective in
            let start = end
            end += PrivateMemory.aligned(collective.byteCount) * shards
            return start
        }
        return (offsets, end)
    }

    private static func numberBuckets(_ program: Program) -> [Int] {
        var bucket = -1
        return program.collectives.map { collective in
            guard case .gradients = collective.kind else { return -1 }
            bucket += 1
            return bucket
        }
    }
}

import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Runtime

/// Runs a graph for every shard of mini-batches: in training, evaluation and curvature alike.
///
/// The pass owns what this takes on the rank: a program for each set of input types, the workers, each shard's inputs,
/// and the sums over all shards that the graph asks for. Gradients go to a `GradientSink`; other outputs are read after
/// a shard has run. Training is a pass followed by an update; evaluation is a pass without a sink. Neither the graph
/// nor the caller knows of ranks.
final class ShardPass {
    /// The ranks that run the mini-batches together.
    let cluster: Cluster
    /// The parameters and states that programs point into.
    let state: ModelState
    /// Which rank computes which shards.
    let map: ShardMap
    /// The shards of this rank.
    let owned: Range<Int>
    /// Threads that run shards.
    let pool: WorkerPool
    /// Where shards keep the operands of joint gradients.
    let kept: KeptOperands
    /// The programs, one for each set of input types.
    let programs: ProgramCache
    /// Makes each shard's inputs.
    let feeder: ShardFeeder
    /// Measures where time goes; nil unless asked for.
    let profiler: Profiler?
    /// The numbers that programs read, for the current mini-batch.
    let scalars: UnsafeMutablePointer<StepScalars>
    /// What the rank reports to be doing while shards run.
    let operation: RankOperation
    /// Local shards that are left out of every mini-batch, counted from the end: 0 except in a test's control.
    let skippedShards: Int
    /// The number of mini-batches so far, which keeps messages of different mini-batches apart.
    private(set) var number: UInt64 = 0

    /// One of the pass's programs: all have the same collectives and gradient groups.
    let skeleton: Program
    /// For each collective the gradient bucket that it is, −1 for others.
    let bucketOfCollective: [Int]
    /// Whether every local shard, rather than every worker, has memory of its own to run in.
    let hasSlotPerShard: Bool
    /// The first failure of a shard's work, which cannot throw.
    let shardFailure = FirstFailure()
    /// Combines short vectors over ranks; nil if the graph has none.
    let vectors: VectorExchange?
    /// Combines the vectors of the rank's own shards.
    let contributionSum: TreeSum
    let localPlans: [TreePlan]
    let partPointers: UnsafeMutablePointer<UnsafeRawPointer?>
    private let contributions: UnsafeMutableRawPointer
    private let contributionBytes: Int
    private let contributionOffsets: [Int]

    struct Settings {
        /// The number of shards of every mini-batch.
        var shards: Int
        /// Worker threads of each rank; nil for its share of the node's cores.
        var workers: Int?
        /// The examples of the largest and of the usual mini-batch.
        var largestBatch: Int
        var usualBatch: Int
        /// What ranks report to be doing during a pass.
        var operation: RankOperation
        /// The vector whose parts are the graph's direction inputs, laid out as the parameters.
        var directions: UnsafeMutableRawPointer?
        /// The number of steps whose timeline is kept while all steps are timed; nil for no profile.
        var timelineSteps: Int?
        /// Whether the node's ranks compute joint gradients together, each the elements that it sums: only where one node is
        /// the whole job.
        var sharesOperands = false
        #if FAULT_INJECTION
            /// Whether the last rank leaves out a shard: a control that must change results.
            var skipsShard = false
        #endif
    }

    /// Plans the graph for the usual mini-batch and sets up shared memory; collective over the cluster.
    ///
    /// - Parameters:
    ///   - state: The parameters and states that the graph reads.
    ///   - maker: Makes the inputs of shards.
    ///   - graph: Makes the lowered graph for a shard with inputs of these types.
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
        kept = KeptOperands(
            settings.sharesOperands ? 0..<settings.shards : owned, isShared: settings.sharesOperands,
            cluster: cluster)
        programs = try ProgramCache(
            slots: hasSlotPerShard ? owned.count : min(workers, owned.count), kept: kept,
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
    func free() throws {
        try vectors?.free()
        try kept.free()
    }

    /// Runs the graph for every shard of a mini-batch; collective where the graph has collectives.
    ///
    /// - Parameters:
    ///   - scalars: The numbers that programs read with this mini-batch.
    ///   - sink: Where gradients go; nil for a graph without gradients.
    ///   - waitsForSums: Whether to wait until gradients are summed over all ranks.
    ///   - alongside: Called between shards by the thread that makes MPI calls, to advance other communication.
    ///   - read: Called on a worker's thread for each local shard after it has run, with its index among the rank's.
    @discardableResult
    func run(
        _ batch: Batch, scalars: StepScalars, into sink: GradientSink? = nil, waitsForSums: Bool = true,
        alongside: () throws -> Void = {},
        read: (_ place: Int, _ worker: Int, _ program: ShardProgram) -> Void = { _, _, _ in }
    ) throws -> Outcome {
        number += 1
        try state.rounded?.refresh(version: state.version)
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

    /// The result of a run.
    struct Outcome {
        /// The sums that the graph reports, the same on all ranks.
        let reports: [Graph.Report: Double]
        /// The number of examples of this rank's shards.
        let examples: Int
        /// A program that has run; it holds the states' next values.
        let program: ShardProgram
    }

    /// Copies the next values of states, such as running statistics, from a run.
    func updateStates(_ outcome: Outcome) {
        outcome.program.forEachStateUpdate { variable, value, byteCount in
            (state.states + state.offsets[variable]).copyMemory(from: value, byteCount: byteCount)
        }
    }

    /// Counts a mini-batch that is not computed, so that messages sent meanwhile have a number of their own.
    func skipNumber() { number += 1 }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws {
        guard count > 0 else { return }
        try programs.plan(sizes(batch: count).map { state.model.inputTypes(count: $0) })
    }

    /// The sizes of the shards whose programs this rank needs for a mini-batch of `count` examples, the largest first. A rank
    /// without examples takes part in the collectives with the program of the largest shard.
    func sizes(batch count: Int) -> [Int] {
        let shards = kept.isShared ? 0..<map.shards : owned
        let sizes = shards.map { map.examples(of: $0..<($0 + 1), batch: count).count }
        let largest = (count + map.shards - 1) / map.shards
        return Set(sizes + [largest]).filter { $0 > 0 }.sorted(by: >)
    }

    /// The parameters whose gradients the ranks of the node compute together.
    var sharedJoints: Set<Int> {
        guard kept.isShared else { return [] }
        let joints = skeleton.stages.flatMap(\.parts).flatMap(\.joints)
        return Set(joints.filter(\.isForNode).map(\.parameter))
    }

    /// The memory of local shard `place`'s contribution to a collective.
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

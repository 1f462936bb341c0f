import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Layers
import MPI
import Optimizers
import Runtime

/// One rank's part of synchronous data-parallel training: it runs the rank's shards of every mini-batch, sums
/// gradients over all shards and ranks in the fixed tree, and applies the same update as every other rank.
///
/// Parameters exist once per node; each of the node's ranks updates its slices. Optimizer state exists once per node
/// too or, sharded, once in the whole job: then the owners of slices send updated parameters to the other nodes.
package final class Replica {
    /// The ranks it works with.
    package let cluster: Cluster
    /// What it trains.
    package let state: ModelState
    /// How it trains.
    package let settings: ReplicaSettings
    /// The rank's shards.
    package let owned: Range<Int>
    /// Examples this rank has computed gradients of.
    package fileprivate(set) var executedExamples = 0

    let map: ShardMap
    let pool: WorkerPool
    /// What a shard's work has met that cannot throw.
    let shardFailure = FirstFailure()
    let update: ParameterUpdate
    private let copies: CopyCheck
    let programs: ProgramCache
    let vectors: VectorExchange
    /// What sums gradients; two take turns where updates are delayed.
    private let exchanges: [GradientExchange]
    private var accumulatorSets: [[GradientAccumulator]] = []
    let contributions: UnsafeMutableRawPointer
    private let contributionBytes: Int
    let contributionOffsets: [Int]
    let contributionSum: TreeSum
    let localPlans: [TreePlan]
    let partPointers: UnsafeMutablePointer<UnsafeRawPointer?>
    let bucketOfCollective: [Int]
    /// The tensors of each gradient group.
    let groupEntries: [[ParameterLayout.Entry]]
    let perLocalShard: Bool
    /// Whether every local shard has memory of its own to run in, rather than every worker.
    let hasSlotPerShard: Bool
    let feeder: ShardFeeder
    let scalars: UnsafeMutablePointer<StepScalars>
    let labelWeights: LabelWeights?
    /// Mini-batches computed so far, by which ranks tell their messages apart.
    var stepNumber: UInt64 = 0
    /// A step whose gradient is on its way while the next step is computed.
    var pending: PendingUpdate?
    /// Notes where time goes, where it was asked for.
    package let profiler: Profiler?

    /// Plans the model and agrees on memory; collective over the cluster.
    ///
    /// - Parameters:
    ///   - state: The model's parameters and states, which training changes.
    ///   - training: Makes batches of the training set.
    package init(
        cluster: Cluster, state: ModelState, settings: ReplicaSettings, training: BatchMaker
    ) throws {
        try cluster.check(shards: settings.shards)
        self.cluster = cluster
        self.state = state
        let model = state.model
        self.settings = settings
        let layout = state.layout
        // Collectives follow the buckets of the flat stretch.
        let groups = layout.groups
        let workers = settings.workers ?? cluster.defaultWorkers
        pool = try WorkerPool(workers: workers)
        profiler = settings.timelineSteps.map { Profiler(workers: workers, timelineSteps: $0) }
        let makeGraph: (Int) -> Graph = { count in
            model.trainingGraph(count: count).loweringBatchNorm().reducingGradients(in: groups)
        }
        let skeleton = Schedule(makeGraph(2))
        perLocalShard = skeleton.stageCount > 1

        let map = ShardMap(shards: settings.shards, nodes: cluster.nodes)
        self.map = map
        owned = map.owned[cluster.rank]
        hasSlotPerShard = perLocalShard || workers >= owned.count
        programs = try ProgramCache(
            slots: hasSlotPerShard ? owned.count : workers, shards: owned.count,
            workers: workers,
            variableOffsets: state.offsets, parameters: state.parameters.base, states: state.states,
            kernels: cluster.kernels,
            makeGraph: makeGraph)

        let largest = (settings.batch + settings.shards - 1) / settings.shards
        try programs.plan([largest])
        let program = programs.bound(count: largest, slot: 0).program
        vectors = try VectorExchange(cluster: cluster, map: map, collectives: program.collectives)
        exchanges = try (0..<(settings.isDelayed ? 2 : 1)).map { number in
            try GradientExchange(
                cluster: cluster, map: map, layout: layout, control: settings.control,
                precision: settings.exchange, distributesSums: !settings.isOptimizerSharded, number: number)
        }
        update = try ParameterUpdate(cluster: cluster, state: state, settings: settings)
        copies = CopyCheck(update, state: state)
        (contributionOffsets, contributionBytes) = Self.layOutContributions(program, shards: owned.count)
        contributions = try PrivateMemory.allocate(
            max(64, contributionBytes), for: "statistics of shards")
        localPlans = map.subtrees[cluster.rank].map { root in
            TreePlan(root: root, parts: root.map { $0..<($0 + 1) })
        }
        contributionSum = TreeSum(
            depth: localPlans.map(\.depth).max() ?? 1,
            vectorBytes: program.collectives.map(\.byteCount).max() ?? 64, kernels: cluster.kernels)
        partPointers = .allocate(capacity: settings.shards)
        partPointers.initialize(repeating: nil, count: settings.shards)
        bucketOfCollective = Self.numberBuckets(program)
        labelWeights = model.loss.function.classWeights.map { LabelWeights($0, examples: training.examples) }
        groupEntries = Self.entries(program, layout)
        feeder = try ShardFeeder(
            maker: training, map: map, owned: owned, batch: max(settings.batch, settings.largestBatch ?? 0))
        scalars = .allocate(capacity: 1)
        scalars.initialize(to: StepScalars(batchCount: 1, dropoutKey: dt_philox_key(word: (0, 0))))
        accumulatorSets = exchanges.map(makeAccumulators)
    }

    deinit {
        PrivateMemory.free(contributions, max(64, contributionBytes))
        partPointers.deallocate()
        scalars.deallocate()
    }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws {
        try vectors.free()
        for exchange in exchanges { try exchange.free() }
        try update.free()
    }

    /// What sums the gradients of the mini-batch under way.
    var gradients: GradientExchange { exchanges[Int(stepNumber) % exchanges.count] }

    /// What sums gradients of the mini-batch under way over this rank's shards.
    var accumulators: [GradientAccumulator] { accumulatorSets[Int(stepNumber) % exchanges.count] }

    /// Tells the node's ranks how far this one is.
    var milestones: GradientExchange { exchanges[0] }

    // MARK: Construction

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

    /// The tensors of each gradient group, in the order in which they stand in it.
    private static func entries(_ program: Program, _ layout: ParameterLayout) -> [[ParameterLayout.Entry]] {
        program.groups.map { group in
            group.parameters.compactMap { parameter in
                layout.entries.first { $0.variable == parameter }
            }
        }
    }

    private func makeAccumulators(_ gradients: GradientExchange) -> [GradientAccumulator] {
        groupEntries.map { entries in
            let start = entries[0].offset
            let end = entries[entries.count - 1].offset + entries[entries.count - 1].count
            return GradientAccumulator(
                owned: owned, roots: map.subtrees[cluster.rank],
                targets: map.subtrees[cluster.rank].indices.map { gradients.partial(subtree: $0) + start },
                count: end - start, map: map, kernels: cluster.kernels, precision: settings.exchange)
        }
    }
}

extension Replica {
    /// Counts examples this rank has computed gradients of.
    func countExamples(_ count: Int) {
        executedExamples += count
        cluster.activity.add(examples: count)
    }

    /// Where local shard `place` puts its contribution to a collective.
    func contribution(of collective: Int, _ place: Int, _ program: Program) -> UnsafeMutableRawPointer {
        let stride = PrivateMemory.aligned(program.collectives[collective].byteCount)
        return contributions + contributionOffsets[collective] + stride * place
    }
}

extension Replica {
    /// Bytes of optimizer state that this rank keeps for itself if it is sharded, else those of its node.
    package var optimizerStateBytes: Int { update.arrays.byteCount }

    /// What the update rule keeps between steps beside its arrays, the same on all ranks.
    package var ruleMemory: [Double] {
        get { update.memory }
        set { update.memory = newValue }
    }

    /// One state array of a parameter, row-major, on rank 0; nil elsewhere. Collective over the cluster.
    package func optimizerState(_ array: Int, _ entry: ParameterLayout.Entry) throws -> [Float]? {
        try update.arrays.values(array, entry)
    }

    /// Gives one state array of a parameter its values; each rank passes the same.
    package func setOptimizerState(_ array: Int, _ entry: ParameterLayout.Entry, _ values: [Float]) {
        update.arrays.set(array, entry, 0..<entry.count, values)
    }
}

extension Replica {
    /// Throws, naming who is to blame, unless all ranks hold the same weights, optimizer state and statistics, and memory
    /// what the last such check found in it; collective, between steps.
    ///
    /// - Parameter step: The steps taken so far, for messages.
    package func checkCopies(step: Int) throws {
        cluster.activity.enter(.comparing)
        try stayingOnFailure { try copies.compare(step: step, memory: update.memory) }
    }

    /// Throws if this rank's slices are no longer what the last check found, once.
    func verifyCopies() throws { try stayingOnFailure { try copies.verify() } }

    /// A delayed step's messages may be on their way, and need their memory until the error ends the process.
    private func stayingOnFailure(_ body: () throws -> Void) throws {
        do { try body() } catch {
            _ = Unmanaged.passRetained(self)
            throw error
        }
    }
}

extension Replica {
    /// Plans the programs of a mini-batch of `count` examples, so that the first such step does not wait for them.
    package func plan(batch count: Int) throws {
        guard count > 0 else { return }
        let sizes = owned.map { map.examples(of: $0..<($0 + 1), batch: count).count }
        let largest = (count + map.shards - 1) / map.shards
        try programs.plan(Set(sizes + [largest]).sorted().filter { $0 > 0 })
    }

    /// Throws if batch norm in training would normalize a single value per channel.
    package static func check(_ model: TracedModel, batch: Int, shards: Int) throws {
        let graph = model.trainingGraph(count: 2)
        let sizes = (0..<shards).map { ShardBounds.range(of: $0, shards: shards, count: batch).count }
        let smallest = sizes.filter { $0 > 0 }.min() ?? 0
        for node in graph.nodes {
            guard case .batchNorm(let attributes) = node.operation else { continue }
            let pixels = node.types[0].shape.dropFirst(2).reduce(1, *)
            let values = pixels * (attributes.synchronized ? batch : smallest)
            guard values > 1 else { throw ClusterError.singleValueBatchNorm(examples: batch) }
        }
    }
}

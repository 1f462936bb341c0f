import CKernels
import Cluster
import Datasets
import FixedTree
import Graph
import Layers
import MPI
import Optimizers
import Runtime

/// One rank's part of synchronous data-parallel training. It runs the rank's shards of every mini-batch, sums gradients
/// over all shards and ranks in the fixed tree, and applies the same update as every other rank.
///
/// Parameters exist once per node, and each of the node's ranks updates its slices. Optimizer state exists once per
/// node too or, if sharded, once in the whole job; then the owners of slices send updated parameters to the other
/// nodes.
package final class Replica {
    /// The ranks that train together.
    package let cluster: Cluster
    /// The model's parameters and states, which training changes.
    package let state: ModelState
    /// The settings of training.
    package let settings: ReplicaSettings
    /// The number of examples of which this rank has computed gradients.
    package private(set) var executedExamples = 0

    /// Runs the training graph for the shards of mini-batches.
    let pass: ShardPass
    let update: ParameterUpdate
    /// Measures the curvature of mini-batches' losses; nil unless the settings ask for it.
    let curvature: CurvatureMeter?
    /// Takes the steps, where they need more than a gradient.
    let newton: NewtonStepper?
    let labelWeights: LabelWeights?
    private let copies: CopyCheck
    /// Sum gradients; there are two, used in turn, where updates are delayed.
    private let sinks: [GradientSink]
    /// A step whose gradient is still being summed while the next step is computed.
    var pending: PendingUpdate?
    /// Measures where time goes; nil unless asked for.
    package var profiler: Profiler? { pass.profiler }

    /// Plans the model and sets up shared memory; collective over the cluster.
    ///
    /// - Parameters:
    ///   - state: The model's parameters and states, which training changes.
    ///   - training: Makes batches of the training set.
    package init(
        cluster: Cluster, state: ModelState, settings: ReplicaSettings, training: BatchMaker
    ) throws {
        self.cluster = cluster
        self.state = state
        self.settings = settings
        let (model, layout) = (state.model, state.layout)
        try state.prepare(settings.precision)
        // Collectives correspond to the buckets of the layout.
        let groups = layout.groups
        var passSettings = ShardPass.Settings(
            shards: settings.shards, workers: settings.workers,
            largestBatch: max(settings.batch, settings.largestBatch ?? 0), usualBatch: settings.batch,
            operation: .computing, timelineSteps: settings.timelineSteps)
        passSettings.sharesOperands = cluster.nodes.count == 1 && cluster.size > 1
        #if FAULT_INJECTION
            passSettings.skipsShard = settings.control == .skipShard
            if settings.control != .none { passSettings.sharesOperands = false }
        #endif
        let pass = try ShardPass(cluster: cluster, state: state, maker: training, settings: passSettings) {
            model.reading($0).trainingGraph($0).loweringBatchNorm().reducingGradients(in: groups).stored(
                in: settings.precision)
        }
        self.pass = pass
        sinks = try (0..<(settings.isDelayed ? 2 : 1)).map { number in
            let exchange = try GradientExchange(
                cluster: cluster, map: pass.map, layout: layout, control: settings.control,
                precision: settings.exchange, distributesSums: !settings.isOptimizerSharded,
                wholes: pass.sharedJoints, number: number)
            return GradientSink(
                exchange, program: pass.skeleton, layout: layout, map: pass.map, cluster: cluster,
                precision: settings.exchange)
        }
        update = try ParameterUpdate(cluster: cluster, state: state, settings: settings)
        curvature =
            settings.measuresCurvature
            ? try CurvatureMeter(cluster: cluster, state: state, settings: settings, maker: training) : nil
        let decays = update.decays
        newton = try (settings.rule as? NewtonCG).map { rule in
            try NewtonStepper(
                rule, cluster: cluster, state: state, settings: settings, maker: training, decays: decays)
        }
        copies = CopyCheck(update, state: state)
        labelWeights = LabelWeights(model, examples: training.examples)
    }

    /// Gives shared memory back; collective over the cluster.
    package func free() throws {
        try pass.free()
        for sink in sinks { try sink.exchange.free() }
        try update.free()
        try curvature?.free()
        try newton?.free()
    }

    /// Where the gradients of the current or last mini-batch go.
    var gradients: GradientExchange { sinks[Int(pass.number) % sinks.count].exchange }

    /// Where the gradients of the next mini-batch go.
    var nextSink: GradientSink { sinks[Int(pass.number + 1) % sinks.count] }

    /// Where this rank announces how far it is, to the ranks of its node.
    var milestones: GradientExchange { sinks[0].exchange }

    /// Counts examples of which this rank has computed gradients.
    func countExamples(_ count: Int) {
        executedExamples += count
        cluster.activity.add(examples: count)
    }
}

extension Replica {
    /// Bytes of optimizer state: of this rank alone if it is sharded, else of its node.
    package var optimizerStateBytes: Int { update.arrays.byteCount }

    /// The numbers that the update rule keeps between steps besides its arrays; the same on all ranks.
    package var ruleMemory: [Double] {
        get { update.memory }
        set { update.memory = newValue }
    }

    /// Resets the update rule's arrays and memory to their values before the first step. Collective over the cluster,
    /// between steps, with no update under way.
    package func restartOptimizer() throws {
        precondition(pending == nil, "an update is on its way")
        // A rank that still reads the old values, for a checkpoint, comes here only when it is done.
        try cluster.world.barrier()
        update.arrays.clear(settings.rule.stateNames.count)
        update.memory = update.memory.map { _ in 0 }
        state.noteChange()
        try cluster.world.barrier()
    }

    /// One state array of a parameter, row-major, on rank 0; nil on other ranks. Collective over the cluster.
    package func optimizerState(_ array: Int, _ entry: ParameterLayout.Entry) throws -> [Float]? {
        try update.arrays.values(array, entry)
    }

    /// Sets one state array of a parameter; each rank passes the same values.
    package func setOptimizerState(_ array: Int, _ entry: ParameterLayout.Entry, _ values: [Float]) {
        update.arrays.set(array, entry, 0..<entry.count, values)
    }
}

extension Replica {
    /// Throws, naming the rank or node at fault, unless all ranks hold the same weights, optimizer state and
    /// statistics, and memory still holds what the last check found; collective, between steps.
    ///
    /// - Parameter step: The number of steps taken so far, for messages.
    package func checkCopies(step: Int) throws {
        cluster.activity.enter(.comparing)
        try stayingOnFailure { try copies.compare(step: step, memory: update.memory) }
    }

    /// Throws, once, if this rank's slices have changed since the last check.
    func verifyCopies() throws { try stayingOnFailure { try copies.verify() } }

    /// Keeps the replica alive after an error: messages of a delayed step may still use its memory until the process
    /// ends.
    private func stayingOnFailure(_ body: () throws -> Void) throws {
        do { try body() } catch {
            _ = Unmanaged.passRetained(self)
            throw error
        }
    }
}

extension Replica {
    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first such step need not wait.
    package func plan(batch count: Int) throws {
        try pass.plan(batch: count)
        try curvature?.plan(batch: count)
        try newton?.plan(batch: count)
    }

    /// The fewest examples from which a batch norm in training takes its statistics: those of a mini-batch or, without
    /// synchronization, of its smallest shard. Nil without batch norm; batch renormalization, which normalizes with
    /// running statistics, does not count.
    package static func batchNormExamples(
        _ model: TracedModel, batch: Int, shards: Int
    ) -> (count: Int, isShard: Bool)? {
        let nodes = model.trainingGraph(count: 2).nodes
        // Batch renormalization needs the moments themselves, too.
        let renormalized = Set(
            nodes.compactMap { node in
                if case .batchNormalization(.channelMoments) = node.operation {
                    node.operands.first
                } else {
                    nil
                }
            })
        var fewest: (count: Int, isShard: Bool)?
        for node in nodes {
            guard case .batchNormalization(.batchNorm(let attributes)) = node.operation,
                !renormalized.contains(node.operands[0])
            else { continue }
            let count = attributes.synchronized ? batch : max(1, batch / shards)
            if count < fewest?.count ?? .max { fewest = (count, !attributes.synchronized) }
        }
        return fewest
    }

    /// Throws if batch norm in training would normalize a single value per channel.
    package static func check(_ model: TracedModel, batch: Int, shards: Int) throws {
        let graph = model.trainingGraph(count: 2)
        let sizes = (0..<shards).map { ShardBounds.range(of: $0, shards: shards, count: batch).count }
        let smallest = sizes.filter { $0 > 0 }.min() ?? 0
        for node in graph.nodes {
            guard case .batchNormalization(.batchNorm(let attributes)) = node.operation else { continue }
            let pixels = node.types[0].shape.dropFirst(2).reduce(1, *)
            let values = pixels * (attributes.synchronized ? batch : smallest)
            guard values > 1 else { throw ModelDataError.singleValueBatchNorm(examples: batch) }
        }
    }
}

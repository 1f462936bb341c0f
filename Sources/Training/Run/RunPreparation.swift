import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers
import Options

/// What a run needs before its first step: everything is made here, and nothing of it is replaced later.
final class RunPreparation {
    let cluster: Cluster
    let settings: TrainingSettings
    /// How the run has chosen its mini-batch; nil where the settings say it, or a checkpoint.
    let batchChoice: BatchChoice?
    let data: PreparedData
    let replica: Replica
    let evaluators: RunEvaluators
    /// Measures the covariate shift; nil unless asked for.
    let layerInputs: LayerInputMeter?
    /// The output folder; nil on ranks that write nothing.
    let folder: RunFolder?
    /// Prints to the terminal; nil on ranks other than 0.
    let terminal: ProgressReporter?
    /// Shows the progress of long work; silent on ranks other than 0.
    let progress: ProgressLine
    /// Where the initial weights come from; nil for seeded ones, and on ranks other than 0.
    let initialWeights: String?
    /// What a checkpoint must have in common with this run.
    let identity: RunIdentity
    /// The learning rate of every step, apart from changes that depend on a metric.
    let rates: LearningRateSchedule
    /// The numbers of positions that mini-batches of short sequences are cut to, ascending; empty where they are not.
    private let trimmedPositions: [Int]
    /// The system's uptime when the program started, in seconds.
    let start: Double

    var model: TracedModel { data.model }

    /// Prepares everything up to the first step; collective.
    ///
    /// - Parameters:
    ///   - loaded: The data, if they have been loaded; they are given back with the rest.
    ///   - makeModel: Makes the model for data of the given layout.
    init(
        _ settings: TrainingSettings, on cluster: Cluster, start: Double, loaded: PreparedData? = nil,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws {
        self.cluster = cluster
        self.start = start
        var settings = settings
        try settings.check()
        try Self.checkConfiguration(settings, cluster)
        try RunSinks.check(settings)
        try settings.takeResumedShards(on: cluster)
        if let shards = settings.knownShards { try cluster.check(shards: shards) }
        terminal = cluster.rank == 0 ? ProgressReporter(cluster.guidance, start: start) : nil
        progress = terminal?.progress ?? .silent
        let initial = try InitialWeights(settings, cluster)
        folder = try RunFolder.open(settings, cluster, terminal)
        if let seconds = settings.stallTimeout { cluster.watchdog?.limit = seconds }
        cluster.activity.enter(.loading)
        data = try loaded ?? PreparedData(settings, on: cluster, progress, makeModel: makeModel)
        cluster.activity.enter(.preparing)
        try Self.checkTargets(data, settings.loss, cluster)
        try cluster.check(settings.precision, for: data.model, withoutProducts: settings.rankWithoutBFloat16)
        batchChoice = try BatchSearch(data: data, cluster: cluster, progress: progress, initial: initial)
            .settle(&settings)
        settings.settleShards(examples: data.training.count)
        try cluster.check(shards: settings.shardCount)
        self.settings = settings
        let plan = RunPlan(settings, examples: data.training.count)
        do throws(OptionError) {
            rates = try settings.rates()
            try rates.validate(plan.shape)
        } catch {
            throw TrainingError(
                .configuration, "schedule.\(error)", about: .setting("schedule.\(error.key)"))
        }
        try Self.checkBatchNorm(data.model, settings, plan)
        try Self.checkParameterLog(data.model, settings)
        trimmedPositions = settings.data.bucket ? data.model.trimmedPositions : []
        identity = RunIdentity(settings, data.model, data: data.digest)
        try Self.checkReplicas(identity, data.digest, cluster)

        let state = try ModelState(cluster: cluster, model: data.model, bucketBytes: settings.bucketBytes)
        let replica = try Replica(
            cluster: cluster, state: state, settings: ReplicaSettings(settings, plan),
            training: BatchMaker(
                examples: data.training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels,
                augmenter: data.augmenter))
        self.replica = replica
        let examples = data.training.count
        try progress.during("preparing the model") {
            for batch in Set(plan.batches).sorted() {
                try replica.plan(batch: batch)
                try replica.plan(batch: examples % batch)
            }
        }
        evaluators = try RunEvaluators(settings, rates, data, state, cluster)
        layerInputs = try Self.layerInputs(settings, data, state, cluster)
        // Last, when everything else that is known to be needed has its memory.
        try Self.checkRoomForFiles(replica, settings)
        initialWeights = try initial.give(to: state)
    }

    /// Gives shared memory back; collective.
    func free() throws {
        try layerInputs?.free()
        try replica.free()
        try replica.state.free()
        try data.free()
    }

    /// Prints a warning, in the words of `cluster.guidance`.
    func warn(_ text: String) { DistributedProgram.warn(cluster.guidance.wording(text)) }

    /// How to go on with a run that has been stopped.
    var continuation: String { "continue with \(cluster.guidance.continuation)" }

    /// Whether ranks compare their state after step `step`, counted from 1.
    func isCheckDue(after step: Int) -> Bool {
        settings.replicaCheckSteps > 0 && step % settings.replicaCheckSteps == 0
    }

    /// Throws unless all ranks hold the same weights, optimizer state and statistics; collective, between steps.
    ///
    /// Called every `replicaCheckSteps` steps, before evaluation and before anything is written: a checkpoint of wrong
    /// state would be worse than none.
    func checkCopies(after step: Int) throws {
        if settings.replicaCheckSteps > 0 { try replica.checkCopies(step: step) }
    }

    /// The order in which an epoch visits the training set, cut into the mini-batches of a plan.
    func order(ofEpoch epoch: Int, in plan: RunPlan) -> EpochOrder {
        let order = EpochOrder(
            count: data.training.dataset.examples.layout.count, subset: data.training.rows,
            batchSize: plan.batches[epoch], seed: settings.seed, epoch: UInt64(epoch),
            shuffle: settings.data.shuffle)
        guard settings.data.bucket, let lengths = data.training.dataset.examples.lengths else { return order }
        return order.bucketed(
            by: lengths, seed: settings.seed, epoch: UInt64(epoch), shuffle: settings.data.shuffle)
    }

    /// The positions that a mini-batch of these examples is cut to; nil for all.
    func length(of rows: ArraySlice<Int32>) -> Int? {
        guard settings.data.bucket, let lengths = data.training.dataset.examples.lengths else { return nil }
        let longest = rows.reduce(0) { max($0, Int(lengths[Int($1)])) }
        return trimmedPositions.first { $0 >= longest }
    }
}

extension ReplicaSettings {
    /// The part of a run's settings that replicas need.
    fileprivate init(_ settings: TrainingSettings, _ plan: RunPlan) {
        self.init(
            batch: plan.batches[0], shards: settings.shardCount, seed: settings.seed,
            workers: settings.workers,
            bucketBytes: settings.bucketBytes, rule: settings.optimizer.rule, clipping: settings.clipping,
            exchange: settings.exchange, isOptimizerSharded: settings.optimizer.isSharded)
        largestBatch = min(plan.examples, settings.growth.map { $0.maximum ?? .max } ?? plan.largestBatch)
        precision = settings.precision
        noDecay = settings.optimizer.noDecay
        accumulates = settings.accumulate > 1
        isDelayed = settings.isDelayed
        skipsNonFinite = settings.maximumSkippedSteps > 0
        measuresCurvature = settings.curvatureSteps != nil
        timelineSteps = settings.isProfiled ? ProfileReport.timelineSteps : nil
        control = settings.control
    }
}

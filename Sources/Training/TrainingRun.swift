import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Optimizers
import Randomness

/// A training run from loaded data to written results; every rank runs the same steps.
final class TrainingRun {
    /// The ranks of the run.
    let cluster: Cluster
    /// What the run is.
    let settings: TrainingSettings
    /// The data sets, loaded.
    let data: PreparedData
    /// The model, traced.
    let model: TracedModel
    /// This rank's part of the training.
    let replica: Replica
    /// Evaluates the test set, if there is one.
    let test: Evaluator?
    /// Evaluates the validation set, if there is one.
    let validation: Evaluator?
    /// Evaluates the training set, where that was asked for.
    let trainingSet: Evaluator?
    /// The output folder; nil on ranks that write nothing.
    let folder: RunFolder?
    /// Where a person looks.
    let reporter: ProgressReporter
    /// Where the weights that training starts from are; nil for seeded ones, and on ranks that print nothing.
    let initialWeights: String?
    /// What must be equal for a checkpoint to be this run's.
    let identity: String
    /// How the run is cut into steps.
    var plan: RunPlan
    /// Where the run stands.
    var position = RunPosition()
    /// The metrics file; nil on ranks that write nothing.
    var metrics: MetricsLog?
    /// Seconds spent in steps.
    var trainingSeconds = 0.0
    /// Examples trained on, and steps taken, by this process.
    var trainedExamples = 0
    var stepsTaken = 0
    /// Whether early stopping has ended the run.
    var hasStoppedEarly = false
    /// The system's uptime when the program started, in seconds.
    let start: Double
    /// The number of steps after which ranks agree next whether to stop.
    var nextControl = 1
    /// Whether the run was interrupted and ends once it has saved, the same on all ranks.
    var isInterrupted = false
    /// Writes checkpoints; nil where nothing is written.
    var checkpoints: CheckpointWriter?
    /// The system's uptime at the last checkpoint, or at the first step, in seconds.
    var lastCheckpoint = 0.0
    /// Checkpoints that were asked for, and the seconds for which training stood still for them.
    var saving = (count: 0, seconds: 0.0)
    /// The mean loss of the steps of the last epoch that this process has ended.
    var lastTrainingLoss: Double?
    /// Whether the weights that the run ends with are written, the same on all ranks.
    var hasWrittenWeights = false
    /// Keeps the best weights.
    let bestWeights: BestWeights

    /// Prepares everything up to the first step; collective.
    ///
    /// - Parameter makeModel: The model for data of a layout.
    init(
        _ settings: TrainingSettings, on cluster: Cluster, start: Double,
        makeModel: (DatasetLayout) throws -> any Model
    ) throws {
        self.cluster = cluster
        self.settings = settings
        self.start = start
        try Self.checkConfiguration(settings, cluster)
        try cluster.check(shards: settings.shards)
        reporter = ProgressReporter(isActive: cluster.rank == 0)
        let initial = try Self.initialWeights(settings, cluster)
        folder = try Self.openFolder(settings, cluster, reporter)
        let wording = cluster.guidance.wording
        bestWeights = BestWeights(cluster.world, folder: folder?.path) { Self.warn(wording($0)) }
        if let seconds = settings.stallTimeout { cluster.watchdog?.limit = seconds }
        cluster.activity.enter(.loading)
        let data = try PreparedData(settings, on: cluster, makeModel: makeModel)
        cluster.activity.enter(.preparing)
        self.data = data
        model = data.model
        let plan = Self.plan(settings, examples: data.training.count)
        self.plan = plan
        do { try settings.schedule.validate(plan.shape) } catch {
            throw TrainingError(.configuration, "schedule.\(error)")
        }
        try Self.check(settings, data, plan)
        try Self.checkTargets(data, settings.loss, cluster)
        try Self.checkBatchNorm(model, settings, plan)
        identity = Self.identity(settings, model, data)
        try Self.checkReplicas(identity, data.digest, cluster)

        let state = try ModelState(cluster: cluster, model: model, bucketBytes: settings.bucketBytes)
        var replicaSettings = ReplicaSettings(
            batch: plan.batches[0], shards: settings.shards, seed: settings.seed, workers: settings.workers,
            bucketBytes: settings.bucketBytes, rule: settings.optimizer.rule, clipping: settings.clipping,
            exchange: settings.exchange, isOptimizerSharded: settings.optimizer.isSharded)
        replicaSettings.largestBatch = min(
            data.training.count, settings.growth.map { $0.maximum ?? .max } ?? plan.largestBatch)
        replicaSettings.noDecay = settings.optimizer.noDecay
        replicaSettings.accumulates = settings.accumulate > 1
        replicaSettings.isDelayed = settings.isDelayed
        replicaSettings.skipsNonFinite = settings.maximumSkippedSteps > 0
        replicaSettings.measuresCurvature = settings.curvatureSteps != nil
        replicaSettings.timelineSteps = settings.isProfiled ? Self.timelineSteps : nil
        replicaSettings.control = settings.control
        let maker = BatchMaker(
            examples: data.training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels,
            augmenter: data.augmenter)
        replica = try Replica(cluster: cluster, state: state, settings: replicaSettings, training: maker)
        for batch in Set(plan.batches).sorted() {
            try replica.plan(batch: batch)
            try replica.plan(batch: data.training.count % batch)
        }
        func evaluator(_ part: PreparedData.Part?) throws -> Evaluator? {
            guard let part else { return nil }
            return try Evaluator(
                cluster: cluster, state: state,
                order: EpochOrder(
                    inOrder: part.dataset.examples.layout.count, subset: part.rows,
                    batchSize: settings.isFullBatch ? Self.evaluationBatch : settings.batch),
                maker: BatchMaker(
                    examples: part.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
                shards: settings.shards, workers: settings.workers,
                metrics: Self.metrics(settings, data.target))
        }
        test = try evaluator(data.test)
        validation = try evaluator(data.validation)
        trainingSet = try evaluator(settings.evaluatesTraining ? data.training : nil)
        // Last, when all else that is known to be needed has its memory.
        try Self.checkRoomForFiles(replica, settings)
        initialWeights = try Self.setInitialWeights(state, initial, settings, cluster)
    }

    /// Trains to the end, or to where it is told to stop; collective.
    func run() throws -> TrainingResult {
        if settings.isDryRun { return try dryRun() }
        do { return try train() } catch let error as ResourceError {
            throw ResourceError("\(error); \(standing)")
        }
    }

    private func train() throws -> TrainingResult {
        try Self.agree(Result { try folder?.removeReplaced() }, cluster)
        try openCheckpoints()
        try resume()
        if position.isFinished {
            reporter.line("\(folder?.path ?? settings.output): the run is finished already")
            return result(Evaluated(), isFinished: true)
        }
        try writeStart()
        announce()
        noteOddities()
        lastCheckpoint = ProcessInfo.processInfo.systemUptime
        nextControl = position.step + 1
        StopRequest.takeTermination()
        watchInterruptions()
        defer {
            Interruption.forget()
            StopRequest.leaveTermination()
        }
        var last = Evaluated()
        while position.epoch < settings.epochs, !hasStoppedEarly {
            try leavePlateau()
            let isPreempted = try trainEpoch()
            if isPreempted { return try preempted() }
            let isComplete = position.batch == plan.steps(ofEpoch: position.epoch)
            if isComplete {
                last = try evaluate()
                try finishEpoch(last)
                if position.epoch < settings.epochs, !hasStoppedEarly, !isAtStepLimit, try control() {
                    return try preempted()
                }
            }
            if isAtStepLimit {
                if !isComplete {
                    // Before evaluation, which applies delayed updates: a run that goes on from here must not know.
                    try checkpoint()
                    last = try evaluate()
                }
                break
            }
        }
        return try finish(last)
    }

    /// Gives shared memory back; collective.
    func free() throws {
        // A run that diverged may have left one under way, which is still good.
        try checkpoints?.finish()
        try bestWeights.complete()
        try replica.free()
        try replica.state.free()
        try data.free()
    }

    /// How a run of these settings is cut into steps.
    static func plan(_ settings: TrainingSettings, examples: Int, chosen: [Int] = []) -> RunPlan {
        RunPlan(
            examples: examples, epochs: settings.epochs, batch: settings.isFullBatch ? nil : settings.batch,
            accumulate: settings.accumulate, growth: settings.growth, chosen: chosen)
    }

    /// The plan with the batches that measurements have decided about.
    func makePlan() -> RunPlan {
        Self.plan(settings, examples: data.training.count, chosen: position.batches)
    }

    /// Examples of a batch in evaluation, where training takes all at once.
    private static let evaluationBatch = 1024
}

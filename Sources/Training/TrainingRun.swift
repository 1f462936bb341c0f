import CKernels
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
    /// The output folder; nil on ranks that write nothing.
    let folder: RunFolder?
    /// Where a person looks.
    let reporter: ProgressReporter
    /// What must be equal for a checkpoint to be this run's.
    let identity: String
    /// Mini-batches of an epoch.
    let stepsPerEpoch: Int
    /// Optimizer steps of all epochs.
    let totalSteps: Int
    /// Where the run stands.
    var position = RunPosition()
    /// The metrics file; nil on ranks that write nothing.
    var metrics: MetricsLog?
    /// Seconds spent in steps.
    var trainingSeconds = 0.0
    /// Examples trained on by this process.
    var trainedExamples = 0
    /// The system's uptime when the program started, in seconds.
    let start: Double
    /// Steps between the moments at which ranks agree whether to stop.
    var controlInterval = 1

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
        try cluster.check(shards: settings.shards)
        reporter = ProgressReporter(isActive: cluster.rank == 0)
        folder = try Self.openFolder(settings, cluster)
        let data = try PreparedData(settings, on: cluster)
        self.data = data
        guard data.target != .none else {
            throw TrainingError(
                .configuration,
                "\(data.training.dataset.name) has no labels: training needs data.train.labels")
        }
        model = try TracedModel(
            makeModel(data.training.dataset.examples.layout), exampleShape: data.exampleShape,
            target: data.target,
            loss: settings.loss)
        stepsPerEpoch = (data.training.count + settings.batch - 1) / settings.batch
        totalSteps = stepsPerEpoch * settings.epochs
        try settings.schedule.validate(stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps)
        try Self.checkBatchNorm(model, settings, examples: data.training.count)
        identity = Self.identity(settings, model, data)
        try Self.checkReplicas(identity, data.digest, cluster)

        let state = try ModelState(cluster: cluster, model: model, bucketBytes: settings.bucketBytes)
        var replicaSettings = ReplicaSettings(
            batch: settings.batch, shards: settings.shards, seed: settings.seed, workers: settings.workers,
            bucketBytes: settings.bucketBytes, rule: settings.optimizer.rule, clipping: settings.clipping,
            exchange: settings.exchange, isOptimizerSharded: settings.optimizer.isSharded)
        replicaSettings.timelineSteps = settings.isProfiled ? Self.timelineSteps : nil
        replicaSettings.control = settings.control
        let maker = BatchMaker(
            examples: data.training.dataset.examples, scaling: data.scaling, kernels: cluster.kernels)
        replica = try Replica(cluster: cluster, state: state, settings: replicaSettings, training: maker)
        try replica.plan(batch: data.training.count % settings.batch)
        try Self.setInitialWeights(state, settings, cluster)
        func evaluator(_ part: PreparedData.Part?) throws -> Evaluator? {
            guard let part else { return nil }
            return try Evaluator(
                cluster: cluster, state: state,
                order: EpochOrder(
                    inOrder: part.dataset.examples.layout.count, subset: part.rows, batchSize: settings.batch),
                maker: BatchMaker(
                    examples: part.dataset.examples, scaling: data.scaling, kernels: cluster.kernels),
                shards: settings.shards, workers: settings.workers, metrics: settings.metrics)
        }
        test = try evaluator(data.test)
        validation = try evaluator(data.validation)
    }

    /// Trains to the end, or to where it is told to stop; collective.
    func run() throws -> TrainingResult {
        if settings.isDryRun { return try dryRun() }
        try resume()
        if position.isFinished {
            reporter.line("\(folder?.path ?? settings.output): the run is finished already, nothing to do")
            return result(Evaluated(), isFinished: true)
        }
        try writeStart()
        announce()
        var last = Evaluated()
        while position.epoch < settings.epochs {
            let isPreempted = try trainEpoch()
            if isPreempted { return try preempted() }
            let isComplete = position.batch == stepsPerEpoch
            if isComplete {
                last = try evaluate()
                try finishEpoch(last)
            }
            if isAtStepLimit {
                if !isComplete { last = try evaluate() }
                break
            }
        }
        return try finish(last)
    }

    // MARK: Epochs and steps

    /// Takes steps until the epoch, or the run, is over; true if the run was asked to stop.
    func trainEpoch() throws -> Bool {
        let order = EpochOrder(
            count: data.training.dataset.examples.layout.count, subset: data.training.rows,
            batchSize: settings.batch, seed: settings.seed, epoch: UInt64(position.epoch))
        let numbers = try epochScalars()
        let width = settings.optimizer.rule.scalarCount
        while position.batch < stepsPerEpoch, !isAtStepLimit {
            let index = position.batch
            let batch = Batch(rows: order.rows[order.batch(index)])
            let logs = (position.step + 1) % settings.loggingSteps == 0
            let began = ProcessInfo.processInfo.systemUptime
            let result = try numbers.withUnsafeBufferPointer { numbers in
                try replica.step(
                    batch,
                    update: UnsafeBufferPointer(rebasing: numbers[index * width..<(index + 1) * width]),
                    dropoutKey: dropoutKey(step: position.step), wantsNorm: logs)
            }
            let seconds = ProcessInfo.processInfo.systemUptime - began
            trainingSeconds += seconds
            trainedExamples += batch.count
            position.step += 1
            position.batch += 1
            position.epochLossSum += result.lossSum
            position.epochExamples += result.count
            guard result.lossSum.isFinite else {
                throw TrainingError(
                    .diverged,
                    "the loss is not finite at step \(position.step), epoch \(position.epoch + 1): lower optimizer.lr or clip gradients"
                )
            }
            if logs { try logStep(result) }
            drawBar(result)
            if let steps = settings.checkpoints.everySteps, position.step % steps == 0,
                position.batch < stepsPerEpoch
            {
                try checkpoint()
            }
            if position.step % controlInterval == 0, try shouldStop() { return true }
        }
        return false
    }

    private var isAtStepLimit: Bool { settings.stepLimit.map { position.step >= $0 } ?? false }

    /// The update rule's numbers of every step of the epoch, from rank 0, so that all ranks use the same bits.
    func epochScalars() throws -> [Double] {
        let width = settings.optimizer.rule.scalarCount
        var numbers = Array(repeating: 0.0, count: stepsPerEpoch * width + 1)
        if cluster.rank == 0 {
            for batch in position.batch..<stepsPerEpoch {
                let step = position.epoch * stepsPerEpoch + batch
                let scalars = settings.optimizer.rule.scalars(
                    step: step + 1, learningRate: learningRate(step))
                numbers.replaceSubrange(batch * width..<(batch + 1) * width, with: scalars)
            }
            // Ranks agree about twice a second whether to stop; how often that is they must agree on, too.
            let secondsPerStep = trainedExamples > 0 ? trainingSeconds / Double(max(1, position.step)) : 0.05
            numbers[stepsPerEpoch * width] = (0.5 / max(secondsPerStep, 1e-4)).rounded(.up)
        }
        try cluster.world.broadcast(&numbers, root: 0)
        controlInterval = max(1, Int(numbers[stepsPerEpoch * width]))
        return numbers
    }

    /// The rate of the step with this index, from 0.
    func learningRate(_ step: Int) -> Double {
        settings.schedule.rate(step: step, stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps)
    }

    private func dropoutKey(step: Int) -> dt_philox_key {
        let random = CounterRandom(seed: settings.seed, purpose: .dropout)
        let words = random.words(at: UInt64(step))
        return dt_philox_key(word: (words.0, words.1))
    }

    private func shouldStop() throws -> Bool {
        try cluster.world.allReduce(StopRequest.isPending ? 1 : 0, .max) > 0
    }

    // MARK: Evaluation and results

    /// What evaluation after an epoch found.
    struct Evaluated {
        var test: Evaluator.Totals?
        var validation: Evaluator.Totals?
        /// Examples evaluated a second, over all ranks; nil where there were none.
        var samplesPerSecond: Double?
    }

    private func evaluate() throws -> Evaluated {
        let began = ProcessInfo.processInfo.systemUptime
        var evaluated = Evaluated(test: try test?.totals(), validation: try validation?.totals())
        let count = (evaluated.test?.count ?? 0) + (evaluated.validation?.count ?? 0)
        if count > 0 {
            evaluated.samplesPerSecond = Double(count) / (ProcessInfo.processInfo.systemUptime - began)
        }
        return evaluated
    }

    private func finishEpoch(_ evaluated: Evaluated) throws {
        let loss = position.epochLossSum / Double(max(1, position.epochExamples))
        let epoch = position.epoch + 1
        var line = JSONLine()
        line.add("event", "epoch")
        line.add("epoch", epoch)
        line.add("step", position.step)
        line.add("train_loss", loss)
        Self.add(evaluated, to: &line)
        line.add("lr", learningRate(position.step - 1))
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        try metrics?.append(line)
        var text = "epoch \(epoch)/\(settings.epochs)  loss \(ProgressReporter.fixed(loss, 4))"
        text += Self.describe(evaluated)
        text += "  \(ProgressReporter.number(samplesPerSecond)) samples/s"
        let left = Double(totalSteps - position.step) * trainingSeconds / Double(max(1, stepsTaken))
        text += position.epoch + 1 < settings.epochs ? "  \(ProgressReporter.duration(left)) left" : ""
        reporter.line(text)

        position.epoch += 1
        position.batch = 0
        position.epochLossSum = 0
        position.epochExamples = 0
        if let totals = evaluated.validation, totals.loss < position.bestValidationLoss ?? .infinity {
            position.bestValidationLoss = totals.loss
            if let folder {
                try WeightsFile.write(
                    replica.state, trainedBatches: position.step, to: folder.file(RunFolder.bestWeightsName))
            }
        }
        let every = settings.checkpoints.everyEpochs
        if position.epoch < settings.epochs, let every, position.epoch % every == 0 { try checkpoint() }
    }

    private func finish(_ evaluated: Evaluated) throws -> TrainingResult {
        var line = JSONLine()
        line.add("event", "end")
        line.add("steps", position.step)
        line.add("epoch", position.epoch)
        Self.add(evaluated, to: &line, withDetails: true)
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        try Self.agree(
            Result {
                guard let folder else { return }
                try WeightsFile.write(
                    replica.state, trainedBatches: position.step, to: folder.file(RunFolder.weightsName))
            }, cluster)
        // An early stop by --steps leaves the run open, so that resume goes on from there.
        position.isFinished = position.epoch >= settings.epochs
        if position.isFinished { try metrics?.append(line) }
        try checkpoint()
        if !position.isFinished { try metrics?.append(line) }
        try metrics?.synchronize()
        try reportProfile()
        if let folder {
            reporter.line("")
            if let test = evaluated.test { reporter.line("test" + Self.describe(test)) }
            reporter.line("weights      \(folder.file(RunFolder.weightsName))")
            reporter.line("metrics      \(folder.file(RunFolder.metricsName))")
            reporter.line("checkpoints  \(folder.checkpoints)")
        }
        return result(evaluated, isFinished: position.isFinished)
    }

    private func preempted() throws -> TrainingResult {
        try checkpoint()
        reporter.line(
            "preempted at step \(position.step): saved, continue with --resume auto --output \(folder?.path ?? "")"
        )
        return result(Evaluated(), isFinished: false)
    }

    private func dryRun() throws -> TrainingResult {
        let order = EpochOrder(
            count: data.training.dataset.examples.layout.count, subset: data.training.rows,
            batchSize: settings.batch, seed: settings.seed, epoch: 0)
        let numbers = try epochScalars()
        let result = try numbers.withUnsafeBufferPointer { numbers in
            try replica.step(
                Batch(rows: order.rows[order.batch(0)]),
                update: UnsafeBufferPointer(rebasing: numbers[0..<settings.optimizer.rule.scalarCount]),
                dropoutKey: dropoutKey(step: 0), wantsNorm: true)
        }
        reporter.line(
            "dry run: one step of \(result.count) examples, loss \(result.lossSum / Double(result.count)), "
                + "gradient norm \(result.gradientNorm ?? .nan); nothing was written")
        return self.result(Evaluated(), isFinished: false)
    }

    private func result(_ evaluated: Evaluated, isFinished: Bool) -> TrainingResult {
        TrainingResult(
            output: folder?.path, steps: position.step, isFinished: isFinished,
            testLoss: evaluated.test?.loss,
            testAccuracy: evaluated.test?.accuracy, validationLoss: evaluated.validation?.loss,
            validationAccuracy: evaluated.validation?.accuracy, samplesPerSecond: samplesPerSecond,
            executedExamples: replica.executedExamples, optimizerStateBytes: replica.optimizerStateBytes)
    }
}

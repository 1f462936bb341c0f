import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages

/// The ends of epochs and of the run.
extension TrainingRun {
    /// What evaluation after an epoch found.
    struct Evaluated {
        var test: Evaluator.Totals?
        var validation: Evaluator.Totals?
        var training: Evaluator.Totals?
        /// Examples evaluated a second, over all ranks; nil where there were none.
        var samplesPerSecond: Double?

        /// A metric by the name it has in metrics.jsonl, such as "validation_accuracy".
        func value(of name: String) -> Double? {
            Self.metric(name).flatMap { validation?.value(of: $0) }
        }

        /// Whether more of a metric is better.
        static func isHigherBetter(_ name: String) -> Bool { metric(name)?.isHigherBetter ?? false }

        /// The metric of the validation set that has this name; nil for another name.
        static func metric(_ name: String) -> Metric? {
            let prefix = "validation_"
            return name.hasPrefix(prefix) ? Metric(name: String(name.dropFirst(prefix.count))) : nil
        }
    }

    /// What evaluation reports: what is asked for, and what is watched.
    static func metrics(_ settings: TrainingSettings, _ target: TargetKind) -> [Metric] {
        var metrics = settings.metrics ?? Metric.standard(for: target)
        for name in [watchedMetric(settings), settings.schedule.plateau?.metric.rawValue].compactMap({ $0 }) {
            if let metric = Evaluated.metric(name), metric != .loss, !metrics.contains(metric) {
                metrics.append(metric)
            }
        }
        return metrics
    }

    /// Evaluates the test and validation sets, with all updates applied; collective.
    func evaluate() throws -> Evaluated {
        try replica.flush()
        try checkCopies()
        let began = ProcessInfo.processInfo.systemUptime
        var evaluated = Evaluated(test: try test?.totals())
        FaultPoint.reach(.evaluate)
        evaluated.validation = try validation?.totals()
        evaluated.training = try trainingSet?.totals()
        let count = [evaluated.test, evaluated.validation, evaluated.training].reduce(0) {
            $0 + ($1?.count ?? 0)
        }
        if count > 0 {
            evaluated.samplesPerSecond = Double(count) / (ProcessInfo.processInfo.systemUptime - began)
        }
        return evaluated
    }

    /// Ends an epoch: metrics, best weights, what comes next.
    func finishEpoch(_ evaluated: Evaluated) throws {
        cluster.activity.enter(.writing)
        let loss = position.epochLossSum / Double(max(1, position.epochExamples))
        lastTrainingLoss = loss
        let epoch = position.epoch + 1
        var line = JSONLine()
        line.add("event", "epoch")
        line.add("epoch", epoch)
        line.add("step", position.step)
        line.add("train_loss", loss)
        Self.add(evaluated, to: &line)
        line.add("lr", learningRate(position.step - 1))
        if settings.growth != nil { line.add("batch", plan.batches[position.epoch]) }
        if position.skippedSteps > 0 { line.add("skipped_steps", position.skippedSteps) }
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        log(line)
        var text = "epoch \(epoch)/\(settings.epochs)  train loss \(ProgressReporter.fixed(loss, 4))"
        // The loss is that of the steps, as in the metrics' line.
        if let training = evaluated.training { text += Self.describe(training, withLoss: false) }
        text += Self.describe(evaluated)
        text += "  \(ProgressReporter.number(samplesPerSecond)) samples/s"
        let left = Double(plan.totalSteps - position.step) * trainingSeconds / Double(max(1, stepsTaken))
        text += position.epoch + 1 < settings.epochs ? "  \(ProgressReporter.duration(left)) left" : ""
        reporter.line(text)

        let isBest = try watch(evaluated, trainingLoss: loss)
        growBatch()
        notePlateau(trainingLoss: loss)
        position.epoch += 1
        position.batch = 0
        position.epochLossSum = 0
        position.epochExamples = 0
        let rule = settings.checkpoints
        guard position.epoch < settings.epochs, !hasStoppedEarly else { return }
        let isDue =
            rule.everySteps.map { position.step % $0 == 0 } ?? false
            || rule.everyEpochs.map { position.epoch % $0 == 0 } ?? false
        if try (isBest && rule.keepsBest) || (isDue && (!rule.isSparing || mayCheckpoint())) {
            try checkpoint()
        }
    }

    /// Compares the watched metric with the best so far, keeps the best weights, and decides whether to stop; true if
    /// the epoch is the best so far.
    private func watch(_ evaluated: Evaluated, trainingLoss: Double) throws -> Bool {
        if let rule = settings.schedule.plateau, let value = evaluated.value(of: rule.metric.rawValue) {
            position.plateau.observe(value, by: rule, baseRate: settings.schedule.baseRate)
        }
        guard let name = Self.watchedMetric(settings),
            let value = name == "train_loss" ? trainingLoss : evaluated.value(of: name)
        else { return false }
        let stopping = settings.earlyStopping
        let isBetter = position.watch.observe(
            value, epoch: position.epoch + 1, isHigherBetter: Evaluated.isHigherBetter(name),
            minimumChange: stopping?.minimumChange ?? 0)
        if isBetter {
            try requireFolder()
            if settings.checkpoints.keepsBest { position.bestStep = position.step }
            try bestWeights.replace(with: replica.state, step: position.step, epoch: position.epoch + 1)
        }
        if let stopping, position.watch.epochsSinceBest >= stopping.patience,
            position.epoch + 1 < settings.epochs
        {
            hasStoppedEarly = true
            reporter.line(
                "early stop: \(name) was best in epoch \(position.watch.bestEpoch), \(counted(position.watch.epochsSinceBest, "epoch")) ago"
            )
        }
        return isBetter
    }

    /// The metric that best weights and early stopping watch; nil where there is none to watch.
    static func watchedMetric(_ settings: TrainingSettings) -> String? {
        settings.watchedMetric ?? (settings.data.validation == nil ? nil : "validation_loss")
    }

    /// Chooses the next epoch's mini-batch where measurements decide about it.
    private func growBatch() {
        guard let growth = settings.growth, growth.trigger == .noise else { return }
        let epoch = position.epoch
        let batch = plan.batches[epoch]
        if position.batches.isEmpty { position.batches = Array(plan.batches[...epoch]) }
        let isNoisy = (position.noise.examples ?? 0) > Double(batch * settings.accumulate)
        let next = min(plan.examples, isNoisy ? growth.grown(batch) : batch)
        position.batches.append(next)
        plan.setBatch(next, fromEpoch: epoch + 1)
        if next > batch { reporter.line("batch: \(batch) -> \(next) examples") }
    }

    /// Whether the run's results are the weights of an epoch before the last.
    var endsWithBest: Bool {
        settings.earlyStopping?.restoresBest ?? false && position.watch.bestEpoch > 0
            && position.watch.bestEpoch < position.epoch
    }

    /// Takes back the best epoch's weights where the run is to end with them; collective.
    ///
    /// - Returns: What they are worth, and how many mini-batches they had seen, which rank 0 knows.
    private func restoreBest(_ evaluated: Evaluated) throws -> (evaluated: Evaluated, trainedBatches: Int) {
        guard endsWithBest else { return (evaluated, position.step) }
        var best: (values: [[Float]], trainedBatches: Int)?
        try Self.agree(
            Result {
                guard let folder else { return }
                guard !bestWeights.areLost else {
                    throw TrainingError(
                        .io,
                        "the best weights, of epoch \(position.watch.bestEpoch), could not be written to \(folder.path): make room there and continue with \(cluster.guidance.continuation)"
                    )
                }
                best = try WeightsFile.read(
                    folder.file(RunFolder.bestWeightsName), for: replica.state.model)
            }, cluster)
        try replica.state.set(best?.values)
        reporter.line("restored the weights of epoch \(position.watch.bestEpoch)")
        return (try evaluate(), best?.trainedBatches ?? position.step)
    }

    /// Ends the run: last weights, checkpoint and metrics; collective.
    func finish(_ last: Evaluated) throws -> TrainingResult {
        try replica.flush()
        cluster.activity.enter(.writing)
        if position.notFiniteInRow > 0 { throw diverged("the gradient was not finite in the last step") }
        // An early stop by --steps leaves the run open, so that resume goes on from there.
        position.isFinished = position.epoch >= settings.epochs || hasStoppedEarly
        // One under way has its end first: where there is little room, its temporary files must not take the results'.
        try checkpoints?.finish()
        try requireFolder()
        try bestWeights.settle()
        let (evaluated, trainedBatches) =
            position.isFinished ? try restoreBest(last) : (last, position.step)
        var line = JSONLine()
        line.add("event", "end")
        line.add("steps", position.step)
        line.add("epoch", position.epoch)
        if position.watch.bestEpoch > 0 {
            line.add("best_epoch", position.watch.bestEpoch)
            line.add("best_value", position.watch.best)
        }
        if position.skippedSteps > 0 { line.add("skipped_steps", position.skippedSteps) }
        Self.add(evaluated, to: &line, withDetails: true)
        line.add("samples_per_second", samplesPerSecond)
        line.add("seconds", elapsed)
        try checkCopies()
        cluster.activity.enter(.writing)
        try Self.agree(
            Result {
                guard let folder else { return }
                try folder.requireLock()
                try WeightsFile.copy(replica.state, trainedBatches: trainedBatches)
                    .named(RunFolder.weightsName).replace(in: folder.path)
            }, cluster)
        hasWrittenWeights = true
        FaultPoint.reach(.end)
        if position.isFinished { log(line) }
        if position.isFinished || position.batch == 0 { try checkpoint() }
        if !position.isFinished { log(line) }
        try reportProfile()
        try completeFiles()
        if let folder {
            reporter.line("")
            reportEvaluation(evaluated)
            noteUnlearnedTargets(evaluated)
            reporter.line("weights      \(folder.file(RunFolder.weightsName))")
            reporter.line("metrics      \(folder.file(RunFolder.metricsName))")
            let totals = checkpoints?.totals ?? (count: 0, copying: 0, waiting: 0)
            reporter.line(
                "checkpoints  \(folder.checkpoints)  (\(totals.count) written, training waited "
                    + "\(ProgressReporter.fixed(totals.copying, 2)) s for copies, "
                    + "\(ProgressReporter.fixed(totals.waiting, 2)) s for the disk)")
        }
        return result(evaluated, isFinished: position.isFinished)
    }

    /// Saves where the run stands, to be gone on with.
    func preempted() throws -> TrainingResult {
        try checkpoint()
        try completeFiles()
        if isInterrupted { try Interruption.end("saved at step \(position.step), \(continuation)", cluster) }
        reporter.line("preempted at step \(position.step): saved, \(continuation)")
        return result(Evaluated(), isFinished: false)
    }

    /// How to go on with a run that has been stopped.
    var continuation: String { "continue with \(cluster.guidance.continuation)" }

    /// What a run leaves that ends with an error, and how to go on.
    var standing: String {
        let which = endsWithBest ? "epoch \(position.watch.bestEpoch)" : "step \(position.step)"
        let path = "\(cluster.guidance.output ?? settings.output)/\(RunFolder.weightsName)"
        let weights = hasWrittenWeights ? "the weights of \(which) stand in \(path), " : ""
        let checkpoint =
            checkpoints?.newestStep.map { "the newest checkpoint is of step \($0), \(continuation)" }
            ?? "there is no checkpoint yet, start again with \(cluster.guidance.continuation)"
        return weights + checkpoint
    }

    /// Takes one step and writes nothing.
    func dryRun() throws -> TrainingResult {
        noteOddities()
        cluster.activity.begin(step: 1)
        let numbers = try epochScalars()
        let result = try replica.step(
            TrainingStep(
                batches(ofStep: 0, order(ofEpoch: 0)), update: numbers(0), dropoutKey: dropoutKey(step: 0),
                observes: .norm))
        try replica.flush()
        sayInitialWeights()
        reporter.line(
            "dry run: one step of \(counted(result.count, "example")), loss \((result.lossSum / Double(result.count)).plainText), "
                + "gradient norm \((result.gradientNorm ?? .nan).plainText); nothing was written")
        return self.result(Evaluated(), isFinished: false)
    }

    func result(_ evaluated: Evaluated, isFinished: Bool) -> TrainingResult {
        TrainingResult(
            output: folder?.path, steps: position.step, isFinished: isFinished,
            testLoss: evaluated.test?.loss,
            testAccuracy: evaluated.test?.accuracy, validationLoss: evaluated.validation?.loss,
            validationAccuracy: evaluated.validation?.accuracy, samplesPerSecond: samplesPerSecond,
            trainingExamples: data.training.count, executedExamples: replica.executedExamples,
            optimizerStateBytes: replica.optimizerStateBytes)
    }
}

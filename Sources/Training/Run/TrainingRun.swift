import Cluster
import DataParallel
import Foundation

/// A training run from prepared data to written results; every rank runs the same steps.
final class TrainingRun {
    private let prepared: RunPreparation
    private let artifacts: RunArtifacts
    private var cluster: Cluster { prepared.cluster }
    private var settings: TrainingSettings { prepared.settings }
    private var sinks: RunSinks { artifacts.sinks }

    /// A run that writes to the folder of `prepared`; collective.
    init(_ prepared: RunPreparation) throws {
        self.prepared = prepared
        artifacts = try RunArtifacts(prepared)
    }

    /// Trains to the end, or to where it is told to stop; collective.
    func run() throws -> TrainingResult {
        do { return try train() } catch {
            // A run that diverges leaves the way it took.
            sinks.parameters?.writeIfPossible()
            guard let error = error as? ResourceError else { throw error }
            throw ResourceError("\(error); \(artifacts.standing)")
        }
    }

    /// Waits for threads that still write; collective.
    func free() throws { try artifacts.free() }

    private func train() throws -> TrainingResult {
        let position = try Resumption(prepared: prepared, artifacts: artifacts).take() ?? RunPosition()
        if position.isFinished {
            prepared.terminal?.line(
                "\(prepared.folder?.path ?? settings.output): the run is finished already")
            return TrainingResult(prepared, steps: position.step, isFinished: true)
        }
        try artifacts.start(at: position.sinks)
        let loop = EpochLoop(prepared, artifacts, from: position)
        announce(position.step)
        StopRequest.takeTermination()
        artifacts.watchInterruptions()
        defer {
            Interruption.forget()
            StopRequest.leaveTermination()
        }
        guard let last = try loop.takeEpochs() else { return try stop(loop) }
        return try finish(loop, last)
    }

    /// Reports the run that starts after `step` steps, what slows it down, and what the user may not have meant.
    private func announce(_ step: Int) {
        let workers = settings.workers ?? cluster.defaultWorkers
        sinks.take(
            .start(
                RunEvent.Start(
                    output: prepared.folder?.path ?? settings.output, examples: prepared.data.training.count,
                    parameters: prepared.model.parameterCount, epochs: settings.epochs, step: step,
                    ranks: cluster.size, workers: workers,
                    shards: settings.shardCount, instructionSet: cluster.instructionSet.rawValue)))
        if step == 0, let choice = prepared.batchChoice { sinks.take(.batch(choice)) }
        if step == 0, let weights = prepared.initialWeights {
            sinks.take(.message("dtrain: starting from the weights of \(weights)"))
        }
        guard cluster.rank == 0 else { return }
        for note in RunNotes(run: prepared).all { sinks.take(.note(note)) }
    }

    /// Ends the run: last weights, checkpoint and metrics; collective.
    private func finish(_ loop: EpochLoop, _ last: RunEvaluation) throws -> TrainingResult {
        try loop.end()
        try artifacts.settle()
        let (progress, state) = (loop.progress, loop.policy.state)
        var (found, trainedBatches, place) = (last, progress.step, "step \(progress.step)")
        var restored: Int?
        let watch = state.watch
        if progress.isFinished { try artifacts.keepParameters(after: progress.step) }
        if progress.isFinished,
            let epoch = loop.policy.epochToRestore(after: progress.epoch, step: progress.step)
        {
            place = watch.place
            trainedBatches = try artifacts.restoreBest(of: place) ?? progress.step
            found = try loop.evaluate(areLast: true)
            restored = epoch
        }
        let evaluations = found.values
        let best = watch.bestEpoch
        let end = RunEvent.End(
            steps: progress.step, epoch: progress.epoch, bestEpoch: best > 0 ? best : nil,
            bestStep: watch.bestStep, bestValue: best > 0 ? watch.best : nil, restoredEpoch: restored,
            restoredStep: restored == nil ? nil : watch.bestStep,
            skippedSteps: state.skippedSteps,
            stopped: loop.isOutOfTime && !progress.isFinished ? .maxMinutes : nil,
            evaluations: evaluations, pace: loop.pace)
        try prepared.checkCopies(after: progress.step)
        cluster.activity.enter(.writing)
        try artifacts.writeWeights(trainedBatches: trainedBatches, of: place)
        artifacts.writePredictions(found.testOutputs)
        FaultPoint.reach(.end)
        // The end of an unfinished run comes after its checkpoint: a run resumed from there has another end.
        if progress.isFinished { sinks.take(.end(end)) }
        if progress.isFinished || progress.batch == 0 { try loop.checkpoint() }
        if !progress.isFinished {
            sinks.take(.end(end))
            try artifacts.keepParameters(after: progress.step)
        }
        try ProfileReport.write(prepared, sinks)
        try artifacts.complete()
        try artifacts.writeTiming()
        if cluster.rank == 0 {
            if end.stopped == .maxMinutes {
                let minutes = ProgressReporter.significant(settings.maximumMinutes ?? 0, 4)
                sinks.take(
                    .message(
                        "stopped at step \(progress.step): the \(minutes) minutes of training.max_minutes are over, \(prepared.continuation)"
                    ))
            }
            let unlearned = RunNotes(run: prepared).unlearnedTargets(
                evaluations, trainingLoss: loop.lastTrainingLoss)
            let spent = progress.isFinished ? loop.policy.spentRate(after: progress.step) : nil
            let results = artifacts.results(
                evaluations, notes: [unlearned, spent?.text].compactMap { $0 },
                isFinished: progress.isFinished)
            if let results {
                sinks.take(.results(results))
            }
        }
        return TrainingResult(
            prepared, evaluations, steps: progress.step, samplesPerSecond: loop.pace.samplesPerSecond,
            isFinished: progress.isFinished)
    }

    /// Saves a checkpoint for the run to be resumed from, and ends; collective.
    private func stop(_ loop: EpochLoop) throws -> TrainingResult {
        try loop.checkpoint()
        try artifacts.complete()
        let step = loop.progress.step
        if loop.isInterrupted {
            try Interruption.end("saved at step \(step), \(prepared.continuation)", cluster)
        }
        sinks.take(.message("preempted at step \(step): saved, \(prepared.continuation)"))
        return TrainingResult(
            prepared, steps: step, samplesPerSecond: loop.pace.samplesPerSecond, isFinished: false)
    }
}

extension TrainingResult {
    init(
        _ run: RunPreparation, _ evaluations: RunEvent.Evaluations = RunEvent.Evaluations(), steps: Int,
        samplesPerSecond: Double = 0, isFinished: Bool
    ) {
        self.init(
            output: run.folder?.path, steps: steps, isFinished: isFinished,
            testLoss: evaluations.test?.totals?.loss, testAccuracy: evaluations.test?.totals?.accuracy,
            validationLoss: evaluations.validation?.totals?.loss,
            validationAccuracy: evaluations.validation?.totals?.accuracy, samplesPerSecond: samplesPerSecond,
            trainingExamples: run.data.training.count, executedExamples: run.replica.executedExamples,
            parameters: run.model.parameterCount, batch: run.settings.batchIfAny,
            optimizerStateBytes: run.replica.optimizerStateBytes)
    }
}

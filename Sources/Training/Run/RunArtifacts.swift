import Cluster
import DataParallel
import Foundation
import Messages

/// Writes what a run leaves: inputs, checkpoints, best weights, results, and the files of its sinks.
final class RunArtifacts {
    private let prepared: RunPreparation
    private var cluster: Cluster { prepared.cluster }
    private var settings: TrainingSettings { prepared.settings }
    private var folder: RunFolder? { prepared.folder }
    let sinks: RunSinks
    let checkpoints: CheckpointWriter
    let bestWeights: BestWeights
    /// The system's uptime at the last checkpoint, or at the first step, in seconds.
    private var lastCheckpoint = ProcessInfo.processInfo.systemUptime
    /// The checkpoints made, and the seconds for which training stood still for them.
    private var saving = (count: 0, seconds: 0.0)
    /// Which weights the run ends with, such as those of "step 12"; nil until they are written.
    private var writtenWeights: String?

    /// Collective.
    init(_ prepared: RunPreparation) throws {
        self.prepared = prepared
        let (cluster, folder, settings) = (prepared.cluster, prepared.folder, prepared.settings)
        let (isRoot, wording) = (cluster.rank == 0, cluster.guidance.wording)
        let warn: (String) -> Void = { if isRoot { DistributedProgram.warn(wording($0)) } }
        try cluster.agree(Result { try folder?.removeReplaced() })
        let path = try Agreement.fromRoot(cluster.world) {
            // Other ranks may have another working folder.
            [URL(fileURLWithPath: folder?.checkpoints ?? "").path]
        }[0]
        let isNobodys: @Sendable () throws -> Void = {}
        checkpoints = CheckpointWriter(
            prepared.replica, identity: prepared.identity, folder: path,
            pruning: CheckpointPruning(keep: settings.checkpoints.keep), isHidden: settings.hidesFolder,
            requireFolder: folder?.lockRequirement ?? isNobodys, warn: warn)
        bestWeights = BestWeights(cluster.world, folder: folder?.path, warn: warn)
        sinks = RunSinks(
            settings, of: prepared.model, folder: folder, terminal: prepared.terminal, warn: warn)
    }

    /// Throws on all ranks where another run has taken the output folder; collective.
    func requireFolder() throws { try cluster.agree(Result { try folder?.requireLock() }) }

    /// Writes the run's inputs and starts its sinks at the positions of a checkpoint; collective, rank 0 writes.
    func start(at positions: [String: Int]) throws {
        try cluster.agree(
            Result {
                guard let folder else { return }
                try folder.requireLock()
                try writeInputs()
                try sinks.start(at: positions)
            })
        lastCheckpoint = ProcessInfo.processInfo.systemUptime
    }

    /// Writes the configuration and the description of inputs, such as the scaling of features, on the rank that has
    /// the folder.
    func writeInputs() throws {
        guard let folder else { return }
        if let text = settings.configurationText {
            try FileOutput.write(Data(text.utf8), to: folder.file(RunFolder.configurationName))
        } else {
            try RunDescription(settings).write(to: folder)
        }
        try prepared.data.inputs.write(to: folder.path)
    }

    /// Adds the parameters after so many steps to the run's path, if it has one; collective, between steps.
    func keepParameters(after step: Int) throws {
        guard settings.parameterSteps != nil else { return }
        // Only once all ranks have updated them, and before any goes on.
        try requireFolder()
        try cluster.agree(Result { sinks.parameters?.add(step: step, prepared.replica.state) })
    }

    // MARK: Checkpoints

    /// Copies the state of the run and starts writing the copy in the background; collective.
    func checkpoint(_ progress: RunProgress, _ policy: RunPolicy.State) throws {
        let began = ProcessInfo.processInfo.systemUptime
        try prepared.checkCopies(after: progress.step)
        try requireFolder()
        cluster.activity.enter(.checkpoint)
        var position = RunPosition()
        position.progress = progress
        position.policy = policy
        position.sinks = sinks.positions
        // On every rank, as each may hold a part of the state.
        position.delayedNumbers = try prepared.replica.keepPending()
        position.ruleMemory = prepared.replica.ruleMemory
        lastCheckpoint = ProcessInfo.processInfo.systemUptime
        try checkpoints.start(
            position, best: policy.watch.bestEpoch > 0 ? bestWeights.checkpointFile : nil,
            beforeManifest: sinks.synchronization)
        saving.count += 1
        saving.seconds += ProcessInfo.processInfo.systemUptime - began
    }

    /// Whether a checkpoint is due by the clock and none is under way.
    var isCheckpointDue: Bool {
        guard let minutes = settings.checkpoints.everyMinutes, !checkpoints.isUnderWay else { return false }
        return ProcessInfo.processInfo.systemUptime - lastCheckpoint >= minutes * 60
    }

    /// Whether so much time has passed since the last checkpoint that another takes at most a hundredth of it, by rank
    /// 0's clock; collective.
    func mayCheckpoint() throws -> Bool {
        var may = false
        if cluster.rank == 0, let folder, !checkpoints.isUnderWay {
            let passed = ProcessInfo.processInfo.systemUptime - lastCheckpoint
            // Before the first checkpoint, estimated from the measured wait for the disk and the bytes to write.
            let states = prepared.replica.settings.rule.stateNames.count + 1
            let bytes = Double(states * prepared.replica.stateElements * 4)
            let seconds =
                saving.count > 0
                ? (saving.seconds + checkpoints.writingSeconds) / Double(saving.count)
                : 3 * folder.probeSeconds + bytes / Self.bytesPerSecond
            may = passed >= 100 * seconds
        }
        return try cluster.world.broadcast(may ? 1 : 0, root: 0) == 1
    }

    /// The assumed speed of a disk before anything was written to it.
    private static let bytesPerSecond = 5e8

    /// Watches for Ctrl-C. Rank 0 keeps ready what to print if the run is interrupted before it can save.
    func watchInterruptions() {
        if cluster.rank == 0 {
            let continuation = prepared.continuation
            let say: @Sendable (Int) -> Void = { step in
                Interruption.say("the newest checkpoint is of step \(step), \(continuation)")
            }
            Interruption.say("there is no checkpoint yet")
            if let step = checkpoints.newestStep { say(step) }
            checkpoints.whenOneStands = say
        }
        Interruption.watch()
    }

    // MARK: The end

    /// Waits for what is under way, before results are written; collective.
    func settle() throws {
        // The checkpoint under way ends first: its temporary files must not take the room of the results.
        try checkpoints.finish()
        try requireFolder()
        try bestWeights.settle()
    }

    /// Loads the best weights; collective.
    ///
    /// - Parameter place: Where the run had them, such as "epoch 3".
    /// - Returns: On rank 0, how many mini-batches they had seen.
    func restoreBest(of place: String) throws -> Int? {
        var best: (values: [[Float]], trainedBatches: Int)?
        try cluster.agree(
            Result {
                guard let folder else { return }
                guard !bestWeights.areLost else {
                    throw TrainingError(
                        .io,
                        "the best weights, of \(place), could not be written to \(folder.path): make room there and \(prepared.continuation)"
                    )
                }
                best = try WeightsFile.read(
                    folder.file(RunFolder.bestWeightsName), for: prepared.replica.state.model)
            })
        try prepared.replica.state.set(best?.values)
        sinks.take(.message("restored the weights of \(place)"))
        return best?.trainedBatches
    }

    /// Writes the weights that the run ends with; collective.
    ///
    /// - Parameters:
    ///   - trainedBatches: How many mini-batches they have seen, on rank 0.
    ///   - place: When the run had them, such as "step 12".
    func writeWeights(trainedBatches: Int, of place: String) throws {
        try cluster.agree(
            Result {
                guard let folder else { return }
                try folder.requireLock()
                try WeightsFile.copy(prepared.replica.state, trainedBatches: trainedBatches)
                    .named(RunFolder.weightsName).replace(in: folder.path)
            })
        writtenWeights = place
    }

    /// Writes the final weights' outputs for the test examples, if they were kept. A failure is only a warning: the
    /// weights can predict again.
    func writePredictions(_ outputs: [Float]?) {
        guard let outputs, let folder, let test = prepared.data.test else { return }
        let predictions = RunPredictions(outputs, of: prepared.model, settings.loss, test.dataset.examples)
        do { try predictions.write(to: folder.path) } catch {
            prepared.warn("\(RunFolder.predictionsName) is not written: \(error)")
        }
    }

    /// Writes what each rank has spent its time with; collective. A failure to write is only a warning.
    func writeTiming() throws {
        guard let timing = try RunTiming(of: cluster), let folder else { return }
        do { try timing.write(to: folder.path) } catch {
            prepared.warn("\(RunFolder.timingName) is not written: \(error)")
        }
    }

    /// Waits for the last checkpoint and the best weights, and throws on all ranks unless everything of the run is on disk; collective.
    func complete() throws {
        try requireFolder()
        try bestWeights.settle()
        try checkpoints.finish()
        do { try checkpoints.requireLast() } catch let error as TrainingError {
            throw TrainingError(error.kind, "\(error); \(standing)")
        }
        try bestWeights.require()
        try cluster.agree(Result { try sinks.finish() })
    }

    /// The run's results, and where they are on disk, for sinks; nil on ranks without the folder.
    ///
    /// - Parameter isFinished: Whether the run has no steps left.
    func results(
        _ evaluations: RunEvent.Evaluations, notes: [String], isFinished: Bool
    ) -> RunEvent.Results? {
        folder.map { folder in
            RunEvent.Results(
                evaluations: evaluations, classNames: prepared.data.inputs.classNames, notes: notes,
                weights: folder.file(RunFolder.weightsName), metrics: folder.file(RunFolder.metricsName),
                checkpoints: folder.checkpoints, checkpointCount: checkpoints.totals.count,
                secondsOfCopying: checkpoints.totals.copying, secondsOfWaiting: checkpoints.totals.waiting,
                watchedMetric: RunPolicy.watchedMetric(settings), isFinished: isFinished)
        }
    }

    /// For a run that ends with an error: which weights and checkpoint exist, and how to go on.
    var standing: String {
        let path = "\(cluster.guidance.output ?? settings.output)/\(RunFolder.weightsName)"
        let weights = writtenWeights.map { "the weights of \($0) stand in \(path), " } ?? ""
        let checkpoint =
            checkpoints.newestStep.map { "the newest checkpoint is of step \($0), \(prepared.continuation)" }
            ?? "there is no checkpoint yet, start again with \(cluster.guidance.continuation)"
        return weights + checkpoint
    }

    /// Waits for threads that still write; collective.
    func free() throws {
        // A run that diverged may have a checkpoint under way, which is still good.
        try checkpoints.finish()
        try bestWeights.complete()
    }
}

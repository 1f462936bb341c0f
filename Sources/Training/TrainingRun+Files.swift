import Cluster
import DataParallel
import Foundation
import Glibc
import Messages

/// The files of a run: the output folder, checkpoints, metrics.
extension TrainingRun {
    /// Copies where the run stands, to be written while it goes on; collective.
    func checkpoint() throws {
        let began = ProcessInfo.processInfo.systemUptime
        try checkCopies()
        try requireFolder()
        cluster.activity.enter(.checkpoint)
        // Ranks may keep parts of the state.
        position.delayedNumbers = try replica.keepPending()
        position.ruleMemory = replica.ruleMemory
        position.metricsLength = metrics?.length ?? 0
        lastCheckpoint = ProcessInfo.processInfo.systemUptime
        try checkpoints?.start(
            position, best: position.watch.bestEpoch > 0 ? bestWeights.checkpointFile : nil,
            beforeManifest: metrics?.synchronization)
        saving.count += 1
        saving.seconds += ProcessInfo.processInfo.systemUptime - began
    }

    /// Waits for the last checkpoint and the best weights, and throws on all ranks unless everything of the run is on disk; collective.
    func completeFiles() throws {
        try requireFolder()
        try bestWeights.settle()
        try checkpoints?.finish()
        do { try checkpoints?.requireLast() } catch let error as TrainingError {
            throw TrainingError(error.kind, "\(error); \(standing)")
        }
        try bestWeights.require()
        try Self.agree(
            Result {
                guard let metrics else { return }
                try metrics.synchronization()
                if let lost = metrics.lost {
                    throw TrainingError(
                        .io,
                        "\(metrics.path) lacks \(counted(lost.lines, "line")): \(lost.reason); all other results are there"
                    )
                }
            }, cluster)
    }

    /// Appends a line to the metrics; one that is lost is said once, and again when the run ends.
    func log(_ line: JSONLine) {
        // Another run that has taken the folder goes on in the same file; what follows here ends this one.
        guard folder?.seemsLocked ?? false, let metrics, !metrics.append(line) else { return }
        warn("metrics are lost, training goes on: \(metrics.lost?.reason ?? "")")
    }

    /// Writes what a run begins with and opens its metrics; collective, rank 0 writes.
    func writeStart() throws {
        let outcome = Result {
            guard let folder else { return }
            try folder.requireLock()
            try writeInputs()
            let log = try MetricsLog(
                path: folder.file(RunFolder.metricsName), length: position.metricsLength)
            if log.length < position.metricsLength {
                warn(
                    "\(log.path) has \(counted(log.length, "byte")), the checkpoint counts \(position.metricsLength): earlier lines are missing"
                )
            }
            metrics = log
        }
        try Self.agree(outcome, cluster)
    }

    /// Writes what the run is of: its configuration, and how features are scaled. For the rank that writes.
    func writeInputs() throws {
        guard let folder else { return }
        if let text = settings.configurationText {
            try FileOutput.write(Data(text.utf8), to: folder.file(RunFolder.configurationName))
        } else {
            try RunDescription(settings).write(to: folder)
        }
        try data.inputs.write(to: folder.path)
    }

    /// Makes what writes checkpoints; collective.
    func openCheckpoints() throws {
        let path = try Agreement.fromRoot(cluster.world) { [folder] in
            // Other ranks may have been started elsewhere.
            [URL(fileURLWithPath: folder?.checkpoints ?? "").path]
        }[0]
        let (isRoot, wording) = (cluster.rank == 0, cluster.guidance.wording)
        let isNobodys: @Sendable () throws -> Void = {}
        checkpoints = CheckpointWriter(
            replica, identity: identity, folder: path,
            pruning: CheckpointPruning(keep: settings.checkpoints.keep),
            isHidden: settings.hidesFolder, requireFolder: folder?.lockRequirement ?? isNobodys
        ) { text in
            if isRoot { Self.warn(wording(text)) }
        }
    }

    /// Only rank 0 opens the folder: the other ranks write checkpoints alone.
    static func openFolder(
        _ settings: TrainingSettings, _ cluster: Cluster, _ reporter: ProgressReporter
    ) throws -> RunFolder? {
        guard !settings.isDryRun else { return nil }
        if cluster.rank > 0 { cluster.activity.enter(.opening) }
        let opened = Result {
            guard cluster.rank == 0 else { return nil as RunFolder? }
            return try RunFolder(settings, cluster.guidance.wording, warn: warn) { text in
                // What is waited for may take longer than ranks may stand still.
                cluster.activity.advance()
                if let text { reporter.line("dtrain: note: \(text)") }
            }
        }
        try waitInSleep(cluster)
        try agree(opened.map { _ in }, cluster)
        let folder = try opened.get()
        // Any rank may be the one that tells how to go on.
        cluster.guidance.output = try Agreement.fromRoot(cluster.world) { folder?.path ?? "" }
        return folder
    }

    /// Waits for all ranks without taking processor time from rank 0 and whoever else is at work; collective.
    private static func waitInSleep(_ cluster: Cluster) throws {
        var barrier = try cluster.world.startBarrier()
        var looks: UInt32 = 0
        while try !barrier.test() {
            // Most often it takes a few milliseconds.
            looks = min(looks + 1, 100)
            usleep(looks * 100)
        }
        try barrier.wait()
    }

    /// Throws on all ranks where another run has taken the output folder; collective.
    func requireFolder() throws { try Self.agree(Result { try folder?.requireLock() }, cluster) }

    /// Fails on all ranks if it failed on one; the others end in silence.
    static func agree(_ outcome: Result<Void, any Error>, _ cluster: Cluster) throws {
        var failed = 0
        if case .failure = outcome { failed = 1 }
        let anyFailed = try cluster.world.allReduce(failed, .max)
        try outcome.get()
        if anyFailed > 0 { throw FailedElsewhere() }
    }

    /// Tells a person of something that does not end the run, in their words.
    func warn(_ text: String) { Self.warn(cluster.guidance.wording(text)) }

    /// Tells a person of something that does not end the run, as it is written.
    static func warn(_ text: String) { DistributedProgram.write("dtrain: warning: \(text)") }

    /// Tells a person of something that is not as usual.
    static func note(_ text: String) { DistributedProgram.write("dtrain: note: \(text)") }
}

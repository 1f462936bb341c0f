import DataParallel
import Foundation

/// The files of a run: the output folder, checkpoints and resume.
extension TrainingRun {
    /// Writes a checkpoint of where the run stands; collective, rank 0 writes.
    func checkpoint() throws {
        try checkCopies()
        // Ranks may keep parts of the state.
        position.delayedNumbers = try replica.keepPending()
        position.ruleMemory = replica.ruleMemory
        let optimizerFile = try Checkpoint.optimizerFile(
            of: replica, isDelayed: position.delayedNumbers != nil)
        let outcome = Result {
            // Rank 0 alone has a folder.
            guard let folder, let metrics else { return }
            try metrics.synchronize()
            position.metricsLength = metrics.length
            try Checkpoint.write(
                replica, optimizerFile.get(), position, identity: identity, folder: folder.checkpoints,
                keep: settings.checkpoints.keep)
        }
        try Self.agree(outcome, cluster)
    }

    /// Takes over a checkpoint where the settings ask for it; collective.
    func resume() throws {
        guard settings.resume != .no else { return }
        let found = try Agreement.fromRoot(cluster.world) { [settings, identity, folder] () -> Found in
            var path: String?
            switch settings.resume {
            case .no: break
            case .auto:
                let newest = Checkpoint.newest(in: folder?.checkpoints ?? "")
                for skipped in newest.skipped { Self.warn("skipped checkpoint \(skipped)") }
                path = newest.path
            case .from(let given):
                let newest = Checkpoint.newest(in: "\(given)/\(RunFolder.checkpointsName)")
                path = newest.path ?? given
            }
            guard let path else { return Found() }
            return Found(path: path, position: try Checkpoint.position(of: path, identity: identity))
        }
        guard let path = found.path, let position = found.position else { return }
        self.position = position
        plan = makePlan()
        if !position.isFinished {
            try Checkpoint.load(path, position, into: replica)
            reporter.line("dtrain: resuming at step \(position.step) from \(path)")
        }
    }

    private struct Found: Codable {
        var path: String?
        var position: RunPosition?
    }

    /// Writes what a run begins with and opens its metrics; collective, rank 0 writes.
    func writeStart() throws {
        let outcome = Result {
            guard let folder else { return }
            if let text = settings.configurationText {
                try FileOutput.write(Data(text.utf8), to: folder.file(RunFolder.configurationName))
            }
            try data.inputs.write(to: folder)
            metrics = try MetricsLog(path: folder.file(RunFolder.metricsName), length: position.metricsLength)
        }
        try Self.agree(outcome, cluster)
    }

    /// Only rank 0 opens the folder: the other ranks write nothing.
    static func openFolder(_ settings: TrainingSettings, _ cluster: Cluster) throws -> RunFolder? {
        guard !settings.isDryRun else { return nil }
        let opened = Result { cluster.rank == 0 ? try RunFolder(settings) : nil }
        try agree(opened.map { _ in }, cluster)
        return try opened.get()
    }

    /// Fails on all ranks if it failed on one; the others end in silence.
    static func agree(_ outcome: Result<Void, any Error>, _ cluster: Cluster) throws {
        var failed = 0
        if case .failure = outcome { failed = 1 }
        let anyFailed = try cluster.world.allReduce(failed, .max)
        try outcome.get()
        if anyFailed > 0 { throw FailedElsewhere() }
    }

    private static func warn(_ text: String) {
        FileHandle.standardError.write(Data("dtrain: warning: \(text)\n".utf8))
    }
}

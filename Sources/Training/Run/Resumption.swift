import Cluster
import DataParallel
import Foundation
import Glibc
import Messages

/// Resumes a run from a checkpoint.
struct Resumption {
    let prepared: RunPreparation
    let artifacts: RunArtifacts
    private var cluster: Cluster { prepared.cluster }
    private var settings: TrainingSettings { prepared.settings }
    private var folder: RunFolder? { prepared.folder }

    /// The checkpoints that the run may resume from, as rank 0 finds them.
    private struct Candidates: Codable {
        /// Newest first.
        var paths: [String] = []
        /// Whether they are in the run's own folder.
        var areOwn = true
        /// The path that the settings name, and whether it is that of one checkpoint; nil if the run's own folder is
        /// searched.
        var named: String?
        var isOne = false
        /// Whether nothing exists at the named path.
        var isMissing = false
        /// The size of the run's metrics file in bytes.
        var metricsLength = 0
    }

    /// Takes over the newest checkpoint that every rank finds whole, if the settings ask for it; collective.
    ///
    /// - Returns: The position to go on from; nil to start from the beginning.
    func take() throws -> RunPosition? {
        guard settings.resume != .no else { return nil }
        let candidates = try Agreement.fromRoot(cluster.world) { [settings, folder] in
            var found = try Self.candidates(settings.resume, own: folder?.checkpoints ?? "")
            // Metrics that cannot be read do not stop the run: a message tells what is missing.
            let log = folder.flatMap { try? FileInput.open(ifExists: $0.file(RunFolder.metricsName)) }
            found.metricsLength = log?.byteCount ?? 0
            return found
        }
        var damaged: Set<Int> = []
        // The newest checkpoint that counts more metrics than the file has, as resuming from an older checkpoint cuts
        // the file. An older one whose lines are all there is preferred.
        var withoutMetrics: (path: String, reader: CheckpointReader)?
        func take(_ reader: CheckpointReader, from path: String) throws -> RunPosition {
            try self.take(reader, from: path, isOwn: candidates.areOwn)
            let position = reader.verification.state.position
            artifacts.checkpoints.resumed(at: candidates.areOwn ? position : nil, damaged: damaged)
            return position
        }
        for path in candidates.paths {
            do {
                let reader = try CheckpointReader(
                    path, identity: prepared.identity, for: prepared.replica, isHidden: settings.hidesFolder
                ) {
                    $0.problem(
                        for: settings, examples: prepared.data.training.count,
                        memoryCount: prepared.replica.ruleMemory.count)
                }
                if candidates.named == nil,
                    reader.verification.state.position.metricsLength > candidates.metricsLength
                {
                    withoutMetrics = withoutMetrics ?? (path, reader)
                    continue
                }
                if let passed = withoutMetrics, cluster.rank == 0 {
                    prepared.warn(
                        "passed over checkpoint \(PathParts.name(of: passed.path)): lines that it counts are gone from \(RunFolder.metricsName)"
                    )
                }
                return try take(reader, from: path)
            } catch let error as CheckpointReader.Unusable {
                if candidates.isOne {
                    throw TrainingError(.badFile, "\(error.description); use an older checkpoint")
                }
                let name = PathParts.name(of: path)
                if candidates.areOwn, error.isDamaged,
                    let step = CheckpointFormat.step(ofFolder: name)
                {
                    damaged.insert(step)
                }
                if cluster.rank == 0 { prepared.warn("skipped checkpoint \(name): \(error)") }
            }
        }
        if let withoutMetrics { return try take(withoutMetrics.reader, from: withoutMetrics.path) }
        if let named = candidates.named {
            guard !candidates.isMissing else {
                throw TrainingError.nothingToResume(at: named)
            }
            throw TrainingError(
                .badFile,
                "\(named) holds no checkpoint that can be used: name another, or start anew without --resume")
        }
        artifacts.checkpoints.resumed(at: nil, damaged: damaged)
        if candidates.paths.isEmpty {
            prepared.terminal?.line(
                "dtrain: no checkpoint in \(folder?.path ?? ""): starting from the beginning")
        } else if cluster.rank == 0 {
            prepared.warn(
                "none of \(counted(candidates.paths.count, "checkpoint")) can be used: starting from the beginning"
            )
        }
        return nil
    }

    private static func candidates(_ resume: TrainingSettings.Resume, own: String) throws
        -> Candidates
    {
        var found = Candidates()
        switch resume {
        case .no: break
        case .auto:
            let catalogue = CheckpointCatalogue(absolute(own))
            // An unreadable folder must not pass for an empty one: the run would start from the beginning.
            try catalogue.requireReadable()
            found.paths = catalogue.newestFirst
        case .from(let given):
            found.named = given
            found.isMissing = access(given, F_OK) != 0
            if found.isMissing { return found }
            switch CheckpointSource(absolute(given)) {
            case .newest(let paths): found.paths = paths
            case .one(let path):
                found.paths = [path]
                found.isOne = true
            }
            found.areOwn =
                found.paths.first.map {
                    absolute(PathParts.folder(of: $0)) == absolute(own)
                } ?? false
        }
        return found
    }

    /// An absolute path without symbolic links: ranks may have different working folders, and a folder several names.
    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// Takes over state, best weights and metrics; collective.
    private func take(_ reader: CheckpointReader, from path: String, isOwn: Bool) throws {
        let (position, bestWeights) = (reader.verification.state.position, artifacts.bestWeights)
        guard !position.isFinished else {
            return try cluster.agree(
                Result {
                    guard let folder else { return }
                    try folder.requireLock()
                    try bestWeights.take(from: reader.verification, onlyIfMissing: true)
                    if access(folder.file(RunFolder.weightsName), F_OK) != 0 {
                        try takeResults(from: reader.verification, isOwn: isOwn, in: folder)
                    }
                })
        }
        try reader.load()
        FaultPoint.reach(.resume)
        if position.policy.watch.bestEpoch > 0,
            reader.verification.manifest.file(CheckpointFormat.best) == nil
        {
            bestWeights.lose()
        }
        try cluster.agree(
            Result {
                guard let folder else { return }
                try folder.requireLock()
                try bestWeights.take(from: reader.verification)
                if !isOwn { try takeMetrics(of: position, from: path, in: folder) }
            })
        prepared.terminal?.line("dtrain: resuming at step \(position.step) from \(path)")
        let environment = RunEnvironment(cluster)
        if cluster.rank == 0,
            let difference = environment.difference(from: reader.verification.manifest.environment)
        {
            prepared.warn(
                "the checkpoint was written with \(difference): from here on the bytes differ from those of a run that was not interrupted"
            )
        }
    }

    /// Writes the results of a finished run from its checkpoint, which may be in another folder.
    private func takeResults(
        from checkpoint: CheckpointVerification, isOwn: Bool, in folder: RunFolder
    ) throws {
        let position = checkpoint.state.position
        let policy = RunPolicy(
            settings, prepared.rates, examples: prepared.data.training.count, state: position.policy)
        let endsWithBest = policy.epochToRestore(after: position.progress.epoch, step: position.step) != nil
        let name = endsWithBest ? CheckpointFormat.best : CheckpointFormat.weights
        if !isOwn { try takeMetrics(of: position, from: checkpoint.path, in: folder) }
        try artifacts.writeInputs()
        let file = CheckpointFile(
            RunFolder.weightsName, copyOf: try FileInput("\(checkpoint.path)/\(name)"))
        try file.replace(in: folder.path)
        prepared.terminal?.line("dtrain: took the results from \(checkpoint.path)")
    }

    /// Copies what the sinks of another folder's run had written by its checkpoint at `path`.
    private func takeMetrics(of position: RunPosition, from path: String, in folder: RunFolder) throws {
        let run = PathParts.folder(of: PathParts.folder(of: path))
        for (_, own) in RunSinks.files(in: folder.path) { unlink(folder.file(own)) }
        for (sink, name) in RunSinks.files(in: run) {
            let length = position.sinks[sink] ?? 0
            guard length > 0, let file = try? FileInput.open(ifExists: "\(run)/\(name)"),
                file.byteCount >= length
            else { continue }
            var bytes: [UInt8] = []
            try file.forEachPiece { if bytes.count < length { bytes += $0 } }
            try FileOutput.write(bytes.prefix(length), to: folder.file(name))
        }
    }
}

import Cluster
import DataParallel
import Foundation
import Glibc
import Messages

/// Going on from a checkpoint.
struct Resumption {
    /// The run that is to go on, and what it writes.
    let prepared: RunPreparation
    let artifacts: RunArtifacts
    private var cluster: Cluster { prepared.cluster }
    private var settings: TrainingSettings { prepared.settings }
    private var folder: RunFolder? { prepared.folder }

    /// The checkpoints that may be gone on from, as rank 0 finds them.
    private struct Candidates: Codable {
        /// Newest first.
        var paths: [String] = []
        /// Whether they are of the run's own folder.
        var areOwn = true
        /// What was named, and whether it was one checkpoint; nil for whatever the folder has.
        var named: String?
        var isOne = false
        /// Whether there is nothing where it was said to be.
        var isMissing = false
        /// Bytes of the run's metrics.
        var metricsLength = 0
    }

    /// Takes over a checkpoint where the settings ask for it: the newest that every rank finds whole; collective.
    ///
    /// - Returns: Where the run goes on; nil for its start.
    func take() throws -> RunPosition? {
        guard settings.resume != .no else { return nil }
        let candidates = try Agreement.fromRoot(cluster.world) { [settings, folder] in
            var found = try Self.candidates(settings.resume, own: folder?.checkpoints ?? "")
            // Metrics that cannot be read end no run: what is missing of them is said.
            let log = folder.flatMap { try? FileInput.open(ifExists: $0.file(RunFolder.metricsName)) }
            found.metricsLength = log?.byteCount ?? 0
            return found
        }
        var damaged: Set<Int> = []
        // Of a run that went further and was taken back, which cut the metrics: an older one has all its lines.
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
            // A folder that cannot be looked into must not pass for an empty one: the run would begin anew.
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

    /// Ranks may have been started in other folders, and one folder may have several names.
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

    /// Brings back the results of a run that has ended, or makes those of another folder this one's.
    private func takeResults(
        from checkpoint: CheckpointVerification, isOwn: Bool, in folder: RunFolder
    ) throws {
        let position = checkpoint.state.position
        let policy = RunPolicy(
            settings, prepared.rates, examples: prepared.data.training.count, state: position.policy)
        let endsWithBest = policy.epochToRestore(after: position.progress.epoch) != nil
        let name = endsWithBest ? CheckpointFormat.best : CheckpointFormat.weights
        if !isOwn { try takeMetrics(of: position, from: checkpoint.path, in: folder) }
        try artifacts.writeInputs()
        let file = CheckpointFile(
            RunFolder.weightsName, copyOf: try FileInput("\(checkpoint.path)/\(name)"))
        try file.replace(in: folder.path)
        prepared.terminal?.line("dtrain: took the results from \(checkpoint.path)")
    }

    /// Takes over what sinks wrote of the run that a checkpoint of another folder is of.
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

import Cluster
import DataParallel
import Files
import Foundation
import Glibc

/// The output folder of a run: its files, and the lock that keeps a second run out.
package final class RunFolder {
    /// The folder.
    package let path: String
    /// Seconds that it took to try whether files can be written there: two files' worth of waiting for the disk.
    let probeSeconds: Double
    private let keeper: LockKeeper
    private let replaces: Bool

    /// The resolved configuration.
    package static let configurationName = "config.yaml"
    /// What is known of a Swift program's run, which has no such configuration.
    package static let descriptionName = "program.json"
    /// The metrics of steps, epochs and the end.
    package static let metricsName = "metrics.jsonl"
    /// The final weights.
    package static let weightsName = "weights.safetensors"
    /// The weights with the lowest validation loss.
    package static let bestWeightsName = "best.safetensors"
    /// How features were scaled.
    package static let scalingName = "normalization.json"
    /// The matrix that whitens features, where they are whitened.
    package static let whiteningName = "whitening.safetensors"
    /// What the final weights say of each test example.
    package static let predictionsName = "predictions.safetensors"
    /// What ranks have spent their time with.
    package static let timingName = "timing.json"
    /// What is known of the loss around the run's weights.
    package static let diagnosisName = "diagnosis.json"
    static let checkpointsName = "checkpoints"
    /// Where a profile goes.
    static let profileName = "profile"
    private static let lockName = ".lock"

    /// Opens the folder for `settings` and locks it: see `FolderLock` for what happens to the lock where the process ends.
    ///
    /// A run that goes on by itself, as one that a batch system starts again does, waits for the one before to end.
    /// - Parameters:
    ///   - warn: Tells a person of what the file system cannot do.
    ///   - waits: Called a few times a second while another run may have the folder, with what to tell a person the first
    ///     time.
    init(
        _ settings: TrainingSettings, _ wording: Wording, warn: (String) -> Void, waits: (String?) -> Void
    ) throws {
        var path = settings.output
        let isUsed = Self.isUsed(path)
        if isUsed, settings.resume == .no, !settings.overwritesOutput {
            guard settings.picksFreeOutput else {
                let way = try Self.continuation(of: path, wording)
                throw TrainingError(
                    .output, "\(path) holds a run already: replace it with --overwrite, or \(way)")
            }
            var number = 2
            while Self.isUsed("\(settings.output)-\(number)") { number += 1 }
            path = "\(settings.output)-\(number)"
        }
        try FileOutput.makeFolder(path)
        let lock = try Self.lock(path, waitsForOther: settings.resume == .auto, waits: waits)
        keeper = LockKeeper(lock)
        if let missing = lock.missing, lock.mechanism == .lease {
            warn(
                "the file system of \(path) has no locks (\(missing)): a lease file keeps other runs out, and after a run that was killed on another host the next one waits \(Int(lock.times.expiry)) s"
            )
        }
        self.path = path
        replaces = isUsed && settings.overwritesOutput
        try Self.clear(path)
        probeSeconds = try Self.probe("\(path)/\(Self.checkpointsName)", warn: warn)
    }

    /// Takes the lock on a folder.
    ///
    /// - Parameters:
    ///   - waitsForOther: Whether the end of another run is waited for.
    ///   - waits: As that of `init`.
    static func lock(
        _ path: String, waitsForOther: Bool, waits: (String?) -> Void
    ) throws -> FolderLock {
        let times = LockTimes()
        var told: [LockAttempt.Reason] = []
        do {
            return try LockAttempt.take(path, patience: waitsForOther ? times.patience : 0, times: times) {
                reason in
                guard !told.contains(reason) else { return waits(nil) }
                told.append(reason)
                switch reason {
                case .otherRun:
                    waits(
                        "another run is writing to \(path): waiting up to \(Int(times.patience)) s for the run before to end"
                    )
                case .silentLease:
                    waits(
                        "the lease on \(path) may be a dead run's: watching up to \(Int(times.expiry)) s whether it is renewed"
                    )
                }
            }
        } catch {
            switch error {
            case .busy(let owner):
                throw TrainingError(
                    .output,
                    "another run is writing to \(path)\(owner.map { " (\($0))" } ?? ""): wait for it or choose another --output"
                )
            case .failed(let reason):
                throw TrainingError(
                    .output, "cannot write to \(path): \(reason); choose another with --output")
            }
        }
    }

    /// Throws where another run has taken the folder, which can only happen to a lease; to be asked before anything is
    /// written that counts.
    func requireLock() throws { try Self.require(keeper.lock, path) }

    /// The same for other threads.
    var lockRequirement: @Sendable () throws -> Void {
        { [lock = keeper.lock, path] in try Self.require(lock, path) }
    }

    /// Whether the folder is still this run's, as far as is known without asking.
    var seemsLocked: Bool { keeper.lock.seemsHeld }

    /// Throws where another run has taken the folder that was locked.
    static func require(_ lock: FolderLock, _ path: String) throws {
        guard !lock.holds() else { return }
        throw TrainingError(
            .output,
            "another run has taken \(path), whose lease this one could not renew in time: let that one go on, or choose another --output"
        )
    }

    /// Removes the run that is to be replaced, once it is known that the new one can start.
    func removeReplaced() throws {
        guard replaces else { return }
        try requireLock()
        try Self.empty(path)
        try FileOutput.makeFolder(checkpoints)
    }

    /// The path of a file of the run.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Where checkpoints are.
    var checkpoints: String { file(Self.checkpointsName) }

    /// Whether a folder holds a run's files.
    static func isUsed(_ path: String) -> Bool {
        [configurationName, descriptionName, metricsName, weightsName].contains {
            FileManager.default.fileExists(atPath: "\(path)/\($0)")
        } || !CheckpointCatalogue("\(path)/\(checkpointsName)").steps.isEmpty
    }

    /// How to go on with the run in a folder, for a person who speaks of it in these words.
    static func continuation(of path: String, _ wording: Wording) throws -> String {
        if wording != .swift, let run = try RunDescription(folder: path) {
            return "continue it with the Swift program \(run.program) and its settings.resume = .auto"
        }
        return "continue it with \(wording.continuation(output: path))"
    }

    /// The folder of the run that `path` names: that itself, its folder of checkpoints, or one of these; nil for another.
    package static func owner(of path: String) -> String? {
        func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
        if holds(checkpointsName) || holds(configurationName) { return path }
        // The name may be a point, or lead through links.
        var folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        if PathParts.name(of: folder) != checkpointsName { folder = PathParts.folder(of: folder) }
        return PathParts.name(of: folder) == checkpointsName ? PathParts.folder(of: folder) : nil
    }

    /// Removes what killed runs have left.
    private static func clear(_ path: String) throws {
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        where name.hasPrefix(".") && (name.hasSuffix(".tmp") || name.hasPrefix(".probe-")) {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
        try CheckpointCatalogue("\(path)/\(checkpointsName)").sweep()
    }

    /// Makes sure that files can be written, better now than after hours, and tells once where the file system cannot bring
    /// them to the disk; the seconds that it took.
    private static func probe(_ folder: String, warn: (String) -> Void) throws -> Double {
        try FileOutput.makeFolder(folder)
        let start = ProcessInfo.processInfo.systemUptime
        let flushesFiles = try FileOutput.probe(folder: folder, byteCount: probeBytes)
        // An error of a folder is for the first checkpoint to find, which training survives.
        let flushesFolders = (try? FileOutput.synchronize(folder: folder)) ?? true
        let seconds = ProcessInfo.processInfo.systemUptime - start
        if !flushesFiles || !flushesFolders {
            warn(
                "the file system of \(folder) cannot bring \(flushesFiles ? "folders" : flushesFolders ? "files" : "files and folders") to the disk (fsync): after a power cut the newest may be gone; training goes on"
            )
        }
        return seconds
    }

    /// What must fit into the folder before a run starts.
    private static let probeBytes = 1 << 16

    private static func empty(_ path: String) throws {
        let names =
            [
                configurationName, descriptionName, metricsName, weightsName, bestWeightsName, scalingName,
                whiteningName, predictionsName, timingName, diagnosisName, checkpointsName, profileName,
            ] + TableLog.Kind.allCases.map(\.fileName) + TensorBoardLog.fileNames(in: path)
        for name in names where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
            do {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            } catch {
                throw TrainingError(.io, "cannot remove \(path)/\(name) of the run before")
            }
        }
    }
}

import Cluster
import DataParallel
import Files
import Foundation
import Glibc

/// The output folder of a run: its files, and the lock that keeps other runs out.
package final class RunFolder {
    /// The path of the folder.
    package let path: String
    /// The seconds that it took to test writing there, which is waiting for the disk twice.
    let probeSeconds: Double
    private let keeper: LockKeeper
    private let replaces: Bool

    /// The resolved configuration.
    package static let configurationName = "config.yaml"
    /// The settings of a Swift program's run, which has no such configuration.
    package static let descriptionName = "program.json"
    /// The metrics of steps, epochs and the end.
    package static let metricsName = "metrics.jsonl"
    /// The final weights.
    package static let weightsName = "weights.safetensors"
    /// The weights with the lowest validation loss.
    package static let bestWeightsName = "best.safetensors"
    /// The scaling of features.
    package static let scalingName = "normalization.json"
    /// The matrix that whitens features, if they are whitened.
    package static let whiteningName = "whitening.safetensors"
    /// The final weights' predictions for the test examples.
    package static let predictionsName = "predictions.safetensors"
    /// How long ranks spent on what.
    package static let timingName = "timing.json"
    /// What is known about the loss around the run's weights.
    package static let diagnosisName = "diagnosis.json"
    /// The parameters at steps of the run, and the rows that it is made of.
    package static let pathName = "path.safetensors"
    static let pathRowsName = "path.rows"
    static let checkpointsName = "checkpoints"
    /// The folder of the profile.
    static let profileName = "profile"
    private static let lockName = ".lock"

    /// Opens the folder for `settings` and locks it; `FolderLock` says what happens to the lock when the process ends.
    ///
    /// A run that continues automatically, for instance when a batch system restarts it, waits for the earlier process
    /// to end.
    ///
    /// - Parameters:
    ///   - warn: Prints a warning about what the file system cannot do.
    ///   - waits: Called a few times a second while another run may hold the folder; the first time with a message for
    ///     a person.
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
            path = Self.free(path)
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

    /// Throws if another run has taken the folder, which is possible only with a lease. Call it before writing anything
    /// that matters.
    func requireLock() throws { try Self.require(keeper.lock, path) }

    /// The same check, for other threads.
    var lockRequirement: @Sendable () throws -> Void {
        { [lock = keeper.lock, path] in try Self.require(lock, path) }
    }

    /// Whether the folder still belongs to this run, as far as is known without asking the file system.
    var seemsLocked: Bool { keeper.lock.seemsHeld }

    /// Throws where another run has taken the folder that was locked.
    static func require(_ lock: FolderLock, _ path: String) throws {
        guard !lock.holds() else { return }
        throw TrainingError(
            .output,
            "another run has taken \(path), whose lease this one could not renew in time: let that one go on, or choose another --output"
        )
    }

    /// Removes the run that is to be replaced; called when the new one is certain to start.
    func removeReplaced() throws {
        guard replaces else { return }
        try requireLock()
        try Self.empty(path)
        try FileOutput.makeFolder(checkpoints)
    }

    /// The path of a file of the run.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The folder of checkpoints.
    var checkpoints: String { file(Self.checkpointsName) }

    /// Whether a folder contains a run's files.
    static func isUsed(_ path: String) -> Bool {
        [configurationName, descriptionName, metricsName, weightsName].contains {
            FileManager.default.fileExists(atPath: "\(path)/\($0)")
        } || !CheckpointCatalogue("\(path)/\(checkpointsName)").steps.isEmpty
    }

    /// The folder for a run's results that takes the next free name: the folder itself, or with -2, -3, ... behind it.
    static func free(_ output: String) -> String {
        guard isUsed(output) else { return output }
        var number = 2
        while isUsed("\(output)-\(number)") { number += 1 }
        return "\(output)-\(number)"
    }

    /// How to continue the run in a folder, in the words of `wording`.
    static func continuation(of path: String, _ wording: Wording) throws -> String {
        if wording != .swift, let run = try RunDescription(folder: path) {
            return "continue it with the Swift program \(run.program) and its settings.resume = .auto"
        }
        return "continue it with \(wording.continuation(output: path))"
    }

    /// The folder of the run that `path` names: the run's folder itself, its folder of checkpoints, or a checkpoint;
    /// nil if it is none of these.
    package static func owner(of path: String) -> String? {
        func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
        if holds(checkpointsName) || holds(configurationName) { return path }
        // The name may be "." or lead through links.
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

    /// Tests that files can be written, before hours of training, and warns if the file system cannot wait for the
    /// disk; returns the seconds that it took.
    private static func probe(_ folder: String, warn: (String) -> Void) throws -> Double {
        try FileOutput.makeFolder(folder)
        let start = ProcessInfo.processInfo.systemUptime
        let flushesFiles = try FileOutput.probe(folder: folder, byteCount: probeBytes)
        // If the folder cannot be flushed, the first checkpoint will find out; training survives that.
        let flushesFolders = (try? FileOutput.synchronize(folder: folder)) ?? true
        let seconds = ProcessInfo.processInfo.systemUptime - start
        if !flushesFiles || !flushesFolders {
            warn(
                "the file system of \(folder) cannot bring \(flushesFiles ? "folders" : flushesFolders ? "files" : "files and folders") to the disk (fsync): after a power cut the newest may be gone; training goes on"
            )
        }
        return seconds
    }

    /// The bytes that must fit into the folder before a run starts.
    private static let probeBytes = 1 << 16

    private static func empty(_ path: String) throws {
        let names =
            [
                configurationName, descriptionName, metricsName, weightsName, bestWeightsName, scalingName,
                whiteningName, predictionsName, timingName, diagnosisName, checkpointsName, profileName,
                pathName, pathRowsName,
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

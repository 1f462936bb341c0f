import DataParallel
import Foundation
import Glibc

/// The output folder of a run: its files, and the lock that keeps a second run out.
package final class RunFolder {
    /// The folder.
    package let path: String
    private let lock: Int32
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
    static let checkpointsName = "checkpoints"
    /// Where a profile goes.
    static let profileName = "profile"
    private static let lockName = ".lock"

    /// Opens the folder for `settings` and locks it; the kernel drops the lock with the process.
    init(_ settings: TrainingSettings, _ wording: Wording) throws {
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
        let lockPath = "\(path)/\(Self.lockName)"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw TrainingError(
                .output,
                "cannot write to \(path): \(String(cString: strerror(errno))); choose another --output")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw TrainingError(
                .output, "another run is writing to \(path): wait for it or choose another --output")
        }
        self.path = path
        replaces = isUsed && settings.overwritesOutput
        try prepare()
    }

    /// Removes the run that is to be replaced, once it is known that the new one can start.
    func removeReplaced() throws {
        guard replaces else { return }
        try Self.empty(path)
        try FileOutput.makeFolder(checkpoints)
    }

    deinit { close(lock) }

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

    /// Removes what killed runs have left and makes sure that files can be written: better now than after hours.
    private func prepare() throws {
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        where name.hasPrefix(".") && (name.hasSuffix(".tmp") || name.hasPrefix(".probe-")) {
            try? FileManager.default.removeItem(atPath: file(name))
        }
        CheckpointCatalogue(checkpoints).sweep()
        try FileOutput.makeFolder(checkpoints)
        try FileOutput.probe(folder: checkpoints, byteCount: Self.probeBytes)
    }

    /// What must fit into the folder before a run starts.
    private static let probeBytes = 1 << 16

    private static func empty(_ path: String) throws {
        let names = [
            configurationName, descriptionName, metricsName, weightsName, bestWeightsName, scalingName,
            whiteningName,
            checkpointsName, profileName,
        ]
        for name in names where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
            do {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            } catch {
                throw TrainingError(.io, "cannot remove \(path)/\(name) of the run before")
            }
        }
    }
}

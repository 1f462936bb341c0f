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
                throw TrainingError(
                    .output,
                    "\(path) holds a run already: replace it with --overwrite, or continue it with \(wording.continuation(output: path))"
                )
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
        [configurationName, metricsName, weightsName].contains {
            FileManager.default.fileExists(atPath: "\(path)/\($0)")
        } || !CheckpointCatalogue("\(path)/\(checkpointsName)").steps.isEmpty
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
            configurationName, metricsName, weightsName, bestWeightsName, scalingName, whiteningName,
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

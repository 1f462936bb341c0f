import Files
import Foundation
import Glibc

/// The checkpoints in a folder, known by their names alone.
package struct CheckpointCatalogue: Sendable {
    /// The folder.
    package let path: String

    /// The checkpoints in the folder at `path`, which need not exist.
    package init(_ path: String) { self.path = path }

    /// The steps that have a checkpoint, whole or damaged, in ascending order.
    package var steps: [Int] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .compactMap(CheckpointFormat.step(ofFolder:)).sorted()
    }

    /// Throws if the folder exists but cannot be read.
    func requireReadable() throws {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return }
            throw TrainingError(.io, "cannot look into \(path): \(SystemError())")
        }
        closedir(folder)
    }

    /// The folder of the checkpoint of a step.
    package func folder(step: Int) -> String { "\(path)/\(CheckpointFormat.folder(step: step))" }

    /// The checkpoints, newest first.
    package var newestFirst: [String] { steps.reversed().map(folder) }

    /// The folder in which this process writes the checkpoint of a step.
    func temporaryFolder(step: Int) -> String {
        "\(path)/.\(CheckpointFormat.folder(step: step)).\(getpid())\(Self.temporarySuffix)"
    }

    /// The folder to which an older checkpoint of the same step is moved while the new one takes its name.
    func replacedFolder(step: Int) -> String {
        "\(path)/.\(CheckpointFormat.folder(step: step))\(Self.replacedSuffix)"
    }

    /// Removes what killed runs have left, and restores a checkpoint that was about to be replaced. Only the holder of
    /// the run folder's lock may call it.
    package func sweep() throws {
        let manager = FileManager.default
        for name in ((try? manager.contentsOfDirectory(atPath: path)) ?? []).sorted()
        where name.hasPrefix(".") {
            if name.hasSuffix(Self.replacedSuffix),
                let step = CheckpointFormat.step(
                    ofFolder: String(name.dropFirst().dropLast(Self.replacedSuffix.count))),
                !manager.fileExists(atPath: folder(step: step))
            {
                try FileOutput.move("\(path)/\(name)", to: folder(step: step))
            } else {
                try? manager.removeItem(atPath: "\(path)/\(name)")
            }
        }
    }

    private static let temporarySuffix = ".tmp"
    private static let replacedSuffix = ".old"
}

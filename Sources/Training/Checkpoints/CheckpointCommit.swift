import Cluster
import DataParallel
import Foundation

/// The last phase of a checkpoint, once all its files are on disk: it gets its manifest and its name, and older
/// checkpoints are removed.
package struct CheckpointCommit: Sendable {
    /// The checkpoints of the run.
    package let catalogue: CheckpointCatalogue
    /// The folder in which this checkpoint was written.
    package let temporary: String
    /// The manifest of its files.
    package let manifest: CheckpointManifest
    /// Which checkpoints are removed.
    package let pruning: CheckpointPruning
    /// Throws if another run has taken the folder.
    private let requireFolder: @Sendable () throws -> Void

    /// The commit of the checkpoint in the folder `temporary`.
    package init(
        catalogue: CheckpointCatalogue, temporary: String, manifest: CheckpointManifest,
        pruning: CheckpointPruning, requireFolder: @escaping @Sendable () throws -> Void = {}
    ) {
        self.catalogue = catalogue
        self.temporary = temporary
        self.manifest = manifest
        self.pruning = pruning
        self.requireFolder = requireFolder
    }

    /// Makes the checkpoint final. If this fails, there is nothing under its name, and older checkpoints are unchanged.
    package func run() throws {
        do {
            try writeManifest()
            try requireFolder()
            try takeName()
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        prune()
    }

    private func writeManifest() throws {
        FaultPoint.reach(.checkpointManifest, step: manifest.step)
        try FileOutput.write(try manifest.encoded(), to: "\(temporary)/\(CheckpointFormat.manifest)")
        try FileOutput.synchronize(folder: temporary)
    }

    private func takeName() throws {
        let final = catalogue.folder(step: manifest.step)
        let replaced = catalogue.replacedFolder(step: manifest.step)
        let replaces = FileManager.default.fileExists(atPath: final)
        // The checkpoint of this step exists already, from before a resume. If the process ends here, one of the two is
        // left, and the next start restores it.
        if replaces {
            try? FileManager.default.removeItem(atPath: replaced)
            try FileOutput.move(final, to: replaced)
        }
        FaultPoint.reach(.checkpointRename, step: manifest.step)
        do { try FileOutput.move(temporary, to: final) } catch {
            if replaces { try? FileOutput.move(replaced, to: final) }
            throw error
        }
        FaultPoint.reach(.checkpointPrune, step: manifest.step)
        try FileOutput.synchronize(folder: catalogue.path)
        if replaces { try? FileManager.default.removeItem(atPath: replaced) }
    }

    private func prune() {
        for step in pruning.removed(of: catalogue.steps, newest: manifest.step) {
            // Renamed first, because a partly deleted folder must not pass for a checkpoint.
            let doomed = catalogue.temporaryFolder(step: step)
            guard (try? FileOutput.move(catalogue.folder(step: step), to: doomed)) != nil else { continue }
            FaultPoint.reach(.checkpointPrune, step: manifest.step)
            try? FileManager.default.removeItem(atPath: doomed)
        }
    }
}

import Cluster
import DataParallel
import Foundation

/// The end of a checkpoint, once all its files are on disk: it gets its manifest and its name, and older ones go.
package struct CheckpointCommit: Sendable {
    /// Where checkpoints are.
    package let catalogue: CheckpointCatalogue
    /// Where this one was written.
    package let temporary: String
    /// What stands there.
    package let manifest: CheckpointManifest
    /// What goes.
    package let pruning: CheckpointPruning
    /// Throws where the folder is another run's by now.
    private let requireFolder: @Sendable () throws -> Void

    /// The end of the checkpoint that was written to `temporary`.
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

    /// Makes the checkpoint final; where that fails nothing stands under its name, and older ones are as they were.
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
        // The same step again, after a resume from before it. Whenever the process ends here, one of the two is left,
        // and the next start brings it back.
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
            // Under another name first: half of a folder must not pass for a checkpoint.
            let doomed = catalogue.temporaryFolder(step: step)
            guard (try? FileOutput.move(catalogue.folder(step: step), to: doomed)) != nil else { continue }
            FaultPoint.reach(.checkpointPrune, step: manifest.step)
            try? FileManager.default.removeItem(atPath: doomed)
        }
    }
}

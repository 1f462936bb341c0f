import Cluster
import DataParallel
import Foundation
import Layers
import Safetensors

/// Trained weights, named by a safetensors file, a run's folder, its folder of checkpoints, or a checkpoint.
///
/// If a run has not ended, its best weights are used instead of the final ones; if there are none, its newest
/// checkpoint.
package struct SavedWeights {
    /// A place where weights may be; places are tried in order.
    private enum Place {
        case file(String)
        case best(String)
        case checkpoint(String)

        var path: String {
            switch self {
            case .file(let path), .best(let path), .checkpoint(let path): path
            }
        }
    }

    private let named: String
    private let places: [Place]
    /// The folders that may contain the run's other files.
    private let folders: [String]

    /// Weights that were found.
    struct Found {
        /// Where the weights are, and of which step, in messages.
        let origin: String
        /// Whether they are a file that was named, or the run's final weights.
        let isFinal: Bool
        /// The file.
        let file: SafetensorsFile
    }

    /// Looks for weights at `path` without reading them; throws if there are none.
    package init(_ path: String) throws {
        named = path
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TrainingError(
                .badFile,
                "there are no weights at \(path): give a run's folder, one of its checkpoints or a safetensors file; paths in a file are relative to it, on the command line to the current folder"
            )
        }
        guard isFolder.boolValue else {
            // A foreign format is reported before anything that is missing beside the file.
            try SafetensorsFile.refuseForeign(path: path)
            places = [.file(path)]
            let folder = Self.parent(of: path)
            folders = [folder] + Self.run(ofCheckpoint: folder)
            return
        }
        let run = Self.run(ofCheckpoint: path)
        if !run.isEmpty {
            (places, folders) = ([.checkpoint(path)], [path] + run)
            return
        }
        if exists(RunFolder.weightsName) {
            (places, folders) = ([.file("\(path)/\(RunFolder.weightsName)")], [path])
            return
        }
        var checkpoints: [String] = []
        if case .newest(let all) = CheckpointSource(path) { checkpoints = all }
        let best: [Place] =
            exists(RunFolder.bestWeightsName) ? [.best("\(path)/\(RunFolder.bestWeightsName)")] : []
        places = best + checkpoints.map(Place.checkpoint)
        let isRun = exists(RunFolder.checkpointsName) || checkpoints.isEmpty
        folders = [path] + (isRun ? [] : [Self.parent(of: path)])
        guard !places.isEmpty else {
            throw TrainingError(
                .badFile,
                "\(path) has no weights, neither \(RunFolder.weightsName) nor a checkpoint: give a run's folder, one of its checkpoints or a safetensors file"
            )
        }
    }

    /// The path of another file of the run, or where that would be.
    package func file(_ name: String) -> String {
        let paths = folders.map { "\($0)/\(name)" }
        return paths.first { FileManager.default.fileExists(atPath: $0) } ?? paths[paths.count - 1]
    }

    /// Reads the first complete weights, with a warning for each checkpoint that is damaged.
    func find() throws -> Found {
        let isOnly = places.count == 1
        for place in places {
            do { return try read(place) } catch {
                if isOnly { throw error }
                DistributedProgram.warn("skipped \(place.path): \(error)")
            }
        }
        throw TrainingError(
            .badFile, "\(named) holds no weights that can be used: give another run, or a safetensors file")
    }

    private func read(_ place: Place) throws -> Found {
        switch place {
        case .file(let path):
            return Found(origin: path, isFinal: true, file: try SafetensorsFile.read(path: path))
        case .best(let path):
            return Found(
                origin: "\(path), the best so far of a run that has not ended" + (try stepOfBest(path)),
                isFinal: false, file: try SafetensorsFile.read(path: path))
        case .checkpoint(let path):
            let checkpoint = try CheckpointVerification(path)
            return Found(
                origin: "\(path), a checkpoint of step \(checkpoint.manifest.step)", isFinal: false,
                file: try checkpoint.tensors(CheckpointFormat.weights))
        }
    }

    /// The epoch and step of the best weights, if a checkpoint contains the same file.
    private func stepOfBest(_ path: String) throws -> String {
        for case .checkpoint(let folder) in places {
            guard let checkpoint = try? CheckpointVerification(folder),
                let known = checkpoint.manifest.file(CheckpointFormat.best)
            else { continue }
            var digest = Digest()
            try FileInput(path).forEachPiece { $0.withUnsafeBytes { digest.add($0) } }
            guard Digest.text(digest.bytes) == known.sha256 else { return "" }
            let position = checkpoint.state.position
            let step = position.policy.bestStep > 0 ? " (step \(position.policy.bestStep))" : ""
            return ", of epoch \(position.policy.watch.bestEpoch)\(step)"
        }
        return ""
    }

    /// The folder of the run that a checkpoint's folder belongs to; empty if it is not a checkpoint.
    private static func run(ofCheckpoint path: String) -> [String] {
        let files = [CheckpointFormat.manifest, CheckpointFormat.state]
        let isNamed = CheckpointFormat.step(ofFolder: PathParts.name(of: path)) != nil
        guard isNamed || files.allSatisfy({ FileManager.default.fileExists(atPath: "\(path)/\($0)") }) else {
            return []
        }
        return [parent(of: parent(of: path))]
    }

    private static func parent(of path: String) -> String {
        if [".", ".."].contains(PathParts.name(of: path)) { return "\(path)/.." }
        let folder = PathParts.folder(of: path)
        return folder.isEmpty ? "." : folder
    }
}

import DataParallel
import Foundation
import Optimizers
import Safetensors

/// Where a run stands between two steps: everything that resume needs beside the data and the settings.
package struct RunPosition: Codable, Sendable, Equatable {
    /// Optimizer steps taken.
    package var step = 0
    /// The epoch under way, from 0.
    package var epoch = 0
    /// Mini-batches of it that are done.
    package var batch = 0
    /// Σ loss and examples of the epoch so far.
    package var epochLossSum = 0.0
    package var epochExamples = 0
    /// Bytes of metrics.jsonl that are final.
    package var metricsLength = 0
    /// The best value so far of what is watched.
    package var watch = MetricWatch()
    /// Examples of a mini-batch in each epoch so far, the one under way included, where measurements decide.
    package var batches: [Int] = []
    /// Steps whose gradient was not finite, in all and in a row up to now.
    package var skippedSteps = 0
    package var skippedInRow = 0
    /// How far a learning rate that follows a metric has fallen.
    package var plateau = PlateauState()
    /// The gradient noise scale so far.
    package var noise = NoiseScale()
    /// What is known of each parameter's gradients.
    package var monitor = GradientMonitor()
    /// The update rule's numbers of a delayed step whose gradient the checkpoint holds.
    package var delayedNumbers: [Double]?
    /// Whether the run has ended by itself.
    package var isFinished = false
}

/// A checkpoint folder: weights, optimizer state, position, and a manifest that proves them whole.
enum Checkpoint {
    private static let weightsName = "weights.safetensors"
    private static let optimizerName = "optimizer.safetensors"
    private static let stateName = "state.json"
    private static let manifestName = "manifest.json"
    private static let prefix = "step-"
    /// What is in the files; to be raised when checkpoints of before cannot be read any more.
    private static let format = 2

    private struct Manifest: Codable {
        struct File: Codable {
            let name: String
            let bytes: Int
            let sha256: String
        }
        let format: Int
        let identity: String
        let files: [File]
    }

    private struct State: Codable {
        let position: RunPosition
        let optimizer: String
    }

    /// The update rule's state arrays, and the gradient that is on its way if there is one.
    private static func arrayNames(of replica: Replica, isDelayed: Bool) -> [String] {
        replica.settings.rule.stateNames + (isDelayed ? ["delayed_gradient"] : [])
    }

    /// The file of the whole state arrays of all parameters, to be written by rank 0; collective.
    ///
    /// - Parameter isDelayed: Whether a delayed gradient is among them.
    static func optimizerFile(
        of replica: Replica, isDelayed: Bool
    ) throws -> Result<SafetensorsWriter, any Error> {
        var writer = SafetensorsWriter()
        var failure: (any Error)?
        for (array, name) in arrayNames(of: replica, isDelayed: isDelayed).enumerated() {
            for entry in replica.state.layout.entries {
                guard let values = try replica.optimizerState(array, entry), failure == nil else { continue }
                let variable = replica.state.model.variables[entry.variable]
                // The other ranks go on gathering, so what goes wrong here is said afterwards.
                do {
                    try writer.add(
                        name: "\(name).\(variable.name)", shape: variable.shape, floats: values)
                } catch { failure = error }
            }
        }
        return failure.map { .failure($0) } ?? .success(writer)
    }

    /// Writes a checkpoint of `replica` under `folder` and keeps the newest `keep`; called on rank 0.
    ///
    /// - Parameters:
    ///   - optimizerFile: What `optimizerFile(of:)` gave.
    ///   - identity: What the run is; resume refuses a checkpoint of another one.
    static func write(
        _ replica: Replica, _ optimizerFile: SafetensorsWriter, _ position: RunPosition, identity: String,
        folder: String, keep: Int
    ) throws {
        try FileOutput.makeFolder(folder)
        let name =
            prefix + String(repeating: "0", count: max(0, 9 - String(position.step).count))
            + String(position.step)
        let temporary = "\(folder)/.\(name).\(getpid()).tmp"
        let final = "\(folder)/\(name)"
        try? FileManager.default.removeItem(atPath: temporary)
        try FileOutput.makeFolder(temporary)
        do {
            try WeightsFile.write(
                replica.state, trainedBatches: position.step, to: "\(temporary)/\(weightsName)")
            try optimizerFile.write(to: "\(temporary)/\(optimizerName)")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let state = State(position: position, optimizer: replica.settings.rule.name)
            try FileOutput.write(try encoder.encode(state), to: "\(temporary)/\(stateName)")
            let files = try [weightsName, optimizerName, stateName].map { name in
                let data = try contents("\(temporary)/\(name)")
                return Manifest.File(name: name, bytes: data.count, sha256: Digest.ofFile(data))
            }
            try FileOutput.write(
                try encoder.encode(Manifest(format: format, identity: identity, files: files)),
                to: "\(temporary)/\(manifestName)")
            try FileOutput.synchronize(folder: temporary)
            if FileManager.default.fileExists(atPath: final) {
                // The same step again: a resumed run reached it before its first new checkpoint.
                try FileManager.default.removeItem(atPath: final)
            }
            try FileOutput.move(temporary, to: final)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        try FileOutput.synchronize(folder: folder)
        for old in names(in: folder).dropLast(max(1, keep)) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(old)")
        }
    }

    /// The newest valid checkpoint under `folder`, and those that had to be skipped with the reason.
    static func newest(in folder: String) -> (path: String?, skipped: [String]) {
        var skipped: [String] = []
        for name in names(in: folder).reversed() {
            do {
                _ = try verified("\(folder)/\(name)")
                return ("\(folder)/\(name)", skipped)
            } catch {
                skipped.append("\(folder)/\(name): \(error)")
            }
        }
        return (nil, skipped)
    }

    /// The position in a checkpoint, after its files were checked against the manifest.
    static func position(of path: String, identity: String) throws -> RunPosition {
        let manifest = try verified(path)
        guard manifest.identity == identity else {
            throw TrainingError(
                .configuration,
                "\(path) was made by a run with other data, model or settings: use the run's own configuration"
            )
        }
        do {
            return try JSONDecoder().decode(State.self, from: try contents("\(path)/\(stateName)")).position
        } catch {
            throw TrainingError(.badFile, "\(path)/\(stateName) cannot be read; use an older checkpoint")
        }
    }

    /// Gives `replica` a checkpoint's values; collective, read by rank 0.
    static func load(_ path: String, _ position: RunPosition, into replica: Replica) throws {
        let isRoot = replica.cluster.rank == 0
        var values: [[Float]]?
        if isRoot { values = try WeightsFile.read("\(path)/\(weightsName)", for: replica.state.model).values }
        try replica.state.set(values)
        let file = isRoot ? try SafetensorsFile.read(path: "\(path)/\(optimizerName)") : nil
        let names = arrayNames(of: replica, isDelayed: position.delayedNumbers != nil)
        for (place, name) in names.enumerated() {
            for entry in replica.state.layout.entries {
                let variable = replica.state.model.variables[entry.variable]
                var tensor =
                    try file?.tensor(named: "\(name).\(variable.name)")
                    ?? Array(repeating: 0, count: entry.count)
                guard tensor.count == entry.count else {
                    throw TrainingError(
                        .badFile, "\(path): \(name).\(variable.name) has \(tensor.count) elements")
                }
                try replica.cluster.world.broadcast(&tensor, root: 0)
                replica.setOptimizerState(place, entry, tensor)
            }
        }
        try replica.cluster.world.barrier()
        if let numbers = position.delayedNumbers { try replica.restorePending(numbers: numbers) }
    }

    private static func verified(_ path: String) throws -> Manifest {
        let manifest: Manifest
        do {
            manifest = try JSONDecoder().decode(Manifest.self, from: try contents("\(path)/\(manifestName)"))
        } catch {
            throw TrainingError(.badFile, "\(path) has no readable manifest: it is no whole checkpoint")
        }
        guard manifest.format == format,
            manifest.files.map(\.name) == [weightsName, optimizerName, stateName]
        else {
            throw TrainingError(.badFile, "\(path)/\(manifestName) is of another format")
        }
        for file in manifest.files {
            let data = try contents("\(path)/\(file.name)")
            guard data.count == file.bytes, Digest.ofFile(data) == file.sha256 else {
                throw TrainingError(
                    .badFile, "\(path)/\(file.name) is damaged: it is not what the manifest says")
            }
        }
        return manifest
    }

    private static func contents(_ path: String) throws -> Data {
        do { return try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw TrainingError(.badFile, "cannot read \(path)")
        }
    }

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasPrefix(prefix) && $0.dropFirst(prefix.count).allSatisfy(\.isNumber)
        }.sorted { (Int($0.dropFirst(prefix.count)) ?? 0) < (Int($1.dropFirst(prefix.count)) ?? 0) }
    }
}

import DataParallel
import Foundation

@testable import Training

/// A small checkpoint on disk, as a run of two ranks would leave it.
struct TinyCheckpoint {
    /// The folder of checkpoints, and the checkpoint.
    let folder: String
    let path: String

    /// What run it is of.
    static let identity = RunIdentity(
        settings: [RunIdentity.Entry(key: "training.batch", value: .whole(32))], model: "m", data: "d")
    static let environment = RunEnvironment(instructionSet: "avx2", libraries: ["oneDNN": "2.6.3"])

    /// Writes the checkpoint of a step into a folder of its own, or into one that is there.
    init(step: Int = 12, in given: String? = nil, keep: Int = 3, value: Float = 1) throws {
        let folder =
            given ?? NSTemporaryDirectory() + "dtrain-checkpoint-\(getpid())-\(UUID().uuidString)"
        self.folder = folder
        let catalogue = CheckpointCatalogue(folder)
        path = catalogue.folder(step: step)
        let temporary = catalogue.temporaryFolder(step: step)
        try FileOutput.makeFolder(temporary)
        var position = RunPosition()
        position.progress.step = step
        position.ruleMemory = [.infinity, -0.0, .nan, 0.1]
        let weights = try CheckpointFile(
            CheckpointFormat.weights,
            tensors: [("0.weight", [2, 3], try FloatCopy([1, 2, 3, 4, 5, value]))],
            scalars: [("1.num_batches_tracked", step)])
        let parts = try (0..<2).map { place in
            try CheckpointFile(
                CheckpointFormat.optimizer(place),
                tensors: [("exp_avg.0.weight@\(place * 3)", [3], try FloatCopy([7, 8, 9]))])
        }
        let state = CheckpointFile(
            CheckpointFormat.state, try CheckpointState(optimizer: "adam", position: position).encoded())
        let files = try ([weights, state] + parts).map { try $0.write(in: temporary) }
        try CheckpointCommit(
            catalogue: catalogue, temporary: temporary,
            manifest: try CheckpointManifest(
                files: files, identity: TinyCheckpoint.identity, environment: TinyCheckpoint.environment,
                step: step),
            pruning: CheckpointPruning(keep: keep)
        ).run()
    }

    /// The names of its files.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// Throws unless the checkpoint is whole.
    func verify() throws { try CheckpointVerification(path).check() }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

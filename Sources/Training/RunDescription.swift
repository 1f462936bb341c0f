import DataParallel
import FixedTree
import Foundation
import Graph
import Layers

/// The settings of a Swift program's run, saved in place of a configuration: everything except the model, which is
/// code.
package struct RunDescription: Codable, Sendable {
    /// The name of the program.
    package let program: String
    /// The loss that training minimized.
    let loss: Loss
    /// The names of the metrics beside the loss; nil for the standard ones of the targets.
    let metrics: [String]?
    /// The names of the data sets.
    let training: String
    let test: String?
    let validation: String?
    /// The name of the normalization of features.
    let normalization: String
    /// The examples of a mini-batch, in training and evaluation; nil for all.
    let batch: Int?
    /// The number of shards of a mini-batch.
    let shards: Int
    /// How activations are stored; nil in files that are older than the setting, for Float32.
    let precision: Precision?
    let epochs: Int
    let seed: UInt64

    /// The description of the run of `settings`.
    init(_ settings: TrainingSettings) {
        program = PathParts.name(of: CommandLine.arguments.first ?? "program")
        loss = settings.loss
        metrics = settings.metrics.map { $0.map(\.name) }
        training = settings.data.training.name
        test = settings.data.test?.name
        switch settings.data.validation {
        case .fraction(let fraction): validation = "\(fraction) of the training set"
        case .files(let source): validation = source.name
        case nil: validation = nil
        }
        normalization = settings.data.normalization.option.description
        batch = settings.batchIfAny
        shards = settings.shardCount
        precision = settings.precision
        epochs = settings.epochs
        seed = settings.seed
    }

    /// The description in a run's folder; nil if there is none.
    package init?(folder: String) throws {
        let path = "\(folder)/\(RunFolder.descriptionName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let run = try? JSONDecoder().decode(
            RunDescription.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        guard let run, Self.batches.contains(run.batch ?? 1), Self.shardCounts.contains(run.shards) else {
            throw TrainingError(
                .badFile, "\(path) is damaged: train with the program again, or remove the file")
        }
        self = run
    }

    // The same limits as a configuration's.
    private static let batches = 1...16_777_216
    private static let shardCounts = 1...ShardBounds.most

    /// Writes the description into a run's folder.
    func write(to folder: RunFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try FileOutput.write(try encoder.encode(self), to: folder.file(RunFolder.descriptionName))
    }

    /// Throws if a Swift program made the run in a folder; only that program can continue it.
    package static func requireResumable(_ folder: String) throws {
        guard let run = try RunDescription(folder: folder) else { return }
        throw TrainingError(
            .configuration,
            "\(folder) is a run of the Swift program \(run.program), which has its model: continue it there, with settings.resume = .auto"
        )
    }

    /// Throws if a Swift program made the run in a folder, so that the command line does not know its model.
    package static func requireModel(_ folder: String) throws {
        guard let run = try RunDescription(folder: folder) else { return }
        throw TrainingError(
            .configuration,
            "\(folder) is a run of the Swift program \(run.program), which has its model: evaluate and predict there with Trainer.evaluate and Trainer.predict, or give a configuration that describes the model with --config"
        )
    }
}

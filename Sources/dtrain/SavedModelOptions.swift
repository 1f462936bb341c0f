import ArgumentParser
import Configuration
import DataParallel
import Datasets
import Foundation
import Training

/// What evaluate and predict have in common: trained weights, their configuration and data.
struct SavedModelOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("A run's folder or a safetensors file.", valueName: "run-or-weights"))
    var weights: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The run's configuration; by default config.yaml beside the weights.", valueName: "file.yaml"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Changes one key of the configuration; may be repeated.", valueName: "key.path=value"))
    var settings: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "test, train, or files as in {format: idx, features: FILE, labels: FILE}; by default test.",
            valueName: "data"))
    var data: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The file for results, instead of standard output.", valueName: "file"))
    var output: String?

    /// The configuration the weights were trained with.
    func configuration() throws -> RunConfiguration {
        let overrides = try settings.map(ConfigurationOverride.set)
        if let config { return try RunConfiguration(file: config, overrides: overrides) }
        let path = SavedModel.weightsPath(weights)
        try requireWeights(path)
        let folder = PathParts.folder(of: path)
        let beside = (folder.isEmpty ? "." : folder) + "/config.yaml"
        guard FileManager.default.fileExists(atPath: beside) else {
            try RunDescription.requireModel(folder.isEmpty ? "." : folder)
            throw ValidationError(
                "\(weights) has no config.yaml beside it: give the run's configuration with --config")
        }
        return try RunConfiguration(file: beside, overrides: overrides)
    }

    private func requireWeights(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw TrainingError(
                .badFile, "there is no weights file \(path): give a run's folder or a safetensors file")
        }
    }

    /// The data named by --data.
    func files(_ configuration: RunConfiguration, needsLabels: Bool) throws -> DataFiles {
        let files: DataFiles
        switch data {
        case nil: files = configuration.data.test ?? configuration.data.train
        case "test":
            guard let test = configuration.data.test else {
                throw ValidationError("the configuration has no data.test")
            }
            files = test
        case "train": files = configuration.data.train
        case let given?:
            files = try DataFiles(
                yaml: given, currentFolder: FileManager.default.currentDirectoryPath, needsLabels: needsLabels
            )
        }
        for (key, path) in files.paths where !FileManager.default.fileExists(atPath: path) {
            if needsLabels || !key.hasPrefix("labels") { throw MissingDataError(path: path, key: key) }
        }
        return files
    }

    /// Checks what can be checked without MPI and loads the model on all ranks.
    func run(predicts: Bool, _ body: (SavedModel, Cluster) throws -> Void) throws {
        let configuration = try configuration()
        let files = try files(configuration, needsLabels: !predicts)
        let path = SavedModel.weightsPath(weights)
        try requireWeights(path)
        let source = predicts ? files.source.withoutLabels : files.source
        try Launch.run(configuration.training) { cluster in
            try Launch.located(configuration) {
                let model = try SavedModel(
                    weights: path, source: source, loss: configuration.loss,
                    metrics: configuration.evaluation.metrics,
                    batch: configuration.training.evaluationBatch,
                    shards: configuration.training.shards, workers: configuration.training.workers,
                    predicts: predicts,
                    on: cluster
                ) { classes in try configuration.model.makeModel(classes: classes) }
                try body(model, cluster)
            }
        }
    }
}

import ArgumentParser
import Cluster
import Configuration
import Foundation
import Training

/// Trained weights and the configuration they were trained with.
struct TrainedModelOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A run's folder, a checkpoint, or a safetensors file.", valueName: "run-or-weights"),
        completion: Completion.weights)
    var weights: String

    @Option(
        name: .long,
        help: ArgumentHelp("Instead of config.yaml beside the weights.", valueName: "file.yaml"),
        completion: Completion.configurations)
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Changes one key of the configuration; may be repeated.", valueName: "key.path=value"),
        completion: Completion.settings)
    var settings: [String] = []

    @Flag(name: .long, help: "Prints results, warnings and errors alone.")
    var quiet = false

    /// How much is printed.
    var printing: Printing { quiet ? .quiet : .lines }

    /// The configuration that the weights were trained with; throws if there are no weights.
    func configuration() throws -> RunConfiguration {
        guard !UsageAdvice.isConfiguration(weights) else {
            throw TrainingError(
                .badFile,
                "\(weights) is no weights: give the run's folder or a safetensors file, and a configuration with --config"
            )
        }
        return try configuration(of: SavedWeights(weights))
    }

    /// The configuration of a run that left no weights.
    func configuration(ofRun folder: String) throws -> RunConfiguration {
        try RunConfiguration(
            file: config ?? "\(folder)/\(RunFolder.configurationName)",
            overrides: settings.map(ConfigurationOverride.set))
    }

    private func configuration(of saved: SavedWeights) throws -> RunConfiguration {
        let overrides = try settings.map(ConfigurationOverride.set)
        if let config { return try RunConfiguration(file: config, overrides: overrides) }
        let beside = saved.file(RunFolder.configurationName)
        guard FileManager.default.fileExists(atPath: beside) else {
            try RunDescription.requireModel(PathParts.folder(of: saved.file(RunFolder.descriptionName)))
            throw ValidationError(
                "\(weights) has no config.yaml beside it: give the run's configuration with --config")
        }
        return try RunConfiguration(file: beside, overrides: overrides)
    }
}

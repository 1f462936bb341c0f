import Cluster
import Layers
import Options
import Training

extension RunConfiguration {
    /// Reads a configuration file for another program than dtrain; throws an error with the line and the key that is
    /// wrong, or for a data file that does not exist.
    ///
    /// - Parameters:
    ///   - file: The path of a YAML file.
    ///   - changes: Changes of the file's values, as `--set` takes them: "training.batch=32".
    ///   - vocabulary: The choices that can be picked by name.
    public init(file: String, set changes: [String] = [], vocabulary: Vocabulary) throws {
        var overrides: [ConfigurationOverride] = []
        for change in changes { overrides.append(try .set(change)) }
        try self.init(file: file, overrides: overrides, vocabulary: vocabulary)
        try requireFiles()
    }
}

extension Trainer {
    /// Trains as a configuration says; collective over the cluster.
    ///
    /// Example, with a layer of the program's own:
    ///
    ///     var vocabulary = Vocabulary.standard
    ///     vocabulary.layers.add(NamedChoice("swish", "x · sigmoid(x).") { _ in LayerMaker(Swish()) })
    ///     let configuration = try RunConfiguration(file: "net.yaml", vocabulary: vocabulary)
    ///     let result = try Trainer.train(configuration, on: cluster)
    public static func train(
        _ configuration: RunConfiguration, on cluster: Cluster
    ) throws -> TrainingResult {
        // A program may have changed the settings that were read.
        var settings = configuration.settings
        settings.configurationText = configuration.text(of: settings)
        return try configuration.located {
            try train(settings, on: cluster) { layout in
                try configuration.makeModel(classes: layout.classCount)
            }
        }
    }
}

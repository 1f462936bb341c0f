import Cluster
import Layers
import Options
import Training

extension RunConfiguration {
    /// Reads a configuration file for a program of one's own; throws with the line and the key that is wrong, and where a data
    /// file is not there.
    ///
    /// - Parameters:
    ///   - file: The path of a YAML file.
    ///   - changes: What takes the place of the file's values, as `--set` has it: "training.batch=32".
    ///   - vocabulary: What may be picked by name.
    public init(file: String, set changes: [String] = [], vocabulary: Vocabulary) throws {
        var overrides: [ConfigurationOverride] = []
        for change in changes { overrides.append(try .set(change)) }
        try self.init(file: file, overrides: overrides, vocabulary: vocabulary)
        try requireFiles()
    }
}

extension Trainer {
    /// Trains what a configuration says; collective over the cluster.
    ///
    /// Example, with a layer and a schedule of one's own:
    ///
    ///     var vocabulary = Vocabulary.standard
    ///     vocabulary.layers.add(NamedChoice("swish", "x · sigmoid(x).") { _ in LayerMaker(Swish()) })
    ///     let configuration = try RunConfiguration(file: "net.yaml", vocabulary: vocabulary)
    ///     let result = try Trainer.train(configuration, on: cluster)
    public static func train(
        _ configuration: RunConfiguration, on cluster: Cluster
    ) throws -> TrainingResult {
        // A program may have changed what the file says.
        var settings = configuration.settings
        settings.configurationText = configuration.text(of: settings)
        do {
            return try train(settings, on: cluster) { layout in
                try configuration.makeModel(classes: layout.classCount)
            }
        } catch let error as ModelError {
            throw configuration.configurationError(error)
        }
    }
}

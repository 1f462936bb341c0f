import ArgumentParser
import Configuration

/// The options that choose a command's configuration.
struct ConfigurationOptions: ParsableArguments {
    /// The title of the options in help.
    static let title = "Configuration"

    @Option(
        name: .long, help: ArgumentHelp("A YAML configuration.", valueName: "file.yaml"),
        completion: Completion.configurations)
    var config: String?

    @Option(
        name: .long, help: ArgumentHelp("A built-in recipe; dtrain recipes lists them.", valueName: "name"),
        completion: Completion.recipes)
    var recipe: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Changes one key of the configuration; may be repeated.", valueName: "key.path=value"),
        completion: Completion.settings)
    var settings: [String] = []

    func validate() throws {
        if config != nil && recipe != nil {
            throw ValidationError("--config and --recipe exclude each other")
        }
    }

    /// The configuration, with `overrides` applied after those of --set. If no configuration is named, it is that of
    /// the run that `resume` continues, in that run's folder, or else the default recipe.
    func load(_ overrides: [ConfigurationOverride] = [], resume: String? = nil) throws -> RunConfiguration {
        let all = try settings.map(ConfigurationOverride.set) + overrides
        if let config { return try RunConfiguration(file: config, overrides: all) }
        if let recipe { return try RunConfiguration(recipe: Recipe.named(recipe), overrides: all) }
        let output = all.compactMap(\.output).last
        if let run = try ContinuedRun(resume: resume, output: output) {
            // A relative output folder in the configuration may refer to another current folder.
            let place: [ConfigurationOverride] = output == nil ? [.output(run.folder)] : []
            return try RunConfiguration(file: run.configurationFile, overrides: all + place)
        }
        return try RunConfiguration(recipe: Recipe.standard, overrides: all)
    }
}

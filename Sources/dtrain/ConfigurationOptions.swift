import ArgumentParser
import Configuration

/// Where a command's configuration comes from.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("A YAML configuration.", valueName: "file.yaml"))
    var config: String?

    @Option(name: .long, help: ArgumentHelp("A built-in recipe; see dtrain recipes.", valueName: "name"))
    var recipe: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Changes one key of the configuration; may be repeated.", valueName: "key.path=value"))
    var settings: [String] = []

    func validate() throws {
        if config != nil && recipe != nil {
            throw ValidationError("--config and --recipe exclude each other")
        }
    }

    /// The configuration with `overrides` behind those of --set. Where nothing is named it is that of the run that
    /// `resume` goes on with, which stays in its folder, else the default recipe.
    func load(_ overrides: [ConfigurationOverride] = [], resume: String? = nil) throws -> RunConfiguration {
        let all = try settings.map(ConfigurationOverride.set) + overrides
        if let config { return try RunConfiguration(file: config, overrides: all) }
        if let recipe { return try RunConfiguration(recipe: Recipe.named(recipe), overrides: all) }
        let output = all.compactMap(\.output).last
        if let run = try ContinuedRun(resume: resume, output: output) {
            // The folder that its configuration names may be relative to another current folder.
            let place: [ConfigurationOverride] = output == nil ? [.output(run.folder)] : []
            return try RunConfiguration(file: run.configurationFile, overrides: all + place)
        }
        return try RunConfiguration(recipe: Recipe.standard, overrides: all)
    }
}

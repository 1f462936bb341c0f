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

    /// The configuration with `overrides` behind those of --set; the default recipe where nothing is named.
    func load(_ overrides: [ConfigurationOverride] = []) throws -> RunConfiguration {
        let all = try settings.map(ConfigurationOverride.set) + overrides
        if let config { return try RunConfiguration(file: config, overrides: all) }
        return try RunConfiguration(recipe: recipe.map(Recipe.named) ?? Recipe.standard, overrides: all)
    }
}

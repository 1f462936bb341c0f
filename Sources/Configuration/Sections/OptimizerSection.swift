import Optimizers

/// The section `optimizer`: the update rule and its learning rate, `adam` with its defaults unless given.
package struct OptimizerSection: Sendable, Equatable {
    /// The optimizer with all its options, ready for use.
    package let configuration: OptimizerConfiguration

    /// Reads the section, or the default where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let setting = setting ?? Setting(.text("adam", at: location), path: "optimizer")
        let named = try NamedOptions(
            setting, noun: "optimizer", names: OptimizerConfiguration.names,
            optionNames: OptimizerConfiguration.optionNames, common: [Self.sharded])
        // It says where state is kept, not what the rule does, so it is no option of the rule.
        let isSharded = try named.common(Self.sharded)?.flag() ?? false
        do {
            configuration = try OptimizerConfiguration(
                name: named.name, options: named.options, sharded: isSharded)
        } catch {
            throw named.configurationError(error)
        }
    }

    /// Whether both have the same rule and options.
    package static func == (a: OptimizerSection, b: OptimizerSection) -> Bool {
        a.configuration.rule.name == b.configuration.rule.name
            && a.configuration.options == b.configuration.options
            && a.configuration.isSharded == b.configuration.isSharded
    }

    /// The section as one YAML value, with all options.
    var yaml: String {
        NamedOptions.yaml(
            name: configuration.rule.name,
            options: configuration.options + [NamedOption(Self.sharded, .flag(configuration.isSharded))])
    }

    private static let sharded = "sharded"
}

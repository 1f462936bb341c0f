import Optimizers

/// The section `optimizer`: the update rule and its learning rate, `adam` with its defaults unless given.
package struct OptimizerSection: Sendable, Equatable {
    /// The optimizer with all its options, ready for use.
    package let configuration: OptimizerConfiguration

    /// Reads the section, or the default where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let setting = setting ?? Setting(.text("adam", at: location), path: "optimizer")
        // These concern all rules, or all with weight decay, and are no options of a rule.
        let named = try NamedOptions(
            setting, noun: "optimizer", names: OptimizerConfiguration.names,
            optionNames: OptimizerConfiguration.optionNames,
            common: Self.commonKeys, standard: "adam")
        let isSharded = try named.common(Self.sharded)?.flag() ?? false
        let noDecay = try named.common(Self.noDecay).map(Self.exemptions) ?? []
        let lookahead = try named.common(Self.lookahead).flatMap(Self.lookahead)
        do {
            configuration = try OptimizerConfiguration(
                name: named.name, options: named.options, sharded: isSharded, noDecay: noDecay,
                lookahead: lookahead)
        } catch {
            throw named.configurationError(error)
        }
    }

    /// Whether both have the same rule and options.
    package static func == (a: OptimizerSection, b: OptimizerSection) -> Bool {
        a.configuration.rule.name == b.configuration.rule.name
            && a.configuration.options == b.configuration.options
            && a.configuration.noDecay == b.configuration.noDecay
            && a.configuration.lookahead == b.configuration.lookahead
            && a.configuration.isSharded == b.configuration.isSharded
    }

    /// The section as one YAML value, with all options.
    var yaml: String {
        var more: [(key: String, value: String)] = []
        if !configuration.noDecay.isEmpty {
            let kinds = configuration.noDecay.map(\.rawValue).joined(separator: ", ")
            more.append((key: Self.noDecay, value: "[\(kinds)]"))
        }
        if let lookahead = configuration.lookahead {
            let pairs = [
                (key: "k", value: "\(lookahead.k)"),
                (key: "alpha", value: YAMLWriter.number(lookahead.alpha)),
            ]
            more.append((key: Self.lookahead, value: YAMLWriter.flow(pairs)))
        }
        more.append((key: Self.sharded, value: "\(configuration.isSharded)"))
        return NamedOptions.yaml(
            name: configuration.rule.name, options: configuration.options, more: more)
    }

    /// What every rule takes beside its own options.
    static let commonKeys = [noDecay, lookahead, sharded]
    private static let sharded = "sharded"
    private static let noDecay = "no_decay"
    private static let lookahead = "lookahead"

    /// "[bias, norm]", or either alone.
    private static func exemptions(_ setting: Setting) throws(ConfigurationError) -> [DecayExemption] {
        var kinds: [DecayExemption] = []
        for element in try setting.list("a list of parameter kinds (bias, norm)") {
            kinds.append(try element.choice("kind of parameters"))
        }
        return kinds
    }

    /// "{k: 5, alpha: 0.5}", both of which may be left out; null for none.
    private static func lookahead(_ setting: Setting) throws(ConfigurationError) -> LookaheadOptions? {
        if setting.node.isNull { return nil }
        let map = try SettingMap(setting, keys: ["k", "alpha"])
        let k = try map["k"]?.whole(in: 1...1_000_000_000) ?? 5
        let alpha = try map["alpha"]?.number("a number") { _ in true } ?? 0.5
        do { return try LookaheadOptions(k: k, alpha: alpha) } catch {
            throw (map[error.key] ?? setting).outOfRange(error.allowed)
        }
    }
}

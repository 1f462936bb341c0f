import Messages

/// A value with which the command line, or a study, replaces one of a configuration.
///
/// Overrides change the text's tree before anything is checked, so that they get the same checks. They are applied in
/// order: a later one may change a part of an earlier one's value.
package struct ConfigurationOverride: Sendable, Equatable {
    /// Keys, and places in lists counted from 0, from the outermost to the innermost.
    let path: [String]
    /// The new value, with the location where it was written.
    let value: ConfigurationNode

    /// The override of `--set key.path=value`: the path consists of keys and places in lists (from 0), and the value is
    /// YAML. Throws if there is no path, or the value is not YAML.
    ///
    ///     try ConfigurationOverride.set("model.0.conv2d.out=16")
    package static func set(_ assignment: String) throws(ConfigurationError) -> ConfigurationOverride {
        let flag = SourceLocation.Source.flag("--set", assignment)
        let place = SourceLocation(flag)
        guard let equals = assignment.firstIndex(of: "=") else {
            let colon = assignment.firstIndex(of: ":")
            throw ConfigurationError(
                .syntax, at: place, key: "", "expected key.path=value, found no equals sign",
                advice: colon.map {
                    let value = assignment[$0...].dropFirst().drop { $0 == " " }
                    return "write --set \(ShellWord.quoted("\(assignment[..<$0])=\(value)"))"
                })
        }
        let name = assignment[..<equals]
        let path = try parts(of: name, at: place)
        let text = String(assignment[assignment.index(after: equals)...])
        let value: ConfigurationNode?
        do {
            value = try ConfigurationNode.document(in: text, source: flag)
        } catch {
            let inner = error.key.isEmpty ? String(name) : "\(name).\(error.key)"
            throw ConfigurationError(error.kind, at: place, key: inner, error.problem, advice: error.advice)
        }
        guard let value else {
            throw ConfigurationError(
                .missing, at: place, key: String(name),
                "expected a value behind the equals sign, found nothing",
                advice: "write null for the default")
        }
        return ConfigurationOverride(path: path, value: value)
    }

    /// The override of a key path such as "training.batch" by a value that was written elsewhere.
    init(path: String, value: ConfigurationNode, at location: SourceLocation) throws(ConfigurationError) {
        self.path = try Self.parts(of: path[...], at: location)
        self.value = value
    }

    private init(path: [String], value: ConfigurationNode) {
        self.path = path
        self.value = value
    }

    /// The parts of a key path; throws if one is empty, or there are more than a configuration is deep.
    private static func parts(
        of name: Substring, at place: SourceLocation
    ) throws(ConfigurationError) -> [String] {
        let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }), path.count <= ConfigurationNode.depthLimit else {
            throw ConfigurationError(
                .syntax, at: place, key: "",
                "expected a key path such as training.batch, found \(ConfigurationError.quoted(name))")
        }
        return path
    }

    /// The override of `--epochs`.
    package static func epochs(_ count: Int) -> ConfigurationOverride { number(count, "epochs") }
    /// The override of `--batch`.
    package static func batch(_ size: Int) -> ConfigurationOverride { number(size, "batch") }
    /// The override of `--shards`.
    package static func shards(_ count: Int) -> ConfigurationOverride { number(count, "shards") }
    /// The override of `--seed`.
    package static func seed(_ seed: Int) -> ConfigurationOverride { number(seed, "seed") }

    /// The override of `--output`, whose folder is taken literally.
    package static func output(_ folder: String) -> ConfigurationOverride {
        ConfigurationOverride(
            path: ["output"], value: .text(folder, at: SourceLocation(.flag("--output", folder))))
    }

    /// The output folder, if the override sets one; nil for any other override, and for the default.
    package var output: String? { path == ["output"] && !value.isNull ? value.word : nil }

    /// The override of a whole number of `training` by the flag of the same name.
    private static func number(_ size: Int, _ key: String) -> ConfigurationOverride {
        let place = SourceLocation(.flag("--\(key)", "\(size)"))
        let node = ConfigurationNode(content: .scalar("\(size)", isQuoted: false), location: place)
        return ConfigurationOverride(path: ["training", key], value: node)
    }
}

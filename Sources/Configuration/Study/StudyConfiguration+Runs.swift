import Layers

/// The runs of a study: its base, and their names and changes.
extension StudyConfiguration {
    /// The most runs; a few keys with ten values each would make millions.
    static let mostRuns = 1000
    /// The longest name in bytes, which leaves room for what folders and files add to it.
    static let longestName = 200

    /// A run's name and its changes.
    typealias Variant = (name: String, overrides: [ConfigurationOverride])

    /// A function that makes a run's configuration from its overrides.
    static func base(
        _ setting: Setting, _ source: SourceLocation.Source, _ currentFolder: String
    ) throws(ConfigurationError) -> ([ConfigurationOverride]) throws(ConfigurationError) -> RunConfiguration {
        let map = try SettingMap(setting, keys: ["recipe", "config"])
        if let name = map["recipe"] {
            guard map["config"] == nil else {
                throw setting.error(.conflict, "must be either a recipe or a config, is both")
            }
            let word = try name.name(of: "recipe", among: Recipe.all.map(\.name))
            let recipe = try Recipe.named(word)
            return { overrides throws(ConfigurationError) in
                try RunConfiguration(recipe: recipe, overrides: overrides, currentFolder: currentFolder)
            }
        }
        let path = try map.required("config", "the path of a configuration, or a recipe").path(
            "the path of a file")
        let file = FilePaths(source: source, currentFolder: currentFolder).absolute(path, writtenIn: source)
        return { overrides throws(ConfigurationError) in
            try RunConfiguration(file: file, overrides: overrides, currentFolder: currentFolder)
        }
    }

    /// Keys with values as overrides, where a key is a path such as training.batch.
    static func overrides(_ setting: Setting) throws(ConfigurationError) -> [ConfigurationOverride] {
        guard case .mapping(let entries) = setting.node.content else {
            if setting.node.isBlank || setting.node.isNull { return [] }
            throw setting.wrongType(expected: "key paths with values, such as {training.batch: 64}")
        }
        var overrides: [ConfigurationOverride] = []
        for entry in entries {
            overrides.append(
                try ConfigurationOverride(path: entry.key, value: entry.value, at: entry.location))
        }
        return overrides
    }

    /// All combinations of the keys' values, where the last key's values change fastest. A run's name consists of the
    /// keys' last parts and the values, as in "lr-0.1-batch-64"; see `valueNames`.
    static func combinations(_ setting: Setting) throws(ConfigurationError) -> [Variant] {
        guard case .mapping(let entries) = setting.node.content, !entries.isEmpty else {
            throw setting.wrongType(expected: "key paths with lists of values")
        }
        var variants: [Variant] = [("", [])]
        for entry in entries {
            let part = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            guard !DrawnValues.isDescription(part) else {
                throw part.error(
                    .missing, "draws values, but not for how many runs", advice: "set trials, as trials: 20")
            }
            let values = try part.list("a list of values")
            guard !values.isEmpty else {
                throw setting.error(.missing, "\(entry.key) has no values")
            }
            let short = fileName(entry.key.split(separator: ".").last.map(String.init) ?? entry.key)
            guard variants.count * values.count <= mostRuns else {
                throw setting.error(
                    .tooLarge, "expected at most \(mostRuns) runs, found more combinations",
                    advice: "vary fewer keys, or give the runs by name under runs")
            }
            let texts = valueNames(values.map(\.node))
            var next: [Variant] = []
            for variant in variants {
                for (text, value) in zip(texts, values) {
                    let name = variant.name.isEmpty ? "\(short)-\(text)" : "\(variant.name)-\(short)-\(text)"
                    let change = try ConfigurationOverride(
                        path: entry.key, value: value.node, at: entry.location)
                    next.append((name, variant.overrides + [change]))
                }
            }
            variants = next
        }
        return variants
    }

    /// Runs with given names.
    static func named(_ setting: Setting) throws(ConfigurationError) -> [Variant] {
        guard case .mapping(let entries) = setting.node.content else {
            throw setting.wrongType(expected: "runs by name, such as {adam: {optimizer: {name: adam}}}")
        }
        var variants: [Variant] = []
        for entry in entries {
            try requireFileName(entry.key, of: "run", setting)
            let part = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            variants.append((entry.key, try overrides(part)))
        }
        return variants
    }

    /// The error for a name that no built-in study has.
    package static func unknownName(_ name: String, among names: [String]) -> ConfigurationError {
        ConfigurationError(
            .unknownName, at: SourceLocation(.flag("study")), key: "",
            "unknown study \(ConfigurationError.quoted(name))",
            advice: suggestion(for: name, among: names, noun: "studies", overview: "dtrain study lists them"))
    }

    /// Throws for a name that cannot be a folder's inside the study's: which would be neither the study's own nor its parent.
    static func requireFileName(
        _ name: String, of noun: String, _ setting: Setting
    ) throws(ConfigurationError) {
        guard fileName(name) == name, !name.allSatisfy({ $0 == "." }) else {
            throw setting.error(
                .outOfRange,
                "a \(noun)'s name must be made of letters, digits, \"-\", \"_\" and \".\", is \(ConfigurationError.quoted(name))"
            )
        }
    }

    /// A word with only the characters that are safe in a file's name.
    static func fileName(_ word: String) -> String {
        String(word.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
    }
}

/// A mapping whose keys are all known; values are read by key.
///
/// Unknown keys are found when the map is made, before any value is read, because a misspelt key would otherwise
/// silently leave its default. Keys that begin with "x-", which hold values for aliases, are allowed and ignored.
struct SettingMap {
    /// What was written; empty for an empty section.
    private let entries: [ConfigurationNode.Entry]
    /// The mapping as a setting, for paths and locations.
    private let setting: Setting

    /// Reads a setting as keys with values; throws for a key that is not in `keys`. An empty section, such as one whose
    /// lines are all comments, has no keys.
    ///
    /// - Parameters:
    ///   - expected: What the mapping is, for the error if something else was written.
    ///   - noun: What a key is called in errors, "key" or "option", and maybe of what.
    init(
        _ setting: Setting, keys: [String], _ expected: String = "keys with values", noun: String = "key"
    ) throws(ConfigurationError) {
        self.setting = setting
        if setting.node.isBlank || setting.node.isNull {
            entries = []
            return
        }
        guard case .mapping(let entries) = setting.node.content else {
            let list = keys.isEmpty ? "" : " (\(keys.joined(separator: ", ")))"
            throw setting.wrongType(expected: expected + list)
        }
        self.entries = entries
        // At the top of a text without `model`, which is a study, no other places are suggested for a key.
        let isOfStudy = setting.path.isEmpty && !keys.contains("model")
        let plural = "\(noun.prefix { $0 != " " })s"
        for entry in entries
        where !keys.contains(entry.key) && !entry.key.hasPrefix(ConfigurationNode.freePrefix) {
            throw ConfigurationError(
                .unknownKey, at: entry.location, key: setting.inside(entry.key.isEmpty ? "\"\"" : entry.key),
                "unknown \(noun)",
                advice: suggestion(
                    for: entry.key, among: keys, noun: plural,
                    elsewhere: isOfStudy ? [] : ConfigurationKeys.paths(of: entry.key, besides: setting.path))
            )
        }
    }

    /// The value of a key; nil if it is not there.
    subscript(key: String) -> Setting? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return Setting(entry.value, path: setting.inside(key), at: entry.location)
    }

    /// The value of a key; nil if it is not there or is `null`, as in `--set data.test=null`, which removes a test set.
    func optional(_ key: String) -> Setting? {
        guard let value = self[key], !value.node.isNull else { return nil }
        return value
    }

    /// The value of a key with two names, the usual one first; throws if both are given.
    func either(_ key: String, _ other: String) throws(ConfigurationError) -> Setting? {
        guard let second = self[other] else { return self[key] }
        guard self[key] == nil else {
            throw ConfigurationError(
                .duplicateKey, at: second.location, key: second.path, "duplicate key: \(key) means the same",
                advice: "remove one of the two")
        }
        return second
    }

    /// The value of a required key; throws if it is not there.
    func required(_ key: String, _ expected: String) throws(ConfigurationError) -> Setting {
        guard let value = self[key] else { throw missing(key, expected) }
        return value
    }

    /// The error for a missing key.
    func missing(_ key: String, _ expected: String) -> ConfigurationError {
        ConfigurationError(
            .missing, at: setting.location, key: setting.inside(key), "missing; it must be \(expected)")
    }
}

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
            let isList = if case .sequence = setting.node.content { true } else { false }
            throw setting.wrongType(
                expected: expected + list,
                advice: isList
                    ? "write its keys below it, without dashes and brackets" : Self.colon(setting, keys))
        }
        self.entries = entries
        // At the top of a text without `model`, which is a study, no other places are suggested for a key.
        let isOfStudy = setting.path.isEmpty && !keys.contains("model")
        let plural = "\(noun.prefix { $0 != " " })s"
        for (place, entry) in entries.enumerated()
        where !keys.contains(entry.key) && !entry.key.hasPrefix(ConfigurationNode.freePrefix) {
            let before = place > 0 ? entries[place - 1] : nil
            throw ConfigurationError(
                .unknownKey, at: entry.location, key: setting.inside(entry.key.isEmpty ? "\"\"" : entry.key),
                "unknown \(noun)",
                advice: Self.slip(entry, behind: before, keys, isOfStudy: isOfStudy)
                    ?? suggestion(
                        for: entry.key, among: keys, noun: plural, in: setting.path,
                        elsewhere: isOfStudy
                            ? [] : ConfigurationKeys.paths(of: entry.key, besides: setting.path),
                        hint: isOfStudy ? nil : ConfigurationKeys.layerHint(entry.key, entry.value)))
        }
    }

    /// What to do with a word in place of keys with values: one that was to be both, as "epochs:3", or a data file; nil for
    /// other words.
    private static func colon(_ setting: Setting, _ keys: [String]) -> String? {
        guard let word = setting.plainText else { return nil }
        guard let end = word.firstIndex(of: ":"), keys.contains(String(word[..<end])) else {
            return MistakenFile.start(from: word)
        }
        return "write \"\(word[..<end]): \(word[end...].dropFirst())\", with a space behind the colon"
    }

    /// What to write instead of a key that became one by a slip of YAML: a colon without a space behind it or none at all,
    /// a point where sections are nested, or a key that was not indented below its section.
    ///
    /// - Parameters:
    ///   - before: The entry in front of it.
    ///   - keys: The keys that may be here.
    private static func slip(
        _ entry: ConfigurationNode.Entry, behind before: ConfigurationNode.Entry?, _ keys: [String],
        isOfStudy: Bool
    ) -> String? {
        let parts = entry.key.split(maxSplits: 1) { $0 == ":" || $0 == " " || $0 == "=" }.map(String.init)
        if parts.count == 2, entry.value.isBlank, keys.contains(parts[0]) {
            return "write \"\(parts[0]): \(parts[1].drop { $0 == " " })\", with a colon and a space"
        }
        guard !isOfStudy else { return nil }
        if ConfigurationKeys.isPath(entry.key), entry.key.contains(".") {
            let names = entry.key.split(separator: ".")
            let closing = String(repeating: "}", count: names.count - 1)
            return
                "paths with points are for --set: write \(names.joined(separator: ": {")): \(entry.value.value)\(closing)"
        }
        guard let before, before.value.isBlank, ConfigurationKeys.isPath("\(before.key).\(entry.key)") else {
            return nil
        }
        return "indent it below \"\(before.key):\""
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

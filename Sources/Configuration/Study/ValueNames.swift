/// How values are written in tables, and in the names of runs.
extension ConfigurationNode {
    /// The value on one line, such as 0.1, [64, 32] or {name: adam, lr: 0.1}.
    var flow: String {
        switch content {
        case .scalar(let text, _): text
        case .sequence(let nodes): "[\(nodes.map(\.flow).joined(separator: ", "))]"
        case .mapping(let entries):
            "{\(entries.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", "))}"
        }
    }

    /// The keys and words of the value, in order.
    fileprivate var words: [String] {
        switch content {
        case .scalar(let text, _): text.isEmpty ? [] : [text]
        case .sequence(let nodes): nodes.flatMap(\.words)
        case .mapping(let entries): entries.flatMap { [$0.key] + $0.value.words }
        }
    }
}

extension StudyConfiguration {
    /// The longest name of a list or mapping in a run's name, in bytes.
    private static let longestValueName = 40

    /// The names of a key's values in names of runs: a word as it is; a list or mapping by its keys and words, as in
    /// "name-adam-lr-0.1", with its place where that is too long or not the only one of its name.
    static func valueNames(_ values: [ConfigurationNode]) -> [String] {
        let names = values.map { value in
            value.word.map(fileName) ?? value.words.map(fileName).joined(separator: "-")
        }
        return zip(values, names).enumerated().map { place, pair in
            let (value, name) = pair
            guard value.word == nil else { return name }
            guard !name.isEmpty else { return names.filter(\.isEmpty).count > 1 ? "none-\(place)" : "none" }
            let isClear = name.utf8.count <= longestValueName && names.filter { $0 == name }.count == 1
            return isClear ? name : "\(name.prefix(longestValueName))-\(place)"
        }
    }

    /// The keys that a setting varies, in order.
    static func keys(of vary: Setting?) -> [String] {
        guard case .mapping(let entries)? = vary?.node.content else { return [] }
        return entries.map(\.key)
    }

    /// What changes make of each key, as one line; empty where they leave it as it is.
    static func values(of keys: [String], after changes: [ConfigurationOverride]) -> [String] {
        keys.map { key in changes.last { $0.path.joined(separator: ".") == key }?.value.flow ?? "" }
    }
}

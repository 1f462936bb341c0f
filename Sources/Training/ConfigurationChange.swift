import Messages

/// One key that is different between the configurations of two runs, for a message.
struct ConfigurationChange: Equatable {
    /// The key's path, such as "optimizer.lr" or "model.0.linear.out".
    let key: String
    /// What it is there, in the run that is gone on with; nil for nothing.
    let old: String?
    /// What it is here; nil for nothing.
    let new: String?

    /// As a message says it: "optimizer.lr: 0.1, the run has 0.05".
    var text: String {
        "\(key): \(new.map(Self.shortened) ?? "none"), the run has \(old.map(Self.shortened) ?? "none")"
    }

    /// Whether the weights of the one run may not fit the other.
    var concernsModel: Bool { key == "model" || key.hasPrefix("model.") }

    /// Keys that make no other run of it.
    private static let harmless = [
        "output", "checkpoint", "logging", "training.stall_timeout", "training.workers", "training.transport",
        "training.check_replicas", "training.bucket_bytes", "training.instruction_set",
    ]

    /// All keys that matter and differ, those of data last: their files may just stand elsewhere.
    static func all(from old: String, to new: String) -> [ConfigurationChange] {
        let changes = changes("", ResolvedNode(old), ResolvedNode(new))
        func isOfData(_ change: ConfigurationChange) -> Bool { change.key.hasPrefix("data.") }
        return changes.filter { !isOfData($0) } + changes.filter(isOfData)
    }

    /// The first of some changes, and how many there are more; nil for none.
    static func text(_ changes: [ConfigurationChange]) -> String? {
        guard !changes.isEmpty else { return nil }
        let shown = changes.prefix(mostShown).map(\.text).joined(separator: "; ")
        let more = changes.count - min(changes.count, mostShown)
        return more > 0 ? "\(shown); and \(counted(more, "more change"))" : shown
    }

    private static func changes(_ key: String, _ old: ResolvedNode?, _ new: ResolvedNode?)
        -> [ConfigurationChange]
    {
        guard old != new, !harmless.contains(key) else { return [] }
        func inside(_ part: String) -> String { key.isEmpty ? part : "\(key).\(part)" }
        switch (old, new) {
        case (.keys(let olds)?, .keys(let news)?):
            // Of another choice all options are others.
            if let (a, b) = olds["name"].flatMap({ a in news["name"].map { (a, $0) } }), a != b {
                return changes(inside("name"), a, b)
            }
            let gone = olds.map(\.key).filter { news[$0] == nil }
            return (news.map(\.key) + gone).flatMap { changes(inside($0), olds[$0], news[$0]) }
        case (.list(let olds)?, .list(let news)?):
            var all: [ConfigurationChange] = []
            for (place, (a, b)) in zip(olds, news).enumerated() {
                // What follows another layer is as likely moved as changed.
                guard a.kind == b.kind else {
                    return all + [ConfigurationChange(key: inside("\(place)"), old: a.kind, new: b.kind)]
                }
                all += changes(inside("\(place)"), a, b)
            }
            guard olds.count != news.count else { return all }
            return all + [
                ConfigurationChange(
                    key: key, old: counted(olds.count, "element"), new: counted(news.count, "element"))
            ]
        default: return [ConfigurationChange(key: key, old: old?.phrase, new: new?.phrase)]
        }
    }

    /// Changes that a message lists.
    private static let mostShown = 3

    private static func shortened(_ value: String) -> String {
        value.count > longest ? "\(value.prefix(longest))..." : value
    }

    /// Characters of a value that are shown.
    private static let longest = 100
}

extension [ResolvedNode.Entry] {
    /// The value of a key; nil where it is not there.
    fileprivate subscript(key: String) -> ResolvedNode? { first { $0.key == key }?.value }
}

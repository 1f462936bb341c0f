/// A piece of a configuration as it was written: YAML's structure with the location of every part, without types.
///
/// Types come later, from the key of the piece: `010`, `no` and `1e-3` are words here, and only a setting that takes a
/// number, a truth value or a text decides what they are. So YAML's versions, which disagree on such words, cannot
/// silently change a configuration. Anchors, aliases and merge keys are already resolved.
struct ConfigurationNode: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// A word, a number or nothing; in quotation marks it is a text, whatever it looks like.
        case scalar(String, isQuoted: Bool)
        /// A list.
        case sequence([ConfigurationNode])
        /// Keys with values, in the order of the text; no key occurs twice.
        case mapping([Entry])
    }

    struct Entry: Sendable, Equatable {
        /// The key's text.
        let key: String
        /// Where the key was written.
        let location: SourceLocation
        var value: ConfigurationNode
    }

    var content: Content
    let location: SourceLocation

    /// The start of keys that set nothing and hold values that aliases use elsewhere.
    static let freePrefix = "x-"

    /// A text, which is never taken for a number.
    static func text(_ text: String, at location: SourceLocation) -> ConfigurationNode {
        ConfigurationNode(content: .scalar(text, isQuoted: true), location: location)
    }

    /// Whether it is `null` or `~`, which stand for the default of an optional setting.
    var isNull: Bool {
        guard case .scalar(let text, isQuoted: false) = content else { return false }
        return ["~", "null", "Null", "NULL"].contains(text)
    }

    /// The text of a scalar; nil for a list or mapping.
    var word: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// Whether nothing was written after the colon or dash.
    var isBlank: Bool { content == .scalar("", isQuoted: false) }

    /// The piece in the words of an error.
    var phrase: String {
        switch content {
        case .scalar(let text, isQuoted: true): "the text \(ConfigurationError.quoted(text))"
        case .scalar(let text, isQuoted: false):
            if isBlank {
                "nothing"
            } else if isNull {
                text
            } else if PlainNumber.isLike(text), text.utf8.count <= 32 {
                text
            } else {
                ConfigurationError.quoted(text)
            }
        case .sequence: "a list"
        case .mapping: "keys with values"
        }
    }

    /// The piece as it was written if it is short, else in the words of an error.
    var value: String {
        let elements: [String]
        switch content {
        case .scalar: return phrase
        case .sequence(let nodes): elements = nodes.map(\.value)
        case .mapping(let entries): elements = entries.map { "\($0.key): \($0.value.value)" }
        }
        let text = elements.joined(separator: ", ")
        guard text.utf8.count <= Self.longestValue else { return phrase }
        if case .sequence = content { return "[\(text)]" } else { return "{\(text)}" }
    }

    /// The most bytes of a list or mapping that an error shows.
    private static let longestValue = 60
}

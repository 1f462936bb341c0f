/// A piece of a configuration as it was written: YAML's structure with the place of every part, no types yet.
///
/// Types come later, with the key that the piece stands behind: `010`, `no` and `1e-3` are words here, and only a setting
/// that takes a number, a truth value or a text decides what they are. So YAML's versions, which disagree on such words,
/// cannot change a configuration silently. Anchors, aliases and merge keys are gone already.
struct ConfigurationNode: Sendable, Equatable {
    /// What stands in the piece.
    enum Content: Sendable, Equatable {
        /// A word, a number or nothing, and whether quotation marks make it a text whatever it looks like.
        case scalar(String, isQuoted: Bool)
        /// A list.
        case sequence([ConfigurationNode])
        /// Keys with values, in the order of writing; no key stands twice.
        case mapping([Entry])
    }

    /// A key with its value.
    struct Entry: Sendable, Equatable {
        /// The key's text.
        let key: String
        /// Where the key was written.
        let location: SourceLocation
        /// What it is set to.
        var value: ConfigurationNode
    }

    /// What stands in the piece.
    var content: Content
    /// Where it starts.
    let location: SourceLocation

    /// What keys begin with that set nothing: they hold what aliases use elsewhere.
    static let freePrefix = "x-"

    /// A text that is never mistaken for a number.
    static func text(_ text: String, at location: SourceLocation) -> ConfigurationNode {
        ConfigurationNode(content: .scalar(text, isQuoted: true), location: location)
    }

    /// Whether it is `null` or `~`, which stand for the default of a setting that may be left out.
    var isNull: Bool {
        guard case .scalar(let text, isQuoted: false) = content else { return false }
        return ["~", "null", "Null", "NULL"].contains(text)
    }

    /// The text of a scalar.
    var word: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// Whether nothing was written behind the colon or dash.
    var isBlank: Bool { content == .scalar("", isQuoted: false) }

    /// What was found, as an error names it.
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

    /// What was found, as it was written where that is short.
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

    /// The most bytes of a list or of keys with values that an error shows.
    private static let longestValue = 60
}

import Training

/// Why a configuration cannot be used: one setting, where it was written, and what it may be.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that handles errors differently by sort.
    package enum Kind: String, Sendable, CaseIterable {
        /// The file cannot be read, or is not UTF-8 text.
        case unreadable
        /// The text is not YAML, or uses a part of YAML that configurations do not.
        case syntax
        /// There is no document, or an empty one.
        case empty
        /// There is more than one document.
        case severalDocuments
        /// The text, its nesting or its expanded aliases are larger than any configuration.
        case tooLarge
        /// The key does not exist in this place.
        case unknownKey
        /// The key occurs twice in one mapping.
        case duplicateKey
        /// The key has no default and was not given.
        case missing
        /// The value is of another type.
        case wrongType
        /// The value has the right type but lies outside what is allowed.
        case outOfRange
        /// The word is not the name of any choice.
        case unknownName
        /// The value is valid alone but not together with another.
        case conflict
        /// A layer does not fit the output of the layer before it, or the data.
        case shape
    }

    package let kind: Kind
    package let location: SourceLocation
    /// The setting, such as "training.batch" or "model.3.conv2d.out"; empty for the whole text.
    package let key: String
    /// What was expected and what was found.
    package let problem: String
    /// What to do about it, if the problem does not say so.
    package let advice: String?

    init(
        _ kind: Kind, at location: SourceLocation, key: String, _ problem: String, advice: String? = nil
    ) {
        self.kind = kind
        self.location = location
        self.key = key
        self.problem = problem
        self.advice = advice
    }

    /// One line, such as `config.yaml:7: training.bach: unknown key; did you mean "batch"?`.
    public var description: String {
        // No path is longer than 4,096 bytes.
        var parts = [Self.shortened(location.description, to: 4096)]
        if !key.isEmpty, !location.says(key) { parts.append(Self.shortened(key, to: 200)) }
        let text = Self.shortened(problem, to: 1500)
        parts.append(advice.map { "\(text); \($0)" } ?? text)
        return Self.oneLine(parts.joined(separator: ": "))
    }

    /// A piece of a user's text in quotation marks, cut to a readable length.
    static func quoted(_ text: some StringProtocol) -> String { "\"\(shortened(text, to: 60))\"" }

    /// At most `limit` scalars of a text, with dots for the rest.
    private static func shortened(_ text: some StringProtocol, to limit: Int) -> String {
        let cut = text.unicodeScalars.prefix(limit)
        let rest = cut.endIndex == text.unicodeScalars.endIndex ? "" : "..."
        return String(String.UnicodeScalarView(cut)) + rest
    }

    /// The text with every control character and line separator replaced by a question mark.
    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let control = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            let separator = scalar.value == 0x2028 || scalar.value == 0x2029
            line.append(control || separator ? "?" : scalar)
        }
        return String(line)
    }
}

extension ConfigurationError: StatedError {
    package var exitStatus: ExitStatus { .badConfiguration }
}

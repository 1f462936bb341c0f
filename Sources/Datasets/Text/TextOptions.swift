import Options

/// How text becomes examples.
public struct TextOptions: Sendable, Hashable {
    /// What text is cut into; raw values are those of configurations.
    public enum Tokens: String, Sendable, Hashable, CaseIterable, Codable {
        /// The bytes of the files, whatever they stand for.
        case bytes
        /// Unicode scalars of UTF-8.
        case characters
        /// Runs of letters, digits, apostrophes and hyphens of UTF-8, and every other character that is no space.
        case words
    }

    /// What examples are; raw values are those of configurations.
    public enum Task: String, Sendable, Hashable, CaseIterable {
        /// Stretches of text, end to end; the label of each token is the next one.
        case languageModel = "language_model"
        /// Lines of a label, a tab and a text.
        case classification
    }

    /// What text is cut into.
    public var tokens: Tokens
    /// The tokens of an example, T.
    public var length: Int
    /// What examples are.
    public var task: Task
    /// The most tokens that are told apart, the most frequent ones, with the unknown one; nil for all.
    public var vocabulary: Int?
    /// How often a token must occur to be told apart.
    public var minimumCount: Int
    /// Whether what is not told apart is a token of its own; nil where that is so for words, and where tokens are left out.
    public var hasUnknown: Bool?

    public init(
        tokens: Tokens = .characters, length: Int = 128, task: Task = .languageModel, vocabulary: Int? = nil,
        minimumCount: Int = 1, hasUnknown: Bool? = nil
    ) {
        precondition(
            length > 0 && vocabulary ?? 2 > 1 && minimumCount > 0,
            "examples of \(length) tokens, of \(vocabulary ?? 2) that occur \(minimumCount) times")
        self.tokens = tokens
        self.length = length
        self.task = task
        self.vocabulary = vocabulary
        self.minimumCount = minimumCount
        self.hasUnknown = hasUnknown
    }

    /// The options of the format "text" beside its files.
    static var declarations: [OptionDeclaration] {
        [
            .optional(
                "tokens", .word("tokens", Tokens.allCases.map(\.rawValue)), default: .text("characters"),
                "What text is cut into."),
            .optional("length", .whole(1...1_000_000), default: 128, "The tokens of an example."),
            .optional(
                "task", .word("task", Task.allCases.map(\.rawValue)), default: .text("language_model"),
                "What examples are: stretches of text, or lines of a label, a tab and a text."),
            .optional(
                "vocabulary", .whole(2...1_000_000), default: .none,
                "The most tokens that are told apart, by frequency; all unless given."),
            .optional(
                "min_count", .whole(1...1_000_000), default: 1,
                "How often a token must occur to be told apart."),
            .optional(
                "unknown", .flag, default: .none,
                "Whether all other tokens are one; for words, and where tokens are left out, unless given."),
        ]
    }

    init(_ options: ResolvedOptions) throws(OptionError) {
        self.init(
            tokens: try options.word("tokens"), length: options.whole("length"),
            task: try options.word("task"), vocabulary: options.wholeIfAny("vocabulary"),
            minimumCount: options.whole("min_count"),
            hasUnknown: options.value("unknown") == .none ? nil : options.flag("unknown"))
        guard tokens == .bytes else { return }
        for key in ["vocabulary", "unknown"] where options.value(key) != .none {
            throw OptionError(
                .conflict, key: key, value: options.value(key).description,
                allowed: "left out beside tokens: bytes, which are always 256")
        }
        if minimumCount > 1 {
            throw OptionError(
                .conflict, key: "min_count", value: "\(minimumCount)",
                allowed: "left out beside tokens: bytes, which are always 256")
        }
    }

    /// The options as they stand in a configuration.
    var options: [NamedOption] {
        var options = [
            NamedOption("tokens", .text(tokens.rawValue)), NamedOption("length", .whole(length)),
            NamedOption("task", .text(task.rawValue)),
        ]
        if let vocabulary { options.append(NamedOption("vocabulary", .whole(vocabulary))) }
        if minimumCount > 1 { options.append(NamedOption("min_count", .whole(minimumCount))) }
        if let hasUnknown { options.append(NamedOption("unknown", .flag(hasUnknown))) }
        return options
    }
}

/// What can be picked by name somewhere, as far as reading and writing it takes.
public struct ChoiceForm: Sendable {
    /// How a choice with options is written.
    public enum Style: Sendable, Hashable {
        /// {name: adam, lr: 0.001}, with this key for the name.
        case named(String)
        /// {linear: {out: 10}}: the name is the key of its options.
        case keyed

        /// Whether a name may stand alone, as a word: not where its key says more of what it is, as in {format: csv}.
        public var takesWords: Bool { self == .keyed || self == .named("name") }
    }

    /// One of the things to choose from.
    public struct Entry: Sendable {
        /// Its name.
        public let name: String
        /// Its options, in the order in which they are listed to a user.
        public let options: [OptionDeclaration]
        /// The option whose value may stand alone behind the name ("linear: 128").
        public let short: String?
        /// What it is, in one sentence.
        public let summary: String
        /// Where it comes from, authors and year; empty where there is nothing to name.
        public let source: String
        /// Options that others of its kind have and it has not, with the reason why.
        public let lacks: [String: String]

        /// Something to choose.
        public init(
            _ name: String, _ options: [OptionDeclaration], short: String? = nil, summary: String = "",
            source: String = "", lacks: [String: String] = [:]
        ) {
            self.name = name
            self.options = options
            self.short = short
            self.summary = summary
            self.source = source
            self.lacks = lacks
        }
    }

    /// What the things are called, "optimizer".
    public let noun: String
    /// How one of them is written.
    public let style: Style
    /// All of them, in the order in which they are listed to a user.
    public let entries: [Entry]

    /// A form.
    public init(_ noun: String, _ style: Style, _ entries: [Entry]) {
        self.noun = noun
        self.style = style
        self.entries = entries
    }

    /// All names.
    public var names: [String] { entries.map(\.name) }

    /// The one of this name.
    public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// What the one of this name declares; nothing where there is none.
    public func options(of name: String) -> [OptionDeclaration] { entry(name)?.options ?? [] }

    /// The name and the given options of a value; nil where it is no choice.
    public static func parts(_ value: OptionValue) -> (name: String, options: [NamedOption])? {
        switch value {
        case .choice(let name, let options): (name, options)
        case .text(let name): (name, [])
        default: nil
        }
    }
}

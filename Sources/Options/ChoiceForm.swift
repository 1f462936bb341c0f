/// The choices that can be picked by name in one place, as far as a reader and a writer of configurations need them.
public struct ChoiceForm: Sendable {
    /// How a choice with options is written.
    public enum Style: Sendable, Hashable {
        /// {name: adam, lr: 0.001}, with this key for the name.
        case named(String)
        /// {linear: {out: 10}}: the name is the key of its options.
        case keyed

        /// Whether a name may stand alone, as a word. Not where the key of the name says more than "name", as in
        /// {format: csv}.
        public var takesWords: Bool { self == .keyed || self == .named("name") }
    }

    /// One choice.
    public struct Entry: Sendable {
        /// The name that picks it ("adam").
        public let name: String
        /// Its options, in the order in which they are listed to a user.
        public let options: [OptionDeclaration]
        /// The option whose value may follow the name directly ("linear: 128").
        public let short: String?
        /// What it does, in one sentence.
        public let summary: String
        /// Its source, authors and year; empty if there is none to name.
        public let source: String
        /// Options that others of its kind have and it has not, with the reason why.
        public let lacks: [String: String]

        /// Describes a choice; `short` names one of its options.
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

    /// What one choice is called in messages, such as "optimizer".
    public let noun: String
    /// How a choice is written.
    public let style: Style
    /// All choices, in the order in which they are listed to a user.
    public let entries: [Entry]

    /// A form with these entries; of entries with the same name the first counts.
    public init(_ noun: String, _ style: Style, _ entries: [Entry]) {
        self.noun = noun
        self.style = style
        self.entries = entries
    }

    /// All names, in the order of `entries`.
    public var names: [String] { entries.map(\.name) }

    /// The choice of this name; nil if there is none.
    public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// The options that the choice of this name declares; none for an unknown name.
    public func options(of name: String) -> [OptionDeclaration] { entry(name)?.options ?? [] }

    /// The name and the given options of a value; nil if the value is neither a choice nor a word.
    public static func parts(_ value: OptionValue) -> (name: String, options: [NamedOption])? {
        switch value {
        case .choice(let name, let options): (name, options)
        case .text(let name): (name, [])
        default: nil
        }
    }
}

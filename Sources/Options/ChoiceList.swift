/// The things that a configuration can pick by name in one place, each with options of its own; a user's code can add to it.
///
/// Example:
///
///     var schedules = ChoiceList<Double>("rate", [
///         NamedChoice("fixed", "Always the same.", [.optional("value", default: 0.5)]) { $0.number("value") }
///     ])
///     try schedules.make("fixed", ["value": 0.25])   // 0.25
///     schedules.names                                // ["fixed"]
public struct ChoiceList<Element>: Sendable {
    /// What the things are called, "optimizer".
    public let noun: String
    /// How one of them is written.
    public let style: ChoiceForm.Style
    /// All of them, in the order in which they are listed to a user.
    public private(set) var choices: [NamedChoice<Element>]

    /// A list.
    public init(
        _ noun: String, style: ChoiceForm.Style = .named("name"), _ choices: [NamedChoice<Element>]
    ) {
        self.noun = noun
        self.style = style
        self.choices = choices
    }

    /// Adds a choice, in the place of the one of its name where there is one.
    public mutating func add(_ choice: NamedChoice<Element>) {
        if let place = choices.firstIndex(where: { $0.name == choice.name }) {
            choices[place] = choice
        } else {
            choices.append(choice)
        }
    }

    /// All names.
    public var names: [String] { choices.map(\.name) }

    /// What reading and writing a choice takes.
    public var form: ChoiceForm {
        ChoiceForm(noun, style, choices.map(\.entry))
    }

    /// The choice of this name; throws with the names there are.
    public func choice(_ name: String) throws(OptionError) -> NamedChoice<Element> {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptionError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }

    /// Makes the thing of a name with options; throws on an unknown name or option, a missing one, a wrong type or a value
    /// out of range.
    public func make(_ name: String, _ options: [String: OptionValue] = [:]) throws(OptionError) -> Element {
        let choice = try choice(name)
        return try choice.make(
            ResolvedOptions(declared: choice.options, given: options, lacks: choice.lacks))
    }

    /// Makes what a value says; an error about an option of a keyed choice says its name before it ("linear.out").
    public func make(_ value: OptionValue) throws(OptionError) -> Element {
        guard let (name, options) = ChoiceForm.parts(value) else {
            throw OptionError(
                .wrongType, key: "name", value: value.description, allowed: form.names.joined(separator: ", ")
            )
        }
        guard style == .keyed else { return try make(name, options.asDictionary) }
        _ = try choice(name)
        do throws(OptionError) { return try make(name, options.asDictionary) } catch {
            throw error.inside(name)
        }
    }
}

/// Something that a configuration can pick by name.
public struct NamedChoice<Element>: Sendable {
    /// Its name.
    public let name: String
    /// Its options, in the order in which they are listed to a user.
    public let options: [OptionDeclaration]
    /// The option whose value may stand alone behind the name ("dropout: 0.5").
    public let short: String?
    /// What it is, in one sentence.
    public let summary: String
    /// Where it comes from, authors and year; empty where there is nothing to name.
    public let source: String
    /// Options that others of its kind have and it has not, with the reason why.
    public let lacks: [String: String]
    /// Makes it of checked names, types and limits; throws where options do not go together.
    public let make: @Sendable (ResolvedOptions) throws(OptionError) -> Element
    private let dependent: (@Sendable ([String: OptionValue], Double) -> [OptionDeclaration])?

    /// A choice.
    ///
    /// - Parameters:
    ///   - source: Where it comes from, authors and year.
    ///   - lacks: Options that others of its kind have and it has not, with the reason why.
    ///   - dependent: The options that apply beside those given, where a default depends on another option or on a number
    ///     that the place gives, as a schedule's on the learning rate; whatever was given must be among them.
    public init(
        _ name: String, _ summary: String, _ options: [OptionDeclaration] = [], short: String? = nil,
        source: String = "", lacks: [String: String] = [:],
        dependent: (@Sendable ([String: OptionValue], Double) -> [OptionDeclaration])? = nil,
        make: @escaping @Sendable (ResolvedOptions) throws(OptionError) -> Element
    ) {
        self.name = name
        self.options = options
        self.short = short
        self.summary = summary
        self.source = source
        self.lacks = lacks
        self.dependent = dependent
        self.make = make
    }

    /// The options that apply beside those given.
    ///
    /// - Parameter number: What the place gives, that a default may depend on.
    public func options(given: [String: OptionValue], beside number: Double) -> [OptionDeclaration] {
        dependent?(given, number) ?? options
    }

    /// What reading and writing it takes.
    public var entry: ChoiceForm.Entry {
        ChoiceForm.Entry(name, options, short: short, summary: summary, source: source, lacks: lacks)
    }
}

extension [NamedOption] {
    /// The values by their names.
    public var asDictionary: [String: OptionValue] {
        Dictionary(map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The value of a name; nil for none.
    public subscript(name: String) -> OptionValue? { first { $0.name == name }?.value }
}

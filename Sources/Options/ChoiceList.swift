/// The choices that a configuration can pick by name in one place, each with its own options; a user's code can add to
/// them.
///
/// Example:
///
///     var schedules = ChoiceList<Double>("rate", [
///         NamedChoice("fixed", "Always the same.", [.optional("value", default: 0.5)]) { $0.number("value") }
///     ])
///     try schedules.make("fixed", ["value": 0.25])   // 0.25
///     schedules.names                                // ["fixed"]
public struct ChoiceList<Element>: Sendable {
    /// What one choice is called in messages, such as "optimizer".
    public let noun: String
    /// How a choice is written.
    public let style: ChoiceForm.Style
    /// All choices, in the order in which they are listed to a user.
    public private(set) var choices: [NamedChoice<Element>]

    /// A list of these choices; of choices with the same name the first counts.
    public init(
        _ noun: String, style: ChoiceForm.Style = .named("name"), _ choices: [NamedChoice<Element>]
    ) {
        self.noun = noun
        self.style = style
        self.choices = choices
    }

    /// Adds a choice at the end, or in the place of the choice that has its name.
    public mutating func add(_ choice: NamedChoice<Element>) {
        if let place = choices.firstIndex(where: { $0.name == choice.name }) {
            choices[place] = choice
        } else {
            choices.append(choice)
        }
    }

    /// All names, in the order of `choices`.
    public var names: [String] { choices.map(\.name) }

    /// The list without the means to make a choice, for readers and writers of configurations.
    public var form: ChoiceForm {
        ChoiceForm(noun, style, choices.map(\.entry))
    }

    /// The choice of this name; throws an error that lists the names if there is none.
    public func choice(_ name: String) throws(OptionError) -> NamedChoice<Element> {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptionError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }

    /// Makes a choice from its name and options; throws for an unknown name or option, a missing option, a value of a
    /// wrong type or out of range.
    public func make(_ name: String, _ options: [String: OptionValue] = [:]) throws(OptionError) -> Element {
        let choice = try choice(name)
        return try choice.make(
            ResolvedOptions(declared: choice.options, given: options, lacks: choice.lacks))
    }

    /// Makes the choice that a value describes; an error about an option of a keyed choice has its name in front
    /// ("linear.out").
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

/// A choice that a configuration picks by its name, with the function that makes it.
public struct NamedChoice<Element>: Sendable {
    /// The name that picks it ("dropout").
    public let name: String
    /// Its options, in the order in which they are listed to a user.
    public let options: [OptionDeclaration]
    /// The option whose value may follow the name directly ("dropout: 0.5").
    public let short: String?
    /// What it does, in one sentence.
    public let summary: String
    /// Its source, authors and year; empty if there is none to name.
    public let source: String
    /// Options that others of its kind have and it has not, with the reason why.
    public let lacks: [String: String]
    /// Makes it from options whose names, types and limits are checked; throws if they do not go together.
    public let make: @Sendable (ResolvedOptions) throws(OptionError) -> Element
    private let dependent: (@Sendable ([String: OptionValue], Double) -> [OptionDeclaration])?

    /// Describes a choice.
    ///
    /// - Parameters:
    ///   - source: Authors and year; empty if there is nothing to name.
    ///   - dependent: The options that apply next to those given, where a default depends on another option or on a
    ///     number that the place supplies, as a schedule's does on the learning rate. All given options must be among
    ///     them.
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

    /// The options that apply next to those given.
    ///
    /// - Parameter number: A number that the place supplies and a default may depend on.
    public func options(given: [String: OptionValue], beside number: Double) -> [OptionDeclaration] {
        dependent?(given, number) ?? options
    }

    /// The choice without the means to make it, for readers and writers of configurations.
    public var entry: ChoiceForm.Entry {
        ChoiceForm.Entry(name, options, short: short, summary: summary, source: source, lacks: lacks)
    }
}

extension [NamedOption] {
    /// The values by name; of options with the same name the first counts.
    public var asDictionary: [String: OptionValue] {
        Dictionary(map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The value of the first option of this name; nil if there is none.
    public subscript(name: String) -> OptionValue? { first { $0.name == name }?.value }
}

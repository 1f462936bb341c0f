/// The value of an option, as a configuration file can state it.
///
/// Literals stand for values: `["lr": 0.05, "betas": [0.9, 0.999], "nesterov": true, "by": "epoch"]`.
public indirect enum OptionValue: Sendable, Hashable, CustomStringConvertible {
    /// No value: the option is left out.
    case none
    /// A number, whole or not ("momentum: 0.9", "step_size: 30").
    case number(Double)
    /// A whole number that need not fit a Float64 ("seed: 9223372036854775807").
    case whole(Int)
    /// A list of numbers ("betas: [0.9, 0.999]").
    case numbers([Double])
    /// A truth value ("nesterov: true").
    case flag(Bool)
    /// A word ("by: epoch").
    case text(String)
    /// A list of anything else ("augment: [flip, {crop: 4}]").
    case list([OptionValue])
    /// Keys with values ("clip: {norm: 1}").
    case options([NamedOption])
    /// A choice, picked by its name, with its options ("{name: adam, lr: 0.001}", "linear: {out: 10}").
    case choice(String, [NamedOption])

    /// The value on one line, as YAML spells it; a whole number of up to 15 digits has no fraction.
    public var description: String {
        func keyed(_ options: [NamedOption]) -> String {
            options.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        }
        return switch self {
        case .none: "none"
        case .number(let number): Self.spell(number)
        case .whole(let number): "\(number)"
        case .numbers(let numbers): "[" + numbers.map(Self.spell).joined(separator: ", ") + "]"
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): text
        case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
        case .options(let options): "{\(keyed(options))}"
        case .choice(let name, let options): options.isEmpty ? name : "{\(name): {\(keyed(options))}}"
        }
    }

    private static func spell(_ number: Double) -> String {
        if let whole = Int(exactly: number), whole.magnitude < 1_000_000_000_000_000 { return "\(whole)" }
        return "\(number)"
    }
}

extension OptionValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    /// A list of numbers if all elements are numbers, else a list of values.
    public init(arrayLiteral elements: OptionValue...) {
        let numbers = elements.compactMap { element in
            if case .number(let number) = element { number } else { nil }
        }
        self = numbers.count == elements.count ? .numbers(numbers) : .list(elements)
    }
}

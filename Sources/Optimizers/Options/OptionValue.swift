import Messages

/// The value of an option of an optimizer or schedule, as a configuration file can state it.
public enum OptionValue: Sendable, Hashable, CustomStringConvertible {
    /// A number, whole or not ("momentum: 0.9", "step_size: 30").
    case number(Double)
    /// A list of numbers ("betas: [0.9, 0.999]").
    case numbers([Double])
    /// A truth value ("nesterov: true").
    case flag(Bool)
    /// A word ("by: epoch").
    case text(String)

    /// The value as YAML would spell it: whole numbers of up to 15 digits without a fraction.
    public var description: String {
        switch self {
        case .number(let number): Self.spell(number)
        case .numbers(let numbers): "[" + numbers.map(Self.spell).joined(separator: ", ") + "]"
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): text
        }
    }

    /// What sort of value this is, as a phrase that fits behind "must be".
    var sort: String {
        switch self {
        case .number: "a number"
        case .numbers(let numbers):
            numbers.isEmpty ? "a list of numbers" : "a list of \(counted(numbers.count, "number"))"
        case .flag: "true or false"
        case .text: "a word"
        }
    }

    /// Whether `other` is the same sort of value; lists must have its length, unless it is empty.
    func isSameSort(as other: OptionValue) -> Bool {
        switch (self, other) {
        case (.number, .number), (.flag, .flag), (.text, .text): true
        case (.numbers(let mine), .numbers(let others)): others.isEmpty || mine.count == others.count
        default: false
        }
    }

    private static func spell(_ number: Double) -> String {
        if let whole = Int(exactly: number), whole.magnitude < 1_000_000_000_000_000 { return "\(whole)" }
        return "\(number)"
    }
}

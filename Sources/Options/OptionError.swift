import Messages

/// Why something cannot be made from its options: one option, its value and what is allowed.
public struct OptionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that handles errors differently by sort.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no choice of this name.
        case unknownName
        /// The choice has no option of this name.
        case unknownOption
        /// An option without a default was not given.
        case missingOption
        /// The value is of another type than the option's.
        case wrongType
        /// The value has the right type but lies outside what is allowed.
        case outOfRange
        /// The value is fine alone but not beside another option or the length of the run.
        case conflict
    }

    /// The sort of problem, on which code may decide.
    public let kind: Kind
    /// The option by its configuration name ("momentum"), with a point before an option of an option ("init.bias");
    /// "name" if the name of a choice is unknown.
    public let key: String
    /// The value found, as text; empty for a missing option.
    public let value: String
    /// What is allowed, as a phrase that fits after "must be".
    public let allowed: String
    /// The names that exist, in a fixed order, if a name is unknown: the one that was meant is looked for among them.
    public let candidates: [String]
    /// Further advice, if there is any.
    public let advice: String?

    /// An error about one option; `candidates` are the names to choose from if a name is unknown.
    public init(
        _ kind: Kind, key: String, value: String, allowed: String, candidates: [String] = [],
        advice: String? = nil
    ) {
        self.kind = kind
        self.key = key
        self.value = value
        self.allowed = allowed
        self.candidates = candidates
        self.advice = advice
    }

    /// The same error for an option inside `outer`: "bias" becomes "init.bias".
    public func inside(_ outer: String) -> OptionError {
        OptionError(
            kind, key: "\(outer).\(key)", value: value, allowed: allowed, candidates: candidates,
            advice: advice)
    }

    /// What is wrong, as a sentence without the option: "must be at least 0, is -0.1".
    public var problem: String {
        if kind == .missingOption { return "missing; it must be \(allowed)" }
        return value.isEmpty ? "must be \(allowed)" : "must be \(allowed), is \(value)"
    }

    /// What to do about it: the name that was probably meant, or else `advice`.
    public var remedy: String? {
        let meant = kind == .outOfRange ? nearestName(to: value, among: candidates) : nil
        return meant.map { "did you mean \"\($0)\"?" } ?? advice
    }

    /// One line without a line break, such as "momentum is -0.1; it must be at least 0 and at most 1".
    public var description: String {
        let text =
            switch kind {
            case .unknownName: "'\(value)' does not exist; \(key) must be \(allowed)"
            case .unknownOption: "\(key) is not an option here; it must be \(allowed)"
            case .missingOption: "\(key) is missing; it must be \(allowed)"
            case .wrongType, .outOfRange, .conflict: "\(key) is \(value); it must be \(allowed)"
            }
        return advice.map { "\(text); \($0)" } ?? text
    }
}

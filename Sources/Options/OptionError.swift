import Messages

/// Why something cannot be made of the options it was given: one option and what it may be.
public struct OptionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that decides by it.
    public enum Kind: String, Sendable, CaseIterable {
        /// Nothing has the name.
        case unknownName
        /// What has the name has no option of this name.
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

    /// The sort of problem.
    public let kind: Kind
    /// The option, by its configuration name ("momentum"), with a point before an option of an option ("init.bias");
    /// "name" where the name itself is unknown.
    public let key: String
    /// The value found, as text; empty for a missing option.
    public let value: String
    /// What is allowed, as a phrase that fits behind "must be".
    public let allowed: String
    /// The names that exist where one was unknown, in a fixed order, to look for the one that was meant.
    public let candidates: [String]
    /// What else there is to do about it, if anything.
    public let advice: String?

    /// An error about one option; `candidates` are the names to choose from where a name was unknown.
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

    /// The error of the same option as a part of `key`.
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

    /// What to do about it, if there is more to say: the word that was probably meant, or `advice`.
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

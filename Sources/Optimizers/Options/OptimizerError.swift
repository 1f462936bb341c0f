/// Why an optimizer, schedule or gradient clipping cannot be set up as asked: one option and what it may be.
public struct OptimizerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that decides by it.
    public enum Kind: String, Sendable, CaseIterable {
        /// No optimizer or schedule has the name.
        case unknownName
        /// The optimizer or schedule has no option of this name.
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
    /// The option, by its configuration name ("momentum"); "name" where the name itself is unknown.
    public let key: String
    /// The value found, as text; empty for a missing option.
    public let value: String
    /// What is allowed, as a phrase that fits behind "must be".
    public let allowed: String
    /// The names that exist where one was unknown, in a fixed order, to look for the one that was meant.
    public let candidates: [String]

    /// An error about one option; `candidates` are the names to choose from where a name was unknown.
    init(_ kind: Kind, key: String, value: String, allowed: String, candidates: [String] = []) {
        self.kind = kind
        self.key = key
        self.value = value
        self.allowed = allowed
        self.candidates = candidates
    }

    /// One line without a line break, such as "momentum is -0.1; it must be at least 0 and at most 1".
    public var description: String {
        switch kind {
        case .unknownName: "'\(value)' does not exist; \(key) must be \(allowed)"
        case .unknownOption: "\(key) is not an option here; it must be \(allowed)"
        case .missingOption: "\(key) is missing; it must be \(allowed)"
        case .wrongType, .outOfRange, .conflict: "\(key) is \(value); it must be \(allowed)"
        }
    }
}

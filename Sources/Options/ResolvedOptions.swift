/// The options of one thing after unknown names, missing options and wrong types were refused and defaults filled in.
public struct ResolvedOptions: Sendable, Hashable {
    /// Every declared option with its value, in the order of declaration.
    public let values: [NamedOption]
    /// The names of the options that were given, in alphabetical order.
    public let given: [String]

    /// Matches the given options against the declared ones; throws the first problem, looking first for unknown names
    /// in alphabetical order and then at the values in the order of declaration.
    public init(
        declared: [OptionDeclaration], given: [String: OptionValue], lacks: [String: String] = [:]
    ) throws(OptionError) {
        let names = declared.map(\.name)
        for name in given.keys.sorted() where !names.contains(name) {
            throw OptionError(
                .unknownOption, key: name, value: given[name]?.description ?? "",
                allowed: names.isEmpty ? "left out" : "one of \(names.joined(separator: ", "))",
                candidates: names, advice: lacks[name])
        }
        var values: [NamedOption] = []
        for option in declared {
            guard let value = given[option.name], value != .none else {
                guard let standard = option.standard else {
                    throw OptionError(
                        .missingOption, key: option.name, value: "", allowed: option.phrase)
                }
                values.append(NamedOption(option.name, standard))
                continue
            }
            guard option.form.isSort(of: value) else {
                throw OptionError(
                    .wrongType, key: option.name, value: value.description, allowed: option.form.phrase)
            }
            try option.form.check(value, key: option.name)
            values.append(NamedOption(option.name, value))
        }
        self.values = values
        self.given = names.filter { given[$0].map { $0 != .none } ?? false }
    }

    /// The value of a declared option that is a number; traps if it is not.
    public func number(_ name: String) -> Double {
        switch value(name) {
        case .number(let number): number
        case .whole(let number): Double(number)
        default: preconditionFailure("option \(name) is \(value(name)), not a number as its reader expects")
        }
    }

    /// The value of a declared option that is a whole number; traps if it is not.
    public func whole(_ name: String) -> Int {
        switch value(name) {
        case .whole(let number): return number
        case .number(let number):
            if let whole = Int(exactly: number) { return whole }
            fallthrough
        default:
            preconditionFailure("option \(name) is \(value(name)), not a whole number as its reader expects")
        }
    }

    /// The value of a declared option that is a list of numbers; traps if it is not.
    public func numbers(_ name: String) -> [Double] {
        guard case .numbers(let numbers) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a list as its reader expects")
        }
        return numbers
    }

    /// The value of a declared option that is true or false; traps if it is not.
    public func flag(_ name: String) -> Bool {
        guard case .flag(let flag) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a flag as its reader expects")
        }
        return flag
    }

    /// The value of a declared option that is a word; traps if it is not.
    public func text(_ name: String) -> String {
        guard case .text(let text) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a word as its reader expects")
        }
        return text
    }

    /// The value of a declared option that is a whole number; nil if it has no value.
    public func wholeIfAny(_ name: String) -> Int? { value(name) == .none ? nil : whole(name) }

    /// The value of a declared option that is a number or a list of numbers; nil if it has no value.
    public func numbersIfAny(_ name: String) -> [Double]? {
        switch value(name) {
        case .none: nil
        case .number, .whole: [number(name)]
        default: numbers(name)
        }
    }

    /// The value of a declared number as an Int; throws unless it is whole and at least `least`.
    public func whole(_ name: String, atLeast least: Int) throws(OptionError) -> Int {
        let number = number(name)
        guard let whole = Int(exactly: number), whole >= least else {
            throw OptionError(
                .outOfRange, key: name, value: OptionValue.number(number).description,
                allowed: "a whole number, at least \(least)")
        }
        return whole
    }

    /// The case of an enumeration whose raw value is the value of a declared word; throws if there is none.
    public func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _: Word.Type = Word.self
    ) throws(OptionError) -> Word where Word.RawValue == String {
        let text = text(name)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue)
            throw OptionError(
                .outOfRange, key: name, value: text, allowed: "one of \(words.joined(separator: ", "))",
                candidates: words)
        }
        return word
    }

    /// The value of a declared option; traps if no option has the name.
    public func value(_ name: String) -> OptionValue {
        guard let option = values.first(where: { $0.name == name }) else {
            preconditionFailure("option \(name) is not among the declared \(values.map(\.name))")
        }
        return option.value
    }
}

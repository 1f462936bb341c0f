/// The options of one optimizer or schedule after unknown names, missing ones and wrong types were refused
/// and defaults were filled in.
package struct ResolvedOptions: Sendable, Hashable {
    /// Every declared option with its value, in the order of declaration.
    package let values: [NamedOption]

    /// Matches what was given against what is declared; throws on the first problem, where unknown names are
    /// looked for in alphabetical order and then values in the order of declaration.
    package init(
        declared: [OptionDeclaration], given: [String: OptionValue]
    ) throws(OptimizerError) {
        let names = declared.map(\.name)
        for name in given.keys.sorted() where !names.contains(name) {
            throw OptimizerError(
                .unknownOption, key: name, value: given[name]?.description ?? "",
                allowed: names.isEmpty ? "left out" : "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        var values: [NamedOption] = []
        for option in declared {
            guard let value = given[option.name] else {
                if option.isRequired {
                    throw OptimizerError(
                        .missingOption, key: option.name, value: "", allowed: option.example.sort)
                }
                values.append(NamedOption(option.name, option.example))
                continue
            }
            guard value.isSameSort(as: option.example) else {
                throw OptimizerError(
                    .wrongType, key: option.name, value: value.description, allowed: option.example.sort)
            }
            values.append(NamedOption(option.name, value))
        }
        self.values = values
    }

    /// The value of a declared option that is a number.
    package func number(_ name: String) -> Double {
        guard case .number(let number) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a number as its reader expects")
        }
        return number
    }

    /// The value of a declared option that is a list of numbers, as long as its default.
    package func numbers(_ name: String) -> [Double] {
        guard case .numbers(let numbers) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a list as its reader expects")
        }
        return numbers
    }

    /// The value of a declared option that is true or false.
    package func flag(_ name: String) -> Bool {
        guard case .flag(let flag) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a flag as its reader expects")
        }
        return flag
    }

    /// The value of a declared option that is a word.
    package func text(_ name: String) -> String {
        guard case .text(let text) = value(name) else {
            preconditionFailure("option \(name) is \(value(name)), not a word as its reader expects")
        }
        return text
    }

    /// The value of a declared number as an integer; throws unless it is whole and at least `least`.
    package func whole(_ name: String, atLeast least: Int) throws(OptimizerError) -> Int {
        let number = number(name)
        guard let whole = Int(exactly: number), whole >= least else {
            throw OptimizerError(
                .outOfRange, key: name, value: OptionValue.number(number).description,
                allowed: "a whole number, at least \(least)")
        }
        return whole
    }

    /// The value of a declared word as one of the cases of an enumeration, by its raw value.
    package func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _: Word.Type = Word.self
    ) throws(OptimizerError) -> Word where Word.RawValue == String {
        let text = text(name)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue)
            throw OptimizerError(
                .outOfRange, key: name, value: text, allowed: "one of \(words.joined(separator: ", "))",
                candidates: words)
        }
        return word
    }

    private func value(_ name: String) -> OptionValue {
        guard let option = values.first(where: { $0.name == name }) else {
            preconditionFailure("option \(name) is not among the declared \(values.map(\.name))")
        }
        return option.value
    }
}

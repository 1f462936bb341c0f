import Options
import Training

/// What may be written behind `--set`, for shells to complete: all keys, and the values of those that take words.
package struct SettingWords {
    /// A key or a value, with what it means in one sentence; the sentence may be empty.
    package struct Word: Sendable, Equatable {
        package let text: String
        package let summary: String
    }

    /// The keys as paths, such as "optimizer.lr", in the order of the table.
    package private(set) var keys: [Word] = []
    private var valuesOfKeys: [String: [Word]] = [:]

    package init(_ table: SettingsTable = .standard) {
        for key in table.keys {
            add(key.path, key.summary, Self.values(of: key.form))
            if key.name.isEmpty, case .choice(let choice) = key.form {
                add(choice, below: key.path)
            } else if key.path == "data.train" {
                add(table.vocabulary.formats.form, below: key.path)
            }
        }
    }

    /// The words that a key takes; none if its values are no words.
    package func values(of key: String) -> [Word] { valuesOfKeys[key] ?? [] }

    private mutating func add(_ path: String, _ summary: String, _ values: [Word]) {
        guard valuesOfKeys[path] == nil else { return }
        keys.append(Word(text: path, summary: summary))
        valuesOfKeys[path] = values
    }

    /// Adds the key of a choice's name, and its options; only those that have one key for all have paths.
    private mutating func add(_ choice: ChoiceForm, below path: String) {
        guard case .named(let name) = choice.style else { return }
        add("\(path).\(name)", "Which \(choice.noun) it is.", Self.words(choice))
        for option in choice.entries.flatMap(\.options) {
            add("\(path).\(option.name)", option.summary, Self.values(of: option.form))
        }
    }

    private static func words(_ choice: ChoiceForm) -> [Word] {
        choice.entries.map { Word(text: $0.name, summary: $0.summary) }
    }

    private static func values(of form: OptionForm) -> [Word] {
        switch form {
        case .flag: ["true", "false"].map { Word(text: $0, summary: "") }
        case .word(_, let words, _): words.map { Word(text: $0, summary: "") }
        case .wordOr(let word, let form): [Word(text: word, summary: "")] + values(of: form)
        case .choice(let choice): choice.style.takesWords ? words(choice) : []
        case .either(let forms, _): forms.flatMap(values)
        case .whole, .number, .numbers, .text, .path, .list, .options, .kind: []
        }
    }
}

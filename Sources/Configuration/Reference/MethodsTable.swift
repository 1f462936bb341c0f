import Foundation
import Options
import Training

/// All keys and everything that can be picked by name, as a Markdown table, which `dtrain methods` prints and
/// Methods.md of the documentation contains.
///
/// A row has four cells: the name, what it does, the options with their defaults, and the source. Keys are in the order
/// of the `SettingsTable`; the entries of a choice follow its key. An option that all entries have is in the key's row:
/// with its default if that is the same for all, else by its name alone, and then the defaults come last in the
/// entries' rows.
package struct MethodsTable {
    private let table: SettingsTable

    package init(_ table: SettingsTable = .standard) { self.table = table }

    /// The table's lines, with the heading first.
    package var lines: [String] {
        var lines = ["| name | what it does | options (defaults) | source |", "| --- | --- | --- | --- |"]
        let defaults = try? SettingsTable.defaults
        var listed: Set<String> = []
        for section in table.sections {
            let keys = table.keys.filter { $0.section == section }
            if !keys.contains(where: \.name.isEmpty) {
                lines.append(
                    Self.row("**`\(section)`**", SettingsTable.sectionSummaries[section] ?? "", "", ""))
            }
            for key in keys {
                let choices = choices(of: key.form).filter { listed.insert($0.noun).inserted }
                let name = key.name.isEmpty ? "**`\(section)`**" : "`\(key.name)`"
                let unlessGiven = defaults.map { standard(of: key, in: $0) } ?? ""
                let shared = choices.map { Self.shared($0) }.filter { !$0.isEmpty }
                let options = [unlessGiven] + shared + [Self.options(of: key.form)]
                lines.append(
                    Self.row(
                        name, key.summary, options.filter { !$0.isEmpty }.joined(separator: "; "), key.source)
                )
                for choice in choices { lines += rows(of: choice, behind: key.name) }
            }
        }
        return lines
    }

    /// The rows of a choice's entries after the row of `key`, whose name precedes theirs unless it is a section's.
    private func rows(of choice: ChoiceForm, behind key: String) -> [String] {
        choice.entries.map { entry in
            let prefix =
                switch choice.style {
                case .named(let name) where !choice.style.takesWords: "\(name): "
                default: key.isEmpty ? "" : "\(key): "
                }
            let common = Self.common(choice)
            let own = entry.options.filter { !common.map(\.name).contains($0.name) }
            let differing = entry.options.filter { Self.differing(choice).contains($0.name) }
            let options = [
                Self.list(own.filter { !differing.map(\.name).contains($0.name) }), Self.list(differing),
            ]
            return Self.row(
                "`\(prefix)\(entry.name)`", entry.summary,
                options.filter { !$0.isEmpty }.joined(separator: "; "), entry.source)
        }
    }

    /// The choices that a value of a form can pick from.
    private func choices(of form: OptionForm) -> [ChoiceForm] {
        switch form {
        case .choice(let choice): [choice]
        case .kind(let kind, _): table.kinds(kind).map { [$0] } ?? []
        case .list(let element, _, _), .wordOr(_, let element): choices(of: element)
        case .either(let forms, _): forms.flatMap { choices(of: $0) }
        case .options(let declared, _, _): declared.flatMap { choices(of: $0.form) }
        case .whole, .number, .numbers, .flag, .word, .text, .path: []
        }
    }

    /// The meaning of a configuration without the key; empty if it has none.
    private func standard(of key: SettingKey, in defaults: TrainingSettings) -> String {
        if key.isDerived { return "" }
        let value = key.value(defaults)
        switch key.form {
        case .options, .wordOr(_, .options): if value == .none { return "off" }
        default: break
        }
        guard case .choice(let choice) = key.form else {
            return ["", .none].contains(value) ? "" : Self.spell(value)
        }
        guard let name = ChoiceForm.parts(value)?.name else { return "" }
        // A choice that cannot be written as a word, such as files, has no default.
        return choice.style.takesWords ? "default \(name)" : "(required)"
    }

    /// The options of a form that is no choice, such as "{sigma 6, window 128} or sigma".
    private static func options(of form: OptionForm) -> String {
        switch form {
        case .options(let declared, _, let short):
            "{\(list(declared))}" + (short.map { " or \($0)" } ?? "")
        case .wordOr(let word, .options(let declared, let phrase, let short)):
            "\(word) or \(options(of: .options(declared, phrase, short: short)))"
        case .either(let forms, _): forms.map(options).filter { !$0.isEmpty }.joined(separator: " or ")
        default: ""
        }
    }

    /// The options that all entries of a choice have with the same default.
    private static func common(_ choice: ChoiceForm) -> [OptionDeclaration] {
        guard choice.entries.count > 1, let first = choice.entries.first else { return [] }
        return first.options.filter { option in
            choice.entries.allSatisfy { entry in
                entry.lacks[option.name] != nil
                    || entry.options.contains { $0.name == option.name && $0.standard == option.standard }
            }
        }
    }

    /// The names of options that all entries of a choice have, with different defaults.
    private static func differing(_ choice: ChoiceForm) -> [String] {
        guard choice.entries.count > 1, let first = choice.entries.first else { return [] }
        let common = common(choice).map(\.name)
        return first.options.map(\.name).filter { name in
            !common.contains(name)
                && choice.entries.allSatisfy { entry in
                    entry.lacks[name] != nil || entry.options.contains { $0.name == name }
                }
        }
    }

    /// The options that all entries of a choice have, for the row of its key.
    private static func shared(_ choice: ChoiceForm) -> String {
        (differing(choice) + common(choice).map(spell)).joined(separator: ", ")
    }

    /// Options with their defaults, separated by commas.
    private static func list(_ options: [OptionDeclaration]) -> String {
        options.map(spell).joined(separator: ", ")
    }

    /// "momentum 0", "step_size (required)", or only the name if the default is nothing.
    private static func spell(_ option: OptionDeclaration) -> String {
        guard let standard = option.standard else { return "\(option.name) (required)" }
        return standard == .none ? option.name : "\(option.name) \(spell(standard))"
    }

    /// A default as the table shows it: as in YAML, but with the shorter spelling of a number.
    private static func spell(_ value: OptionValue) -> String {
        switch value {
        case .number(let number): spell(number)
        case .numbers(let numbers): "[\(numbers.map(spell).joined(separator: ", "))]"
        case .text(let text) where !text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }: "\"\(text)\""
        default: value.description
        }
    }

    /// The shorter of "0.001" and "1e-3".
    private static func spell(_ number: Double) -> String {
        let plain = OptionValue.number(number).description
        guard number != 0, number.magnitude < 1 else { return plain }
        let digits = (0...16).lazy.map { String(format: "%.\($0)e", number) }.first { Double($0) == number }
        guard let parts = digits?.split(separator: "e"), parts.count == 2, let power = Int(parts[1]) else {
            return plain
        }
        let scientific = "\(parts[0])e\(power)"
        // "\(number)" switches to a form with an exponent below 1e-4.
        return plain.contains("e") || scientific.count < plain.count ? scientific : plain
    }

    /// A row. The sentence loses its full stop, and its capital unless the first word has another one, as a name may.
    private static func row(_ name: String, _ summary: String, _ options: String, _ source: String) -> String
    {
        let words = summary.hasSuffix(".") ? String(summary.dropLast()) : summary
        let isName = words.prefix { $0 != " " }.dropFirst().contains(where: \.isUppercase)
        let text = isName ? words : words.prefix(1).lowercased() + words.dropFirst()
        let cells = [name, text, options, source].map { cell in
            cell.replacing("|", with: "\\|")
        }
        return "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
    }
}

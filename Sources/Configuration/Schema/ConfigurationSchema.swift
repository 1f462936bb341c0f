import Options
import Training

/// A JSON Schema of configurations, of draft 2020-12, by which editors complete keys and mark mistakes; `dtrain schema`
/// prints it.
///
/// It is made from the `SettingsTable`, as the reader of configurations and the table of methods are. What it accepts is
/// what the reader accepts key by key: types, limits, names, short forms, null where a key may be empty, keys that begin
/// with "x-", and no unknown key at any level. What several keys decide together, such as options that exclude each
/// other, only the reader knows.
///
/// The choices that values pick from, such as layers, are definitions ("$defs"), so that layers may hold layers. A choice
/// that is a section, such as the optimizer, is written out there, because its keys stand beside those of the section.
/// Objects are closed by additionalProperties alone: editors know it best.
package struct ConfigurationSchema {
    let table: SettingsTable
    private let defaults: TrainingSettings?

    /// The schema of configurations with these keys.
    package init(_ table: SettingsTable = .standard) {
        self.table = table
        defaults = try? SettingsTable.defaults
    }

    /// The schema as JSON, ending in a line break; the same bytes each time.
    package var text: String { schema.text() + "\n" }

    /// The sections and keys that every configuration has.
    private static let required = ["data", "model", "data.train"]

    private var schema: JSONValue {
        let sections = table.sections
        var whole = Self.closed(
            sections.map { .init($0, section($0)) }, required: sections.filter(Self.required.contains)
        ).members
        whole.insert(
            contentsOf: [
                .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
                .init("title", "A configuration of dtrain"),
                .init("description", "What a training run is made of: data, a model, and how it learns."),
            ], at: 0)
        let definitions = shared.map { choice in
            JSONValue.Member(Self.name(of: choice), Self.any(alternatives(choice)))
        }
        return .object(whole + [.init("$defs", .object(definitions))])
    }

    /// A section: only keys, a value of its own, or a choice with keys beside its options.
    private func section(_ section: String) -> JSONValue {
        let keys = table.keys.filter { $0.section == section }
        let inner = keys.filter { !$0.name.isEmpty }.map { key in
            JSONValue.Member(key.name, property(of: key, alternatives(key.form)))
        }
        if let whole = keys.first, whole.name.isEmpty {
            guard case .choice(let choice) = whole.form else {
                return property(of: whole, alternatives(whole.form))
            }
            return property(of: whole, alternatives(choice, more: inner))
        }
        let required = keys.filter { Self.required.contains($0.path) }.map(\.name)
        let object = Self.closed(inner, required: required)
        return Self.property(
            required.isEmpty ? Self.orNull([object]) : [object], SettingsTable.sectionSummaries[section] ?? ""
        )
    }

    /// A key's value, which may be null unless every configuration has the key, with its description and default.
    private func property(of key: SettingKey, _ alternatives: [JSONValue]) -> JSONValue {
        let isRequired = Self.required.contains(key.path)
        return Self.property(
            isRequired ? alternatives : Self.orNull(alternatives), key.summary, source: key.source,
            standard: isRequired ? nil : standard(of: key))
    }

    /// The meaning of a configuration without the key; nil if it has none, of a choice the name alone.
    private func standard(of key: SettingKey) -> JSONValue? {
        guard let defaults, !key.isDerived else { return nil }
        if key.isChoice { return ChoiceForm.parts(key.value(defaults)).map { .text($0.name) } }
        let value = JSONValue(table.plainValue(of: key, in: defaults))
        return value == "" ? nil : value
    }

    /// The choices that values pick from, each once, in the order in which keys mention them; not those that are
    /// sections.
    private var shared: [ChoiceForm] {
        var found: [ChoiceForm] = []
        func add(_ choice: ChoiceForm) {
            guard !found.contains(where: { $0.noun == choice.noun }) else { return }
            found.append(choice)
            for option in choice.entries.flatMap(\.options) { look(option.form) }
        }
        func look(_ form: OptionForm) {
            switch form {
            case .choice(let choice): add(choice)
            case .kind(let kind, _): if let choice = table.kinds(kind) { add(choice) }
            case .list(let element, _, _), .wordOr(_, let element): look(element)
            case .either(let forms, _): for form in forms { look(form) }
            case .options(let declared, _, _): for option in declared { look(option.form) }
            case .whole, .number, .numbers, .flag, .word, .text, .path: break
            }
        }
        for key in table.keys {
            guard key.name.isEmpty, case .choice(let choice) = key.form else {
                look(key.form)
                continue
            }
            for option in choice.entries.flatMap(\.options) { look(option.form) }
        }
        return found
    }

    /// A choice's name among the definitions.
    static func name(of choice: ChoiceForm) -> String { choice.noun.replacing(" ", with: "_") }
}

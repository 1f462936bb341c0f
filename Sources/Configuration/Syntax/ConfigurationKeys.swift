import Options
import Training

/// The keys of a configuration by sections, to find where a key belongs that was written elsewhere.
package enum ConfigurationKeys {
    static var sections: [String] { table.sections }

    /// The full paths of the keys that a word may mean, the likeliest first, at most three: "training.batch" for
    /// batch_size.
    ///
    /// - Parameter place: The section that contains the word, "" for none. If it has such a key, there are no paths.
    package static func paths(of word: String, besides place: String = "") -> [String] {
        guard let own = all.first(where: { $0.section == place }),
            sameName(as: word, among: own.keys, in: place) == nil
        else { return [] }
        let foreign = ForeignNames.rows(for: word).flatMap(\.names)
        var found = foreign.filter { $0.contains(".") && isPath($0) }
        found += paths(ofKey: word, besides: place)
        if found.isEmpty { found = foreign.flatMap { paths(ofKey: $0, besides: place) } }
        if found.isEmpty { found = paths(ofKey: word, besides: place, among: inner) }
        found = found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return Array(found.prefix(3))
    }

    /// Whether there is a key, or a section, of this path.
    static func isPath(_ path: String) -> Bool { known.contains(path) }

    /// The section that a word may mean.
    package static func section(_ word: String) -> String? { sameName(as: word, among: sections) }

    /// The key that a word means by other spelling, or by another program's name.
    package static func sameKey(as word: String, among keys: [String]) -> String? {
        sameName(as: word, among: keys)
    }

    /// What to do instead of something that other programs have; nil where nothing is known of it.
    package static func instead(of word: String) -> String? { ForeignNames.instead(of: word) }

    /// What to say of a key that is the name of a layer, with the value behind it.
    static func layerHint(_ word: String, _ value: ConfigurationNode) -> String? {
        layerHint(word, value.isBlank || value.isNull ? nil : value.value)
    }

    /// What to say of a word that is the name of a layer, with the text of a value.
    package static func layerHint(_ word: String, _ value: String?) -> String? {
        guard let name = table.vocabulary.layers.form.names.first(where: { isSpelling($0, of: word) }) else {
            return nil
        }
        return "it is a layer: write \"- \(name)\(value.map { ": \($0)" } ?? "")\" in the list of model"
    }

    private static let table = SettingsTable.standard

    /// The paths of the keys that are the word but for its spelling.
    private static func paths(
        ofKey word: String, besides place: String, among parts: [Section] = all
    ) -> [String] {
        parts.filter { $0.section != place }.compactMap { part in
            let plain = part.keys.first { isSpelling($0, of: word) }
            return plain.map { part.section.isEmpty ? $0 : "\(part.section).\($0)" }
        }
    }

    private typealias Section = (section: String, keys: [String])

    /// The keys of each section and of `data.train`, with the options of the section's choices.
    private static let all: [Section] = {
        var all: [Section] = [("", table.sections)]
        for section in table.sections {
            var keys: [String] = []
            for key in table.keys where key.section == section {
                if !key.name.isEmpty { keys.append(key.name) }
                guard key.name.isEmpty, case .choice(let choice) = key.form else { continue }
                for option in choice.entries.flatMap(\.options) where !keys.contains(option.name) {
                    keys.append(option.name)
                }
            }
            if !keys.isEmpty { all.append((section, keys)) }
            guard section == "data" else { continue }
            let files = table.vocabulary.formats.choices.flatMap(\.options).map(\.name)
            all.append(
                ("data.train", ["format"] + files.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }))
        }
        return all
    }()

    /// The options of keys that have some, such as those of training.early_stopping.
    private static let inner: [Section] = table.keys.compactMap { key in
        let names = declared(key.form).map(\.name)
        return key.name.isEmpty || names.isEmpty ? nil : (key.path, names)
    }

    /// The options of a form that is written as keys with values.
    private static func declared(_ form: OptionForm) -> [OptionDeclaration] {
        switch form {
        case .options(let declared, _, _): declared
        case .either(let forms, _): forms.flatMap(declared)
        case .wordOr(_, let form): declared(form)
        default: []
        }
    }

    private static let known: Set<String> = Set(
        (all + inner).flatMap { part in
            part.keys.map { part.section.isEmpty ? $0 : "\(part.section).\($0)" }
        }
            + table.keys.compactMap { key in
                guard case .choice(let choice) = key.form, case .named(let name) = choice.style else {
                    return nil
                }
                return "\(key.path).\(name)"
            })
}

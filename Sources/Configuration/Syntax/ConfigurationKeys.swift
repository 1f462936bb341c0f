import Options
import Training

/// The keys of a configuration by their sections, to find the place of one that was written without it.
package enum ConfigurationKeys {
    /// The sections of a configuration.
    static var sections: [String] { table.sections }

    /// The full paths of the keys that a word may mean, such as "training.batch" for batch_size, in the order of the sections.
    ///
    /// - Parameter place: The section that the word stands in, "" for none: one that knows it needs no other.
    package static func paths(of word: String, besides place: String = "") -> [String] {
        guard let own = all.first(where: { $0.section == place }), sameName(as: word, among: own.keys) == nil
        else { return [] }
        return all.filter { $0.section != place }.compactMap { section, keys in
            sameName(as: word, among: keys).map { section.isEmpty ? $0 : "\(section).\($0)" }
        }
    }

    /// The section that a word may mean.
    package static func section(_ word: String) -> String? { sameName(as: word, among: sections) }

    /// The one of some keys that a word is in other letters or in another program's words.
    package static func sameKey(as word: String, among keys: [String]) -> String? {
        sameName(as: word, among: keys)
    }

    private static let table = SettingsTable.standard

    /// What may stand in each section, and in `data.train`: its keys, and the options of what it picks, but for
    /// those of losses.
    private static let all: [(section: String, keys: [String])] = {
        var all: [(section: String, keys: [String])] = [("", table.sections)]
        for section in table.sections {
            var keys: [String] = []
            for key in table.keys where key.section == section {
                if !key.name.isEmpty { keys.append(key.name) }
                guard key.name.isEmpty, case .choice(let choice) = key.form, section != "loss" else {
                    continue
                }
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
}

import Options
import Training

/// The keys of a configuration by sections, to find where a key belongs that was written elsewhere.
package enum ConfigurationKeys {
    static var sections: [String] { table.sections }

    /// The full paths of the keys that a word may mean, in the order of the sections: "training.batch" for batch_size.
    ///
    /// - Parameter place: The section that contains the word, "" for none. If it has such a key, there are no paths.
    package static func paths(of word: String, besides place: String = "") -> [String] {
        guard let own = all.first(where: { $0.section == place }), sameName(as: word, among: own.keys) == nil
        else { return [] }
        return all.filter { $0.section != place }.compactMap { section, keys in
            sameName(as: word, among: keys).map { section.isEmpty ? $0 : "\(section).\($0)" }
        }
    }

    /// The section that a word may mean.
    package static func section(_ word: String) -> String? { sameName(as: word, among: sections) }

    /// The key that a word means by other spelling, or by another program's name.
    package static func sameKey(as word: String, among keys: [String]) -> String? {
        sameName(as: word, among: keys)
    }

    private static let table = SettingsTable.standard

    /// The keys of each section and of `data.train`, with the options of the section's choices, except for losses.
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

import Messages

/// Names that PyTorch, Keras, Lightning, scikit-learn and others have for things that are called differently here. They
/// are still refused; the table only finds what was meant.
///
/// A word needs no row if it differs from our name only in case, underscores or hyphens ("BatchNorm"), is close to it
/// ("optimzer"), or is ours and only stands in the wrong section: `suggestion` finds those without the table.
enum ForeignNames {
    /// Words of other programs with the same meaning.
    struct Row: Sendable {
        /// Our names for it, the likeliest first: words, between which the place decides, or paths such as
        /// "training.clip.norm" where a word alone would not be found. Empty where there is no such thing here.
        let names: [String]
        /// With names, a clause about our name, such as "which is 1 − keep_prob"; without names, what to do instead.
        let note: String?
        fileprivate let words: [String]

        /// Words, separated by spaces, that mean one of our names.
        init(_ words: String, _ names: String, _ note: String? = nil) {
            self.words = words.split(separator: " ").map(String.init)
            self.names = names.split(separator: " ").map(String.init)
            self.note = note
        }

        /// Words, separated by spaces, for what there is no name here.
        init(_ words: String, instead: String) { self.init(words, "", instead) }

        /// The name among `names`, the keys or choices of the place `section`.
        func name(among names: [String], in section: String) -> String? {
            for name in self.names {
                if names.contains(name) { return name }
                guard !section.isEmpty, name.hasPrefix("\(section).") else { continue }
                let key = String(name.dropFirst(section.count + 1))
                if names.contains(key) { return key }
            }
            return nil
        }
    }

    /// The rows for a word, which may have a module in front of it and arguments behind: "nn.Linear(64, 10)".
    static func rows(for word: String) -> [Row] { table[plainName(bare(word))] ?? [] }

    /// A word without a module in front of it and arguments behind.
    static func bare(_ word: String) -> String {
        let name = word.prefix { $0 != "(" }
        return name.split(separator: ".").last.map(String.init) ?? word
    }

    /// What to do instead of a word for which there is no name here; nil where nothing is known of it.
    static func instead(of word: String) -> String? { rows(for: word).first { $0.names.isEmpty }?.note }

    /// The rows by the plain form of each of their words; a word may have several.
    private static let table: [String: [Row]] = {
        var table: [String: [Row]] = [:]
        for row in keys + parts + choices + absent {
            for word in row.words { table[plainName(word), default: []].append(row) }
        }
        return table
    }()
}

/// The names of a model's tensors in a file whose names contain more than the model's.
///
/// torch.nn.DataParallel and torch.compile wrap a model or a part of it, and add a word to the names of what they wrap:
/// "module.0.weight" or "0._orig_mod.weight" for "0.weight".
struct TensorNames {
    /// What all names begin with but the model's do not, such as "module.".
    private let prefix: String
    /// The file's names that contain words of wrappers, by the model's names.
    private let wrapped: [String: String]
    /// The wrappers' words that were found.
    private let words: [String]

    /// Finds what to leave out of a file's names so that as many as possible are `known` to the model.
    init(_ names: [String], known: Set<String>) {
        let (prefix, count) = Self.prefix(of: names, known: known)
        if count < names.count, let inner = Self.unwrapped(names, known: known) {
            self.prefix = ""
            (wrapped, words) = inner
        } else {
            self.prefix = prefix
            (wrapped, words) = ([:], [])
        }
    }

    /// The file's name for one of the model's tensors.
    func inFile(_ name: String) -> String { wrapped[name] ?? prefix + name }

    /// A note on what was left out of the names in the file at `path`; nil if nothing was.
    func note(path: String) -> String? {
        if !words.isEmpty {
            let listed = words.map { "\"\($0).\"" }.joined(separator: " and ")
            return
                "names of tensors of \(path) hold \(listed) of a wrapped part of the model, which was left out"
        }
        if prefix.isEmpty { return nil }
        return "the names of all tensors of \(path) begin with \"\(prefix)\", which was left out"
    }

    /// The common prefix of all names without which most are known, and how many are.
    private static func prefix(of names: [String], known: Set<String>) -> (prefix: String, known: Int) {
        guard var common = names.first.map({ parts($0).dropLast() }) else { return ("", 0) }
        for name in names {
            common = common.prefix(zip(common, parts(name).dropLast()).prefix { $0 == $1 }.count)
        }
        var best = (prefix: "", known: names.filter(known.contains).count)
        for count in common.indices.map({ $0 + 1 }) {
            let prefix = common.prefix(count).map { "\($0)." }.joined()
            let found = names.filter { known.contains(String($0.dropFirst(prefix.count))) }.count
            if found > best.known { best = (prefix, found) }
        }
        return best
    }

    /// The names without the words of wrappers, and these words; nil unless every name is then known and occurs once.
    ///
    /// At the beginning of names a word counts only if all names have it, as with a wrapper of the whole model. The
    /// word of a wrapped part comes after the part's name.
    private static func unwrapped(
        _ names: [String], known: Set<String>
    ) -> (names: [String: String], words: [String])? {
        let inFront = names.map { parts($0).prefix { wrappers.contains(String($0)) }.count }.min() ?? 0
        var found: [String: String] = [:]
        var words: Set<String> = []
        for name in names {
            let parts = parts(name)
            let left = parts.enumerated().filter { place, word in
                place >= inFront && (place == inFront || !wrappers.contains(String(word)))
            }.map(\.element).joined(separator: ".")
            guard known.contains(left), found.updateValue(name, forKey: left) == nil else { return nil }
            words.formUnion(parts.map(String.init).filter(wrappers.contains))
        }
        return words.isEmpty ? nil : (found, words.sorted())
    }

    private static func parts(_ name: String) -> [Substring] {
        name.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// The words that torch.compile, DataParallel, DistributedDataParallel and the wrappers of torch.distributed add to
    /// names.
    private static let wrappers: Set = [
        "_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
}

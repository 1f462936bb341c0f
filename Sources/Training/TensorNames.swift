/// What a file calls a model's tensors, where its names hold what a model does not know of.
///
/// torch.nn.DataParallel and torch.compile wrap a model, or a part of it, and put a word of theirs into the names of what
/// they wrap: "module.0.weight" or "0._orig_mod.weight" for "0.weight".
struct TensorNames {
    /// What all names begin with and the model's do not, such as "module.".
    private let prefix: String
    /// The file's names where words inside of them were left out, by the model's names.
    private let wrapped: [String: String]
    /// The words that were.
    private let words: [String]

    /// Finds what is to be left out of a file's names so that as many as possible are `known` to the model.
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

    /// What the file calls one of the model's tensors.
    func inFile(_ name: String) -> String { wrapped[name] ?? prefix + name }

    /// What was left out of the names in the file at `path`, for a person; nil where they are the model's.
    func note(path: String) -> String? {
        if !words.isEmpty {
            let listed = words.map { "\"\($0).\"" }.joined(separator: " and ")
            return
                "names of tensors of \(path) hold \(listed) of a wrapped part of the model, which was left out"
        }
        if prefix.isEmpty { return nil }
        return "the names of all tensors of \(path) begin with \"\(prefix)\", which was left out"
    }

    /// What all names begin with, up to a point, that is to be left out so that as many as possible are known, and how many
    /// these are.
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

    /// The names without the words of wrappers, and these words; nil unless all are known then, each once.
    ///
    /// In front of names they count only where all have them: a wrapper of the whole model gives them to all, one of a part
    /// comes behind that part's name.
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

    /// What torch.compile, DataParallel and DistributedDataParallel, and the wrappers of torch.distributed put into names.
    private static let wrappers: Set = [
        "_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
}

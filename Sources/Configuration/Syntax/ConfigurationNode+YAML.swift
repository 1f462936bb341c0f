import Yams

/// Reads text as nodes.
///
/// Anybody may have written a configuration, so four limits protect against small texts that expand to large ones:
/// aliases of aliases double with every level, and deep nesting needs stack.
extension ConfigurationNode {
    /// The most bytes of a configuration.
    static let byteLimit = 262_144
    /// The most nodes of a configuration, counted after aliases are expanded.
    static let nodeLimit = 10_000
    /// The deepest nesting of a configuration.
    static let depthLimit = 48
    /// The most aliases of a configuration.
    static let aliasLimit = 16

    /// Reads the only YAML document in `text`, which must not be empty.
    init(yaml text: String, source: SourceLocation.Source) throws(ConfigurationError) {
        guard let node = try Self.document(in: text, source: source), !node.isNull else {
            throw ConfigurationError(
                .empty, at: SourceLocation(source), key: "",
                "expected a configuration, found an empty document",
                advice: "it needs at least data and model; \"dtrain recipes fashion-cnn\" prints a whole one")
        }
        self = node
    }

    /// Reads the only YAML document in `text`; nil if there is none, or it is empty.
    static func document(
        in text: String, source: SourceLocation.Source
    ) throws(ConfigurationError) -> ConfigurationNode? {
        let whole = SourceLocation(source)
        guard text.utf8.count <= byteLimit else {
            throw ConfigurationError(
                .tooLarge, at: whole, key: "",
                "expected at most \(byteLimit) bytes of YAML, found \(text.utf8.count)")
        }
        // The parser hashes keys with all their aliases expanded, so too many aliases must not even reach it.
        let aliases = possibleAliases(in: text)
        guard aliases <= aliasLimit else {
            throw ConfigurationError(
                .tooLarge, at: whole, key: "",
                "expected at most \(aliasLimit) aliases (*name), found \(aliases)",
                advice: "write out what they stand for")
        }
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw Self.error(error, in: text, source: source)
        }
        guard let root else { return nil }
        var budget = nodeLimit
        let node = try ConfigurationNode(root, source: source, depth: 0, budget: &budget)
        return node.isBlank ? nil : node
    }

    /// Converts a node of the YAML library, with all nodes below it.
    ///
    /// - Parameters:
    ///   - depth: The number of nodes around it.
    ///   - budget: The number of nodes that the document may still have.
    private init(
        _ node: Node, source: SourceLocation.Source, depth: Int, budget: inout Int
    ) throws(ConfigurationError) {
        location = SourceLocation(source, line: node.mark?.line)
        budget -= 1
        guard budget >= 0, depth <= Self.depthLimit else {
            let limit = budget < 0 ? "\(Self.nodeLimit) values" : "\(Self.depthLimit) levels of nesting"
            throw ConfigurationError(
                .tooLarge, at: location, key: "", "expected at most \(limit), aliases expanded, found more",
                advice: budget < 0 ? "if these are data, put them in files, as format: npy or csv" : nil)
        }
        switch node {
        case .scalar(let scalar):
            content = try CoreTag.content(of: scalar, at: location)
        case .sequence(let sequence):
            try CoreTag.check(sequence.tag, isStandard: .seq, at: location)
            var elements: [ConfigurationNode] = []
            for element in sequence {
                elements.append(
                    try ConfigurationNode(element, source: source, depth: depth + 1, budget: &budget))
            }
            content = .sequence(elements)
        case .mapping(let mapping):
            try CoreTag.check(mapping.tag, isStandard: .map, at: location)
            var entries: [Entry] = []
            var merged: ConfigurationNode?
            for (key, value) in mapping {
                let place = SourceLocation(source, line: key.mark?.line)
                guard case .scalar(let scalar) = key else {
                    throw ConfigurationError(
                        .syntax, at: place, key: "",
                        "expected a word as key, found a list or keys with values")
                }
                try CoreTag.check(scalar.tag, isStandard: .str, at: place)
                let node = try ConfigurationNode(value, source: source, depth: depth + 1, budget: &budget)
                // The parser tags every key as a text.
                if scalar.string == Self.mergeKey, [.plain, .any].contains(scalar.style) {
                    merged = node
                } else {
                    entries.append(Entry(key: scalar.string, location: place, value: node))
                }
            }
            content = .mapping(
                try merged.map { node throws(ConfigurationError) in
                    try Self.entries(entries, merging: node)
                } ?? entries)
        case .alias(let alias):
            throw ConfigurationError(
                .syntax, at: location, key: "", "the alias *\(alias.anchor.rawValue) stands for nothing")
        }
    }

    /// An upper bound of the aliases in the text: asterisks that may start one, even in comments.
    private static func possibleAliases(in text: String) -> Int {
        var count = 0
        var previous = UInt8(ascii: " ")
        for byte in text.utf8 {
            if previous == UInt8(ascii: "*"), byte > UInt8(ascii: " ") { count += 1 }
            previous = byte
        }
        return count
    }

    /// What is mostly wrong where the YAML library reports a problem.
    private static let frequent: [(problem: String, advice: String)] = [
        (
            "mapping values are not allowed",
            "give the keys of a section the same indentation, and a section with keys below it no value on its own line"
        ),
        ("did not find expected ',' or '}'", "close the brace, and put commas between keys"),
        ("did not find expected ',' or ']'", "close the bracket, and put commas between elements"),
        ("did not find expected key", "give the keys of a section the same indentation"),
        ("did not find expected '-' indicator", "give the elements of a list the same indentation"),
        ("found unexpected end of stream", "close the quotation mark"),
    ]

    /// Translates the YAML library's error, with advice for frequent mistakes.
    private static func error(
        _ error: any Error, in text: String, source: SourceLocation.Source
    ) -> ConfigurationError {
        guard let error = error as? YamlError else {
            return ConfigurationError(
                .syntax, at: SourceLocation(source), key: "", "the text is no YAML: \(error)")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // If something is missing at the end of the text, the parser reports a line after the last one.
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let last = lines.last?.isEmpty == true ? lines.count - 1 : lines.count
            let place = SourceLocation(source, line: max(1, min(mark.line, last)))
            if problem == "but found another document" {
                return ConfigurationError(
                    .severalDocuments, at: place, key: "", "expected one document, found another behind it",
                    advice: "remove one of them and the line of dashes")
            }
            if problem.hasPrefix("Maximum nesting level") {
                return ConfigurationError(
                    .tooLarge, at: place, key: "",
                    "expected at most \(depthLimit) levels of nesting, found more")
            }
            let line = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
            let advice: String? =
                if line.contains("\t") {
                    "indent with spaces, not tabs"
                } else if line.contains("${") {
                    if case .flag(let flag, _) = place.source {
                        "variables are not replaced here, and by the shell not in single quotes: use double quotes behind \(flag)"
                    } else {
                        "variables are not replaced: write the value itself, or give it with --set"
                    }
                } else {
                    Self.frequent.first { problem.contains($0.problem) }?.advice
                }
            let reason = context.map { "\($0.text) in line \($0.mark.line), \(problem)" } ?? problem
            return ConfigurationError(
                .syntax, at: place, key: "", "the text is no YAML: \(reason)",
                advice: advice)
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).filter(\.isNewline).count + 1 }
            return ConfigurationError(
                .syntax, at: SourceLocation(source, line: line), key: "", "the text is no YAML: \(problem)")
        case .duplicatedKeysInMapping(_, let context):
            return DuplicateKey(in: text, source: source, first: context.mark).error
        default:
            return ConfigurationError(.syntax, at: SourceLocation(source), key: "", "the text is no YAML")
        }
    }
}

import Yams

/// Finds out where a key that stands twice in one mapping stands the second time, and its path.
///
/// The YAML parser refuses such a text and tells only the place of the first of the two. So that one is renamed
/// in the text, and the tree of what the parser then accepts shows both.
struct DuplicateKey {
    /// What to tell the user.
    let error: ConfigurationError

    // A character no key of a configuration starts with, and that YAML allows in a plain key.
    private static let marker: Unicode.Scalar = "\u{E000}"

    /// Looks at `text`, of which the parser said that the key at `first` has a second one.
    init(in text: String, source: SourceLocation.Source, first: Mark) {
        var text = text
        var mark = first
        // A key may stand more than twice, and other mappings may have duplicates too: one renaming each.
        for _ in 0..<16 {
            guard let renamed = Self.rename(at: mark, in: text) else { break }
            text = renamed
            do {
                guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                    break
                }
                guard let found = Self.find(in: root, path: []) else { break }
                error = Self.error(key: found.path, second: found.second, first: found.first, source: source)
                return
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                mark = context.mark
            } catch {
                break
            }
        }
        error = Self.error(key: "", second: first.line, first: nil, source: source)
    }

    private static func error(
        key: String, second: Int, first: Int?, source: SourceLocation.Source
    ) -> ConfigurationError {
        ConfigurationError(
            .duplicateKey, at: SourceLocation(source, line: second), key: key,
            "duplicate key" + (first.map { ", first in line \($0)" } ?? ""),
            advice: key.hasSuffix(ConfigurationNode.mergeKey)
                ? "merge several as <<: [*a, *b]" : "remove one of the two")
    }

    /// The text with the marker inside the key that starts at `mark`, behind its quotation mark if it has one.
    private static func rename(at mark: Mark, in text: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        var line = 1
        var index = 0
        while line < mark.line, index < scalars.count {
            let isReturnOfPair =
                scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
            if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalars[index]), !isReturnOfPair {
                line += 1
            }
            index += 1
        }
        index += mark.column - 1
        guard line == mark.line, index < scalars.count else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        scalars.insert(marker, at: index)
        return String(String.UnicodeScalarView(scalars))
    }

    /// The first key that stands twice in one mapping but for markers: its path, its line and that of the other.
    private static func find(in node: Node, path: [String]) -> (path: String, first: Int, second: Int)? {
        // Deeper than any configuration; a text that is would be refused anyway.
        guard path.count <= ConfigurationNode.depthLimit else { return nil }
        switch node {
        case .sequence(let elements):
            for (index, element) in elements.enumerated() {
                if let found = find(in: element, path: path + [String(index)]) { return found }
            }
        case .mapping(let mapping):
            let names = mapping.map { entry in
                String(
                    String.UnicodeScalarView(
                        (entry.key.scalar?.string ?? "").unicodeScalars.drop { $0 == marker }))
            }
            for (index, entry) in mapping.enumerated() {
                let inner = path + [names[index]]
                let other = zip(names, mapping).dropFirst(index + 1).first { $0.0 == names[index] }?.1
                if let first = entry.key.scalar?.mark?.line, let second = other?.key.scalar?.mark?.line {
                    return (inner.joined(separator: "."), first, second)
                }
                if let found = find(in: entry.value, path: inner) { return found }
            }
        default: break
        }
        return nil
    }
}

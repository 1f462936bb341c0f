/// A piece of a resolved configuration, as far as telling two of them apart takes: the one form in which runs keep theirs,
/// block style around flow style.
enum ResolvedNode: Equatable {
    /// A key with its value.
    struct Entry: Equatable {
        /// The key.
        let key: String
        /// What it is set to.
        let value: ResolvedNode
    }

    /// A word, a number, a list of such, or whatever else stands on a line.
    case text(String)
    /// Keys with values.
    case keys([Entry])
    /// Elements, each on a line of its own or more.
    case list([ResolvedNode])

    /// Reads a whole configuration; of lines in another form it makes texts.
    init(_ text: String) {
        let lines = text.split(separator: "\n").map { line in
            let words = line.drop { $0 == " " }
            return Line(indent: line.count - words.count, words: words)
        }
        var rest = lines[...]
        self = Self.block(&rest, deeperThan: -1, depth: 0)
    }

    /// The piece on one line, for a message.
    var phrase: String {
        switch self {
        case .text(let text): text
        case .keys(let entries):
            "{\(entries.map { "\($0.key): \($0.value.phrase)" }.joined(separator: ", "))}"
        case .list(let elements): "[\(elements.map(\.phrase).joined(separator: ", "))]"
        }
    }

    /// What an element of a list is: a layer's name, say, without its options.
    var kind: String {
        if case .keys(let entries) = self, let first = entries.first { return first.key }
        return phrase
    }

    private struct Line {
        let indent: Int
        let words: Substring
    }

    /// Deeper pieces are no configuration; they stay texts.
    private static let deepest = 200

    /// The lines that are indented by more than `indent`.
    private static func block(_ lines: inout ArraySlice<Line>, deeperThan indent: Int, depth: Int) -> Self {
        guard let own = lines.first?.indent, own > indent else { return .text("") }
        var entries: [Entry] = []
        var elements: [Self] = []
        while let line = lines.first, line.indent > indent {
            lines.removeFirst()
            let isElement = line.words.hasPrefix("- ")
            let words = isElement ? line.words.dropFirst(2) : line.words
            var node = Self.keyed(words, depth: depth)
            if depth < deepest, words.hasSuffix(":"), let next = lines.first, next.indent > line.indent {
                let inner = Self.block(&lines, deeperThan: line.indent, depth: depth + 1)
                node = .keys([Entry(key: String(words.dropLast()), value: inner)])
            }
            if isElement {
                elements.append(node)
            } else if case .keys(let more) = node {
                entries += more
            } else {
                entries.append(Entry(key: String(words), value: .text("")))
            }
        }
        return elements.isEmpty ? .keys(entries) : .list(elements)
    }

    /// "key: value", or a value alone.
    private static func keyed(_ words: Substring, depth: Int) -> Self {
        let key = words.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = words[key.endIndex...]
        guard !key.isEmpty, rest.hasPrefix(": ") else { return value(words, depth: depth) }
        return .keys([Entry(key: String(key), value: value(rest.dropFirst(2), depth: depth))])
    }

    /// "{key: value, ...}", or a text.
    private static func value(_ text: Substring, depth: Int) -> Self {
        guard depth < deepest, text.hasPrefix("{"), text.hasSuffix("}"), text.count > 1 else {
            return .text(String(text))
        }
        var entries: [Entry] = []
        for part in parts(text.dropFirst().dropLast()) {
            guard case .keys(let more) = keyed(part.drop { $0 == " " }, depth: depth + 1) else {
                return .text(String(text))
            }
            entries += more
        }
        return .keys(entries)
    }

    /// What stands between the commas that are in no brackets and no quotation marks.
    private static func parts(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var (start, open, isQuoted, isEscaped) = (text.startIndex, 0, false, false)
        for place in text.indices {
            let letter = text[place]
            if isQuoted {
                if isEscaped {
                    isEscaped = false
                } else if letter == "\\" {
                    isEscaped = true
                } else {
                    isQuoted = letter != "\""
                }
                continue
            }
            switch letter {
            case "\"": isQuoted = true
            case "{", "[": open += 1
            case "}", "]": open -= 1
            case "," where open == 0:
                parts.append(text[start..<place])
                start = text.index(after: place)
            default: break
            }
        }
        if start < text.endIndex { parts.append(text[start...]) }
        return parts
    }
}

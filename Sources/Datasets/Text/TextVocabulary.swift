/// The tokens that a model tells apart, kept with its weights.
public struct TextVocabulary: Sendable, Hashable, Codable {
    /// What text is cut into.
    package let kind: TextOptions.Tokens
    /// The text of each token, the most frequent first, of equal ones the first in byte order; "" for what is unknown, which
    /// is the first where there is one. Empty for bytes.
    package let texts: [String]
    /// Whether the first token stands for all that are not in the vocabulary.
    package let hasUnknown: Bool

    private enum CodingKeys: String, CodingKey {
        case kind = "tokens"
        case texts
        case hasUnknown = "unknown"
    }

    /// All bytes.
    static let bytes = TextVocabulary(kind: .bytes, texts: [], hasUnknown: false)

    private init(kind: TextOptions.Tokens, texts: [String], hasUnknown: Bool) {
        self.kind = kind
        self.texts = texts
        self.hasUnknown = hasUnknown
    }

    /// The tokens of these counts, within the limits that options set.
    init(_ counts: [TextToken: Int], _ options: TextOptions) {
        guard options.tokens != .bytes else {
            self = .bytes
            return
        }
        var found = counts.filter { $0.value >= options.minimumCount }
            .map { (text: $0.key.text, count: $0.value) }
        found.sort { a, b in
            a.count == b.count ? a.text.utf8.lexicographicallyPrecedes(b.text.utf8) : a.count > b.count
        }
        let isCut = found.count < counts.count || options.vocabulary.map { $0 < found.count } ?? false
        let hasUnknown = options.hasUnknown ?? (options.tokens == .words || isCut)
        let most = (options.vocabulary ?? .max) - (hasUnknown ? 1 : 0)
        self.init(
            kind: options.tokens, texts: (hasUnknown ? [""] : []) + found.prefix(most).map(\.text),
            hasUnknown: hasUnknown)
    }

    /// The number of tokens.
    public var count: Int { kind == .bytes ? 256 : texts.count }

    /// The bytes of a token, as they stand in text; those of U+FFFD for what is unknown.
    package func bytes(of token: Int) -> [UInt8] {
        if kind == .bytes { return [UInt8(truncatingIfNeeded: token)] }
        return Array((hasUnknown && token == 0 ? "\u{FFFD}" : texts[token]).utf8)
    }

    /// The tokens of a text; throws, naming it `name`, for one that is not in the vocabulary where nothing stands for such.
    package func tokens(of text: String, name: String) throws(DataError) -> [Int] {
        let table = TokenTable(self)
        var (cutter, found) = (TextCutter(kind), [Int]())
        func take(_ token: TextToken) throws(DataError) {
            guard let number = table.number(of: token) else {
                throw DataError(
                    .label, path: name, expected: "tokens of the vocabulary", found: token.text,
                    advice: "leave it out, or train with unknown: true",
                    problem:
                        "\"\(DataError.shortened(token.text))\" is not in the vocabulary of the training set")
            }
            found.append(number)
        }
        _ = try cutter.cut(Array(text.utf8), take)
        _ = try cutter.end(take)
        return found
    }

    /// The text of tokens, what is unknown and bytes that are no UTF-8 as U+FFFD; words are parted by spaces, but for closing punctuation.
    package func text(of tokens: [Int]) -> String {
        guard kind == .words else { return String(decoding: tokens.flatMap(bytes(of:)), as: UTF8.self) }
        var text = ""
        for token in tokens {
            let word = hasUnknown && token == 0 ? Self.unknown : texts[token]
            if !text.isEmpty, !Self.closing.contains(word) { text += " " }
            text += word
        }
        return text
    }

    /// How an unknown word is written.
    private static let unknown = "<unknown>"
    private static let closing: Set<String> = [".", ",", ";", ":", "!", "?", ")", "]", "}"]
}

/// A piece of text.
enum TextToken: Hashable {
    /// A byte or a Unicode scalar.
    case number(UInt32)
    case word(String)

    /// The piece as it stands in text.
    var text: String {
        switch self {
        case .number(let number): Unicode.Scalar(number).map { String($0) } ?? ""
        case .word(let word): word
        }
    }
}

/// Finds the tokens of a vocabulary by their text.
struct TokenTable {
    private var places: [TextToken: Int] = [:]
    private let vocabulary: TextVocabulary

    init(_ vocabulary: TextVocabulary) {
        self.vocabulary = vocabulary
        let start = vocabulary.hasUnknown ? 1 : 0
        for (place, text) in vocabulary.texts.enumerated().dropFirst(start) {
            switch vocabulary.kind {
            case .bytes: break
            case .characters:
                if let scalar = text.unicodeScalars.first { places[.number(scalar.value)] = place }
            case .words: places[.word(text)] = place
            }
        }
    }

    /// The number of a token; nil for one that is not in a vocabulary without an unknown one.
    func number(of token: TextToken) -> Int? {
        if vocabulary.kind == .bytes, case .number(let byte) = token { return Int(byte) }
        return places[token] ?? (vocabulary.hasUnknown ? 0 : nil)
    }
}

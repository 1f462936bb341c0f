/// Cuts bytes of text into tokens as they come.
struct TextCutter {
    private let kind: TextOptions.Tokens
    /// Bytes of a scalar that is not complete.
    private var pending: [UInt8] = []
    /// Letters of a word that may go on.
    private var word = String.UnicodeScalarView()
    /// Bytes so far.
    private(set) var position = 0

    init(_ kind: TextOptions.Tokens) { self.kind = kind }

    /// The tokens that end in `bytes`; false where these are no UTF-8, before byte `position`.
    mutating func cut(
        _ bytes: some Sequence<UInt8>, _ take: (TextToken) throws(DataError) -> Void
    ) throws(DataError) -> Bool {
        for byte in bytes {
            position += 1
            if kind == .bytes {
                try take(.number(UInt32(byte)))
            } else if pending.isEmpty, byte < 0x80 {
                try add(Unicode.Scalar(byte), take)
            } else {
                pending.append(byte)
                guard let length = Self.length(pending[0]) else { return false }
                guard pending.count == length else {
                    if pending.count > 1, byte & 0xc0 != 0x80 { return false }
                    continue
                }
                guard let scalar = Self.scalar(pending) else { return false }
                pending.removeAll(keepingCapacity: true)
                try add(scalar, take)
            }
        }
        return true
    }

    /// The token that the end of the text ends, if there is one; false where a scalar is cut off.
    mutating func end(_ take: (TextToken) throws(DataError) -> Void) throws(DataError) -> Bool {
        try endWord(take)
        return pending.isEmpty
    }

    private mutating func add(
        _ scalar: Unicode.Scalar, _ take: (TextToken) throws(DataError) -> Void
    ) throws(DataError) {
        guard kind == .words else { return try take(.number(scalar.value)) }
        if Self.isOfWord(scalar) {
            word.append(scalar)
        } else {
            try endWord(take)
            if !scalar.properties.isWhitespace { try take(.word(String(scalar))) }
        }
    }

    private mutating func endWord(_ take: (TextToken) throws(DataError) -> Void) throws(DataError) {
        guard !word.isEmpty else { return }
        let text = String(word)
        word.removeAll(keepingCapacity: true)
        try take(.word(text))
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                || ("0"..."9").contains(scalar)
                || scalar == "'" || scalar == "-"
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        // The apostrophe and the hyphen of typesetting.
        default: return scalar.value == 0x2019 || scalar.value == 0x2010
        }
    }

    /// The bytes of a scalar with this first one; nil for none.
    private static func length(_ first: UInt8) -> Int? {
        switch first {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: nil
        }
    }

    /// The scalar of complete bytes; nil for one that is written too long, is half of a pair or is none.
    private static func scalar(_ bytes: [UInt8]) -> Unicode.Scalar? {
        guard bytes.dropFirst().allSatisfy({ $0 & 0xc0 == 0x80 }) else { return nil }
        let lead = UInt32(bytes[0]) & (0x7f >> UInt32(bytes.count))
        let value = bytes.dropFirst().reduce(lead) { $0 << 6 | UInt32($1 & 0x3f) }
        let least: [UInt32] = [0, 0, 0x80, 0x800, 0x10000]
        return value >= least[bytes.count] ? Unicode.Scalar(value) : nil
    }
}

/// Walks over the tokens of a header: punctuation, strings and unsigned integers.
struct JSONScanner {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let path: String

    init(_ bytes: ArraySlice<UInt8>, path: String) {
        self.bytes = bytes
        self.path = path
        position = bytes.startIndex
    }

    /// The next byte, or nil at the end.
    var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    /// Skips white space and, if it is next, `punctuation`; says whether it was.
    mutating func accept(_ punctuation: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: punctuation) else { return false }
        position += 1
        return true
    }

    /// Skips white space and `punctuation`, or throws.
    mutating func expect(_ punctuation: Unicode.Scalar) throws(SafetensorsError) {
        guard accept(punctuation) else { throw unexpected("\"\(punctuation)\"") }
    }

    /// Skips the spaces that pad a header; throws unless they reach its end.
    mutating func padding() throws(SafetensorsError) {
        while peek == UInt8(ascii: " ") { position += 1 }
        guard peek == nil else { throw unexpected("only spaces after the last \"}\"") }
    }

    /// The next token as an integer in [0, 2^63).
    mutating func number() throws(SafetensorsError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflow && !carry else {
                throw SafetensorsError(
                    .overflow, path: path, expected: "integers below 2^63",
                    found: "a larger one at byte \(start - bytes.startIndex) of the header")
            }
            value = sum
            position += 1
        }
        guard position > start else { throw unexpected("an unsigned integer") }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            position = start
            throw unexpected("an integer without leading zeros")
        }
        return value
    }

    /// The next token as a string, with escapes resolved.
    mutating func string() throws(SafetensorsError) -> String {
        try expect("\"")
        let start = position
        // Escapes are rare, so text is copied only from the first one on.
        var resolved: [UInt8]?
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw unexpected("control characters in strings as \\u escapes") }
            if byte == UInt8(ascii: "\\") {
                if resolved == nil { resolved = Array(bytes[start..<position]) }
                position += 1
                if let bytes = UTF8.encode(try escape()) { resolved?.append(contentsOf: bytes) }
            } else {
                resolved?.append(byte)
                position += 1
            }
        }
        guard peek != nil else { throw unexpected("the end of a string") }
        let text = resolved?[...] ?? bytes[start..<position]
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw SafetensorsError(
                .malformedHeader, path: path, expected: "UTF-8",
                found: "an invalid string at byte \(start - bytes.startIndex) of the header")
        }
        return string
    }

    /// An error about the byte at the current position.
    func unexpected(_ expected: String) -> SafetensorsError {
        let place = "at byte \(position - bytes.startIndex) of the header"
        let found =
            switch peek {
            case nil: "its end"
            case .some(let byte) where (0x20..<0x7f).contains(byte): "\"\(Unicode.Scalar(byte))\""
            case .some(let byte): "the byte 0x\(String(byte, radix: 16))"
            }
        return SafetensorsError(.malformedHeader, path: path, expected: "\(expected) \(place)", found: found)
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    /// The scalar that an escape stands for, once its backslash has been read.
    private mutating func escape() throws(SafetensorsError) -> Unicode.Scalar {
        guard let byte = peek else { throw unexpected("an escape") }
        switch Unicode.Scalar(byte) {
        case "\"", "\\", "/": position += 1; return Unicode.Scalar(byte)
        case "b": position += 1; return "\u{08}"
        case "f": position += 1; return "\u{0c}"
        case "n": position += 1; return "\u{0a}"
        case "r": position += 1; return "\u{0d}"
        case "t": position += 1; return "\u{09}"
        case "u": position += 1
        default: throw unexpected("an escape of JSON")
        }
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code) {
            guard peek == UInt8(ascii: "\\") else { throw unexpected("the second half of a surrogate pair") }
            position += 1
            guard peek == UInt8(ascii: "u") else { throw unexpected("the second half of a surrogate pair") }
            position += 1
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw unexpected("a surrogate pair before this") }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        // An invalid scalar is the second half of a surrogate pair without the first.
        guard let scalar = Unicode.Scalar(code) else { throw unexpected("a surrogate pair before this") }
        return scalar
    }

    private mutating func hexadecimal() throws(SafetensorsError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            switch peek {
            case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                code = code << 4 | UInt32(byte - UInt8(ascii: "0"))
            case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                code = code << 4 | UInt32((byte | 0x20) - UInt8(ascii: "a") + 10)
            default: throw unexpected("four hexadecimal digits")
            }
            position += 1
        }
        return code
    }
}

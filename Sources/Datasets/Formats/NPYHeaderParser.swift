/// Reads the header text of a .npy file: a dictionary literal with exactly the keys descr, fortran_order and
/// shape, each once, in any order, then spaces and one line feed.
///
/// It is stricter than NumPy's reader, which evaluates the text as Python: only the literals that NumPy
/// itself writes for a plain array are accepted.
struct NPYHeaderParser {
    struct Fields: Equatable {
        /// The dtype, such as "<f4".
        let descr: String
        /// Whether the array is stored column by column.
        let fortranOrder: Bool
        /// The sizes of the dimensions.
        let shape: [Int]
    }

    private let path: String
    private let text: [UInt8]
    private var next = 0

    init(path: String, text: [UInt8]) {
        self.path = path
        self.text = text
    }

    /// The header's values; throws a header error with the position of the byte that breaks the format.
    mutating func parse() throws(DataError) -> Fields {
        var descr: String?
        var fortranOrder: Bool?
        var shape: [Int]?
        skipSpaces()
        try expect("{")
        skipSpaces()
        while !take("}") {
            let key = try quoted("a key")
            skipSpaces()
            try expect(":")
            skipSpaces()
            switch key {
            case "descr" where descr == nil: descr = try dtype()
            case "fortran_order" where fortranOrder == nil: fortranOrder = try boolean()
            case "shape" where shape == nil: shape = try tuple()
            default: throw broken("the keys descr, fortran_order and shape, once each")
            }
            skipSpaces()
            if !take(",") {
                try expect("}")
                break
            }
            skipSpaces()
        }
        skipSpaces()
        try expect("\n")
        guard next == text.count else { throw broken("the end of the header") }
        guard let descr, let fortranOrder, let shape else {
            throw broken("the keys descr, fortran_order and shape, once each")
        }
        return Fields(descr: descr, fortranOrder: fortranOrder, shape: shape)
    }

    private mutating func dtype() throws(DataError) -> String {
        if peek == UInt8(ascii: "[") {
            throw DataError(
                .unsupported, path: path, expected: "one scalar type", found: "a structured dtype",
                advice: "save its fields as plain arrays, one file each")
        }
        return try quoted("a dtype")
    }

    private mutating func boolean() throws(DataError) -> Bool {
        if take("True") { return true }
        if take("False") { return false }
        throw broken("True or False")
    }

    private mutating func tuple() throws(DataError) -> [Int] {
        var sizes: [Int] = []
        try expect("(")
        skipSpaces()
        if take(")") { return [] }
        while true {
            sizes.append(try size())
            skipSpaces()
            if take(",") {
                skipSpaces()
                if take(")") { break }
            } else {
                // Python reads (3) as a number; only a comma makes it a tuple.
                guard sizes.count > 1 else { throw broken("a comma in the shape") }
                try expect(")")
                break
            }
            guard sizes.count < 32 else { throw broken("at most 32 dimensions") }
        }
        return sizes
    }

    private mutating func size() throws(DataError) -> Int {
        if peek == UInt8(ascii: "-") { throw broken("a size that is not negative") }
        var value = 0
        var digits = 0
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !over, !carry else { throw broken("a size below 2^63") }
            value = sum
            digits += 1
            next += 1
        }
        guard digits > 0 else { throw broken("a size in decimal digits") }
        // Python does not allow leading zeros.
        guard digits == 1 || text[next - digits] != UInt8(ascii: "0") else {
            throw broken("a size without leading zeros")
        }
        return value
    }

    private mutating func quoted(_ what: String) throws(DataError) -> String {
        guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw broken("\(what) in quotes")
        }
        next += 1
        var characters = String.UnicodeScalarView()
        while let byte = peek, byte != quote {
            guard (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") else {
                throw broken("\(what) of plain characters")
            }
            characters.append(Unicode.Scalar(byte))
            next += 1
        }
        guard peek == quote else { throw broken("a closing quote") }
        next += 1
        return String(characters)
    }

    private var peek: UInt8? { next < text.count ? text[next] : nil }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") { next += 1 }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let bytes = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard text[next...].starts(with: bytes) else { return false }
        next += bytes.count
        return true
    }

    private mutating func expect(_ word: StaticString) throws(DataError) {
        guard take(word) else { throw broken(word.description == "\n" ? "a line feed" : "'\(word)'") }
    }

    private func broken(_ expected: String) -> DataError {
        DataError(
            .header, path: path, expected: expected, found: "other text at byte \(next)",
            advice: "save it again with numpy.save",
            problem: "broken .npy header: expected \(expected) at byte \(next) of its \(text.count)")
    }
}

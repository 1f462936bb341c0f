import Safetensors

/// Cuts a CSV file (RFC 4180) into rows of fields, piece by piece. Memory holds one piece, or one row if that is
/// longer.
///
/// Rows end with LF or CR LF, the last one also with the file. A UTF-8 byte-order mark at the start and empty lines at
/// the end are skipped. A field in quotation marks may hold delimiters, line ends and doubled quotation marks; spaces
/// around other fields are dropped.
final class CSVTokenizer {
    /// One field of the current row: bytes `start..<end` of `bytes`, without its quotation marks and with doubled ones
    /// inside made single.
    struct Field {
        let start: Int
        fileprivate(set) var end: Int
        /// The number of line ends in the row before the field.
        let line: Int
        /// Whether the field was in quotation marks.
        let isQuoted: Bool

        var isEmpty: Bool { start == end }
    }

    /// The longest row in bytes, more than any table has.
    static let longestRow = 16 << 20
    /// The most columns.
    static let mostColumns = 1 << 20
    /// The most empty lines at the end.
    static let mostEmptyLines = 1 << 16

    /// The file's name in messages.
    var name: String { reader.name }
    /// The current row's fields.
    private(set) var fields: [Field] = []
    /// The number of the line on which the current row begins, from 1.
    private(set) var line = 1
    /// Fields of the row being cut that hold doubled quotation marks.
    private var escaped: [Int] = []
    private let reader: DataReader
    private let delimiter: UInt8
    /// The bytes that end a plain field or are not allowed in it.
    private let isSpecial: [Bool]
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var nextLine = 1
    private var hasBegun = false

    /// Opens a file; gzip is decompressed.
    init(_ origin: DataOrigin, delimiter: UInt8, pieceBytes: Int = 1 << 18) throws(DataError) {
        reader = try DataReader(origin, isBounded: true)
        self.delimiter = delimiter
        isSpecial = (0...255).map {
            [delimiter, Self.quote, Self.lineFeed, Self.carriageReturn].contains(UInt8($0))
        }
        memory = .allocate(byteCount: pieceBytes, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// The bytes that the fields refer to, valid until the next row.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

    /// Moves to the next row; false after the last.
    func next() throws(DataError) -> Bool {
        if !hasBegun { try begin() }
        var empty: Int?
        while true {
            line = nextLine
            guard try cut() else { return false }
            guard fields.count == 1, fields[0].isEmpty, !fields[0].isQuoted else { break }
            // Empty lines are allowed if nothing follows.
            empty = empty ?? line
            if let empty, line - empty >= Self.mostEmptyLines {
                throw error(
                    .header, place: "\(empty)", expected: "a row",
                    found: "\(Self.mostEmptyLines) empty lines",
                    advice: "remove them")
            }
        }
        if let empty {
            throw error(
                .header, place: "\(empty)", expected: "a row", found: "an empty line",
                advice: "remove the line, or fill it in")
        }
        return true
    }

    /// The bytes of a field.
    func content(_ field: Field) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end])
    }

    /// The text of a field, for names and messages; invalid UTF-8 is replaced.
    func text(_ field: Field) -> String { String(decoding: content(field), as: UTF8.self) }

    /// The error for a field that is not UTF-8, which a message could not show; nil for other fields.
    func unreadable(_ field: Int) -> DataError? {
        guard fields.indices.contains(field) else { return nil }
        let text = content(fields[field])
        guard text.contains(where: { $0 >= 0x80 }), String(validating: text, as: UTF8.self) == nil else {
            return nil
        }
        let bad = text.first { $0 >= 0x80 }.map { String($0, radix: 16) } ?? ""
        return error(
            .header, place: "\(line + fields[field].line):\(field + 1)", expected: "UTF-8 text",
            found: "other bytes, \(bad) the first of them, as Latin-1 has for letters with accents",
            advice: "convert the file: iconv -f WINDOWS-1252 -t UTF-8 \"\(name)\" > utf8.csv")
    }

    /// An error about a field of the current row, or about a missing field.
    func error(
        _ kind: DataError.Kind, field: Int, expected: String, found: String, advice: String,
        extraColumns: DataError.ExtraColumns? = nil
    ) -> DataError {
        if let unreadable = unreadable(field) { return unreadable }
        let offset = fields.indices.contains(field) ? fields[field].line : fields.last?.line ?? 0
        return DataError(
            kind, path: name, place: "\(line + offset):\(field + 1)", expected: expected, found: found,
            advice: advice, extraColumns: extraColumns)
    }

    private func error(
        _ kind: DataError.Kind, place: String, expected: String, found: String, advice: String
    ) -> DataError {
        DataError(kind, path: name, place: place, expected: expected, found: found, advice: advice)
    }

    private func begin() throws(DataError) {
        hasBegun = true
        try refill()
        let first = bytes[..<min(end, 3)]
        if first.elementsEqual([0xef, 0xbb, 0xbf]) { start = 3 }
        guard !first.starts(with: [0xff, 0xfe]), !first.starts(with: [0xfe, 0xff]) else {
            throw error(
                .magic, place: "1", expected: "UTF-8 text", found: "UTF-16", advice: "save the file as UTF-8")
        }
        let beginning = Array(bytes[..<min(end, ForeignFile.startBytes)])
        guard ForeignFile(start: beginning) == nil else {
            let other = DataError(
                .magic, path: name, place: "1", expected: "a table of text", found: "other bytes",
                advice: "check the file", problem: "not a table of text")
            throw DataReader.foreign(beginning, name: name, or: other)
        }
    }

    /// Cuts the next row, an empty line included; false at the end.
    private func cut() throws(DataError) -> Bool {
        while true {
            switch try scan() {
            case .row: return true
            case .end: return false
            case .more: try refill()
            }
        }
    }

    private enum Scan {
        case row, end, more
    }

    /// Reads one row from `start`; if the piece ends within it, the row is read again once there are more bytes.
    private func scan() throws(DataError) -> Scan {
        fields.removeAll(keepingCapacity: true)
        escaped.removeAll(keepingCapacity: true)
        guard let base = memory.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .end }
        if start == end { return isAtEnd ? .end : .more }
        var at = start
        var lines = 0
        while true {
            guard fields.count < Self.mostColumns else {
                throw error(
                    .unsupported, place: "\(line)", expected: "at most \(Self.mostColumns) columns",
                    found: "more", advice: "check the delimiter")
            }
            if at < end, base[at] == Self.quote {
                guard let close = try quoted(base, at, &lines) else { return .more }
                at = close
            } else {
                guard let stop = try plain(base, at, lines) else { return .more }
                at = stop
            }
            // `at` is at a delimiter, a line end or the end of the file.
            if at == end {
                start = at
                nextLine = line + lines
                unescape()
                return .row
            }
            if base[at] == delimiter {
                at += 1
                if at == end && !isAtEnd { return .more }
                continue
            }
            if base[at] == Self.carriageReturn {
                guard at + 1 < end || isAtEnd else { return .more }
                guard at + 1 < end, base[at + 1] == Self.lineFeed else {
                    throw error(
                        .header, field: fields.count - 1, expected: "a line feed behind a carriage return",
                        found: "none", advice: "save the file with line ends LF or CR LF")
                }
                at += 1
            }
            start = at + 1
            nextLine = line + lines + 1
            unescape()
            return .row
        }
    }

    /// Appends the plain field at `at`; returns where it ends, nil if more bytes are needed first.
    private func plain(
        _ base: UnsafePointer<UInt8>, _ at: Int, _ lines: Int
    ) throws(DataError) -> Int? {
        var stop = at
        isSpecial.withUnsafeBufferPointer { isSpecial in
            while stop < end, !isSpecial[Int(base[stop])] { stop += 1 }
        }
        if stop == end && !isAtEnd { return nil }
        var (first, last) = (at, stop)
        while first < last, base[first] == Self.space { first += 1 }
        while first < last, base[last - 1] == Self.space { last -= 1 }
        fields.append(Field(start: first, end: last, line: lines, isQuoted: false))
        if stop < end, base[stop] == Self.quote {
            throw error(
                .header, field: fields.count - 1, expected: "quotation marks around the whole field",
                found: "one inside it", advice: "put the field in quotation marks and double those inside")
        }
        return stop
    }

    /// Appends the quoted field at `at`; returns where it ends, nil if more bytes are needed first.
    private func quoted(
        _ base: UnsafePointer<UInt8>, _ at: Int, _ lines: inout Int
    ) throws(DataError) -> Int? {
        var stop = at + 1
        let before = lines
        var hasEscapes = false
        while true {
            while stop < end, base[stop] != Self.quote {
                if base[stop] == Self.lineFeed { lines += 1 }
                stop += 1
            }
            guard stop < end else {
                guard isAtEnd else { return nil }
                fields.append(Field(start: at + 1, end: stop, line: before, isQuoted: true))
                throw error(
                    .header, field: fields.count - 1, expected: "a closing quotation mark",
                    found: "the end of the file",
                    advice: "close the field, or double quotation marks inside it")
            }
            guard stop + 1 < end || isAtEnd else { return nil }
            if stop + 1 < end, base[stop + 1] == Self.quote {
                hasEscapes = true
                stop += 2
                continue
            }
            break
        }
        if hasEscapes { escaped.append(fields.count) }
        fields.append(Field(start: at + 1, end: stop, line: before, isQuoted: true))
        stop += 1
        let isEnded =
            stop == end || base[stop] == delimiter || base[stop] == Self.lineFeed
            || base[stop] == Self.carriageReturn
        guard isEnded else {
            throw error(
                .header, field: fields.count - 1, expected: "a delimiter behind a closing quotation mark",
                found: "other text", advice: "double quotation marks inside the field")
        }
        return stop
    }

    /// Makes doubled quotation marks single, in place: the row is complete and will not be read again.
    private func unescape() {
        for number in escaped {
            let field = fields[number]
            var end = field.start
            var isSecond = false
            for place in field.start..<field.end {
                let byte = memory[place]
                isSecond = byte == Self.quote && !isSecond
                if isSecond || byte != Self.quote {
                    memory[end] = byte
                    end += 1
                }
            }
            fields[number].end = end
        }
    }

    /// Moves the row under way to the front and fills the memory after it, which is doubled if the row fills all of it.
    private func refill() throws(DataError) {
        if start > 0 {
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            end -= start
            start = 0
        }
        if end == memory.count {
            guard memory.count < Self.longestRow else {
                throw error(
                    .unsupported, place: "\(line)", expected: "rows of at most \(Self.longestRow >> 20) MiB",
                    found: "a longer one", advice: "check the line ends and quotation marks")
            }
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * memory.count, alignment: 64)
            larger.copyMemory(from: bytes)
            memory.deallocate()
            memory = larger
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[end...])
        let count = try reader.read(into: rest)
        end += count
        isAtEnd = count < rest.count
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let space = UInt8(ascii: " ")
}

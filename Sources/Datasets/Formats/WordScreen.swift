/// Finds the columns of a table that hold words, and these words.
///
/// In a column of words at least one field begins with a letter, and none is a number. Every other column is one of
/// numbers, of which `load` reports the fields that are none: so a mistyped number is never taken for a word, nor is a
/// column of dates or of amounts with their unit.
struct WordScreen {
    /// What a column holds that may be one of words.
    fileprivate struct Found {
        var words = LabelTable()
        var hasLetter = false
        /// Why these words cannot be used, if they are words.
        var problem: DataError?
    }

    /// What was found in each column of features; nil for columns of numbers.
    private var found: [Found?]
    /// How many columns may be of words.
    private var open: Int

    /// A screen of the features of some columns; a skipped one looks at nothing.
    init(_ columns: CSVColumns, isSkipped: Bool = false) {
        open = isSkipped ? 0 : columns.featureCount
        found = Array(repeating: Found(), count: open)
    }

    /// Whether a field is a number, be it one that cannot be used.
    static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        do throws(DecimalNumber.Failure) {
            _ = try DecimalNumber.float(text)
            return true
        } catch { return error != .text }
    }

    /// Whether a field begins with a letter of any alphabet.
    static func beginsWithLetter(_ text: UnsafeRawBufferPointer) -> Bool {
        // The longest scalar has four bytes.
        String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first?.properties.isAlphabetic == true
    }

    /// Looks at the tokenizer's row.
    mutating func look(at row: CSVTokenizer, _ columns: CSVColumns) {
        guard open > 0 else { return }
        for (column, role) in columns.roles.enumerated() {
            guard case .feature(let feature) = role, found[feature] != nil, !row.fields[column].isEmpty else {
                continue
            }
            let text = row.content(row.fields[column])
            if Self.isNumber(text) {
                found[feature] = nil
                open -= 1
            } else {
                found[feature]?.add(text, row, column, columns)
            }
        }
    }

    /// The columns of words; throws if there are too many words, or some that cannot be kept.
    func columns() throws(DataError) -> [WordColumn] {
        var columns: [WordColumn] = []
        for (column, found) in found.enumerated() {
            guard let found, found.hasLetter else { continue }
            if let problem = found.problem { throw problem }
            let words = (0..<found.words.count).map { Array(found.words[$0]) }
            columns.append(
                WordColumn(
                    column: column,
                    words: words.sorted { $0.lexicographicallyPrecedes($1) }.map {
                        String(decoding: $0, as: UTF8.self)
                    }))
        }
        return columns
    }
}

extension WordScreen.Found {
    /// Adds the word in a column of the tokenizer's row.
    fileprivate mutating func add(
        _ text: UnsafeRawBufferPointer, _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns
    ) {
        guard problem == nil else { return }
        let known = words.count
        _ = words.insert(text)
        guard words.count > known else { return }
        if !hasLetter { hasLetter = WordScreen.beginsWithLetter(text) }
        if let unreadable = row.unreadable(column) {
            problem = unreadable
        } else if text.count > WordColumn.mostBytes {
            problem = columns.tooMuch(
                "a word of at most \(WordColumn.mostBytes) bytes",
                "\"\(DataError.shortened(row.text(row.fields[column])))\"", row, column)
        } else if words.count > WordColumn.most {
            problem = columns.tooMuch("at most \(WordColumn.most) different words", "more", row, column)
        }
    }
}

extension CSVColumns {
    /// The error for a column with words that are too many or too long.
    fileprivate func tooMuch(
        _ expected: String, _ found: String, _ row: CSVTokenizer, _ column: Int
    ) -> DataError {
        let columns = names.map {
            DataError.ExtraColumns(names: [$0[column]], way: "ignore: [\(Self.yaml($0[column]))]")
        }
        return row.error(
            .field, field: column, expected: expected + phrase(column), found: found,
            advice: "leave the column out with \(columns?.way ?? "ignore: [\(column)]"), or group its words",
            extraColumns: columns)
    }
}

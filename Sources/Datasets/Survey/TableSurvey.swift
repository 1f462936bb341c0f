import Messages

/// What a CSV file holds, column by column, found without being told anything about it: what a person sees who opens it
/// in order to train on it.
package struct TableSurvey: Sendable {
    /// The byte between fields.
    package let delimiter: UInt8
    /// Whether the first row holds the columns' names.
    package let hasHeader: Bool
    /// How many rows of data there are; at least 1.
    package let rowCount: Int
    /// The columns, in order.
    package let columns: [ColumnSurvey]

    /// Reads the whole file; throws if it cannot be read as a table.
    package init(file: String) throws(DataError) { try self.init(.path(file)) }

    init(_ file: DataOrigin) throws(DataError) {
        let delimiter = try Self.delimiter(of: file)
        let first = try Self.firstRow(of: file, delimiter)
        guard !first.isEmpty else { throw Self.empty(file) }
        let isNumber = first.map { $0.withUnsafeBytes(WordScreen.isNumber) }
        let hasNames = isNumber.contains(false) || Self.areOwnNumbers(first)
        var read = try Self.read(file, delimiter, hasHeader: hasNames)
        var hasHeader = hasNames
        if hasNames, !Self.isHeader(first, isNumber, of: read.columns) {
            hasHeader = false
            read = try Self.read(file, delimiter, hasHeader: false)
        }
        guard read.count > 0 else { throw Self.empty(file) }
        (self.delimiter, self.hasHeader, rowCount, columns) = (delimiter, hasHeader, read.count, read.columns)
    }

    /// The columns of all rows behind the header, and how many rows there are.
    private static func read(
        _ file: DataOrigin, _ delimiter: UInt8, hasHeader: Bool
    ) throws(DataError) -> (columns: [ColumnSurvey], count: Int) {
        let options = CSVOptions(label: [], hasHeader: hasHeader, delimiter: delimiter)
        let table = CSVTable(
            files: [file], options: options, classCount: nil, knownClasses: nil, knownFeatures: nil,
            knownWide: nil, knownWords: nil)
        let row = try CSVTokenizer(file, delimiter: delimiter)
        guard try row.next() else { return ([], 0) }
        let columns = try CSVColumns(row, options: options)
        var surveys = row.fields.indices.map { ColumnSurvey(name: columns.names?[$0]) }
        var count = 0
        try table.forEachRow(of: file, columns) { (row, _) throws(DataError) in
            count += 1
            for (column, field) in row.fields.enumerated() {
                surveys[column].take(row.content(field), line: row.line + field.line)
            }
        }
        return (surveys, count)
    }

    /// The fields of the first row.
    private static func firstRow(of file: DataOrigin, _ delimiter: UInt8) throws(DataError) -> [[UInt8]] {
        let row = try CSVTokenizer(file, delimiter: delimiter)
        guard try row.next() else { return [] }
        return row.fields.map { Array(row.content($0)) }
    }

    /// The delimiter that cuts the first two rows into the most fields, as many in the second as in the first.
    private static func delimiter(of file: DataOrigin) throws(DataError) -> UInt8 {
        var best = (delimiter: UInt8(ascii: ","), count: 1)
        for delimiter in ",;\t|".utf8 {
            let row = try CSVTokenizer(file, delimiter: delimiter)
            // With the wrong delimiter quotation marks may seem to stand inside a field.
            guard (try? row.next()) == true else { continue }
            let count = row.fields.count
            guard count > best.count else { continue }
            do throws(DataError) {
                if try row.next(), row.fields.count != count { continue }
            } catch { continue }
            best = (delimiter, count)
        }
        return best.delimiter
    }

    /// Whether the fields of a first row are 0, 1, ... or 1, 2, 3, ..., as data frames name columns; 1 and 2 alone are as
    /// likely a row of data.
    private static func areOwnNumbers(_ row: [[UInt8]]) -> Bool {
        let wholes = row.map { $0.withUnsafeBytes(DecimalNumber.whole) }
        return wholes == Array(0..<row.count) || row.count > 2 && wholes == Array(1..<row.count + 1)
    }

    /// Whether a first row with other text than numbers holds names. It does not if there is a number in it for every
    /// column of numbers, and one of them is a fraction or a word of the row occurs again below it.
    private static func isHeader(_ row: [[UInt8]], _ isNumber: [Bool], of columns: [ColumnSurvey]) -> Bool {
        guard row.count == columns.count, isNumber.contains(true) else { return true }
        for (place, column) in columns.enumerated() where column.kind == .numbers && !isNumber[place] {
            return true
        }
        return !row.indices.contains { place in
            isNumber[place]
                ? row[place].withUnsafeBytes(DecimalNumber.whole) == nil : columns[place].holds(row[place])
        }
    }

    private static func empty(_ file: DataOrigin) -> DataError {
        DataError(
            .empty, path: file.name, expected: "at least one row of data", found: "none",
            advice: "check how the file was made")
    }
}

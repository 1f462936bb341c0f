import Messages

/// What each column of a CSV file is used for.
struct CSVColumns: Equatable {
    enum Role: Equatable {
        /// The feature with this number.
        case feature(Int)
        /// The class of an example.
        case label
        /// The target with this number.
        case target(Int)
        /// The column is not used.
        case ignored
    }

    let roles: [Role]
    /// The names of the columns; nil without a header.
    let names: [String]?
    /// The names of the features in order; nil without a header.
    let featureNames: [String]?
    /// How many columns are features.
    let featureCount: Int
    /// The column of classes; nil if there is none.
    let labelColumn: Int?

    init(roles: [Role], names: [String]?, featureNames: [String]?, featureCount: Int) {
        self.roles = roles
        self.names = names
        self.featureNames = featureNames
        self.featureCount = featureCount
        labelColumn = roles.firstIndex(of: .label)
    }

    /// The columns of the tokenizer's row, which is the header if the file has one. Ignored columns whose name is
    /// missing are skipped, because another file may have them.
    init(_ row: CSVTokenizer, options: CSVOptions, takesAnyBytes: Bool = false) throws(DataError) {
        let count = row.fields.count
        let names = try Self.names(row, options, takesAnyBytes: takesAnyBytes)
        var roles = Array(repeating: Role?.none, count: count)
        for (number, column) in options.label.enumerated() {
            let place: Int
            do throws(DataError) {
                place = try Self.place(of: column, column.text, names, count, row)
            } catch { throw error.about("label") }
            guard roles[place] == nil else { throw Self.twice(column, row.name).about("label") }
            roles[place] = options.task == .regression ? .target(number) : .label
        }
        for column in options.ignored {
            if case .name(let name) = column, names?.contains(name) == false { continue }
            let place: Int
            do throws(DataError) {
                place = try Self.place(of: column, Self.toIgnore(column), names, count, row)
            } catch { throw error.about("ignore") }
            guard roles[place] == nil else { throw Self.twice(column, row.name).about("ignore") }
            roles[place] = .ignored
        }
        var features = 0
        var featureNames: [String] = []
        let complete = roles.enumerated().map { place, role in
            if let role { return role }
            features += 1
            if let names { featureNames.append(names[place]) }
            return Role.feature(features - 1)
        }
        guard features > 0 else {
            throw DataError(
                .empty, path: row.name, expected: "at least one column of features", found: "none",
                advice: "check the delimiter and the label")
        }
        self.init(
            roles: complete, names: names, featureNames: names == nil ? nil : featureNames,
            featureCount: features)
    }

    /// The names in the tokenizer's row; nil without a header.
    ///
    /// - Parameter takesAnyBytes: Whether names may be invalid UTF-8. Invalid bytes are then replaced, so that two
    ///   names may become equal.
    static func names(
        _ row: CSVTokenizer, _ options: CSVOptions, takesAnyBytes: Bool
    ) throws(DataError) -> [String]? {
        guard options.hasHeader else { return nil }
        try checkHeader(row)
        for field in row.fields.indices where !takesAnyBytes {
            if let unreadable = row.unreadable(field) { throw unreadable }
        }
        return row.fields.map(row.text)
    }

    /// The error for a column to be ignored that no file has.
    static func unknownToIgnore(_ name: String, _ names: [String], _ path: String) -> DataError {
        unknown(
            .name(name), toIgnore(.name(name)), names, path, or: "check its name, or take it out of ignore"
        ).about("ignore")
    }

    /// A column to be ignored, in the words of messages.
    private static func toIgnore(_ column: CSVOptions.Column) -> String {
        "\(column.text), which ignore names"
    }

    /// The error for a column that is not among a header's names; `advice` is used if no name is similar.
    private static func unknown(
        _ column: CSVOptions.Column, _ expected: String, _ names: [String], _ path: String, or advice: String
    ) -> DataError {
        var advice = advice
        if case .name(let name) = column, let near = nearestName(to: name, among: names) {
            advice = "did you mean \"\(DataError.shortened(near))\"?"
        } else if names.count == 1, let mark = [";", "\t", "|"].first(where: names[0].contains) {
            advice = "set delimiter: \(mark == "\t" ? "\"\\t\"" : "\"\(mark)\"")"
        } else if names.contains(where: { Double($0) != nil }) {
            advice = "if the first row holds no names, set header: false and give the column's number from 0"
        }
        return DataError(
            .mismatch, path: path, expected: expected, found: list(names), advice: advice)
    }

    /// Names as messages list them.
    static func list(_ names: [String]) -> String {
        names.prefix(20).map { "\"\(DataError.shortened($0))\"" }.joined(separator: ", ")
            + (names.count > 20 ? ", ..." : "")
    }

    /// A column in the words of messages: " in column "age"", or nothing without names.
    func phrase(_ column: Int) -> String {
        guard let names, names.indices.contains(column), !names[column].isEmpty else { return "" }
        return " in column \"\(DataError.shortened(names[column]))\""
    }

    /// Throws if the first row looks like data: numbers other than the columns' own numbers.
    private static func checkHeader(_ row: CSVTokenizer) throws(DataError) {
        var wholes: [Int] = []
        for field in row.fields {
            let text = row.content(field)
            guard !field.isQuoted, (try? DecimalNumber.float(text)) != nil else { return }
            if let whole = DecimalNumber.whole(text) { wholes.append(whole) }
        }
        let count = row.fields.count
        if wholes == Array(0..<count) || wholes == Array(1..<count + 1) { return }
        throw row.error(
            .header, field: 0, expected: "the columns' names in the first row", found: "numbers",
            advice: "add a row of names, or set header: false")
    }

    private static func place(
        of column: CSVOptions.Column, _ expected: String, _ names: [String]?, _ count: Int,
        _ row: CSVTokenizer
    ) throws(DataError) -> Int {
        switch column {
        case .index(let index):
            guard index < count else {
                throw DataError(
                    .mismatch, path: row.name, expected: expected, found: counted(count, "column"),
                    advice: "give a column from 0 to \(count - 1)")
            }
            return index
        case .name(let name):
            guard let names else {
                throw DataError(
                    .mismatch, path: row.name, expected: expected, found: "no header",
                    advice: "give the column's number from 0 to \(count - 1), or leave out header: false")
            }
            guard let place = names.firstIndex(of: name) else {
                throw unknown(column, expected, names, row.name, or: "check the name and the delimiter")
            }
            guard names.lastIndex(of: name) == place else {
                throw DataError(
                    .mismatch, path: row.name, expected: "\(column.text) once", found: "several",
                    advice: "give the column's number instead")
            }
            return place
        }
    }

    private static func twice(_ column: CSVOptions.Column, _ path: String) -> DataError {
        DataError(
            .mismatch, path: path, expected: "\(column.text) for one thing", found: "it twice",
            advice: "name each column once in label and ignore")
    }
}

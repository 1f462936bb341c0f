extension CSVTable {
    /// The number of features of an example; nil if the first file has no row. Reads all rows if the first fields are
    /// not all numbers, because their columns may be of words.
    func featureCount() throws(DataError) -> Int? {
        let row = try CSVTokenizer(files[0], delimiter: options.delimiter)
        guard try row.next() else { return nil }
        let first = try CSVColumns(row, options: options)
        func width(_ words: [WordColumn]) -> Int {
            FeatureInputs(columns: first.featureCount, words: words).width
        }
        if let knownWords { return width(knownWords) }
        if options.hasHeader, try !row.next() { return first.featureCount }
        let isFree = zip(first.roles, row.fields).contains { role, field in
            guard case .feature = role else { return false }
            return !WordScreen.isNumber(row.content(field))
        }
        guard isFree else { return first.featureCount }
        var screen = WordScreen(first)
        for (file, columns) in zip(files, try columns()) {
            try forEachRow(of: file, columns) { (row, columns) throws(DataError) in
                screen.look(at: row, columns)
            }
        }
        return width(try screen.columns())
    }
}

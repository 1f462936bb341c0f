extension CSVTable {
    /// The number of features of the first file; nil if it has no row.
    func featureCount() throws(DataError) -> Int? {
        let row = try CSVTokenizer(files[0], delimiter: options.delimiter)
        guard try row.next() else { return nil }
        return try CSVColumns(row, options: options).featureCount
    }
}

/// Where each of a table's columns begins among the features of an example, and the words of those that hold words.
struct FeatureInputs {
    /// The number of columns.
    var columnCount: Int { starts.count }
    /// The first feature of each column.
    let starts: [Int]
    /// The number of words of each column; 0 for a column of numbers.
    let wordCounts: [Int]
    /// The number of features of an example.
    let width: Int
    private let tables: [LabelTable?]

    /// The features of so many columns; `words` of further columns are left out.
    init(columns: Int, words: [WordColumn]) {
        var tables = Array(repeating: LabelTable?.none, count: columns)
        for column in words where tables.indices.contains(column.column) {
            var table = LabelTable()
            for word in column.words { Array(word.utf8).withUnsafeBytes { _ = table.insert($0) } }
            tables[column.column] = table
        }
        var starts: [Int] = []
        var width = 0
        for table in tables {
            starts.append(width)
            width += table?.count ?? 1
        }
        (self.starts, self.width, self.tables) = (starts, width, tables)
        wordCounts = tables.map { $0?.count ?? 0 }
    }

    /// The number of a word of a column; nil if it is none of them.
    func word(_ text: UnsafeRawBufferPointer, of column: Int) -> Int? { tables[column]?.number(of: text) }
}

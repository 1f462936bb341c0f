/// Which numbers of a table need more than Float32.
extension CSVTable {
    /// The features to keep in Float64, and the columns that lose numbers all the same: targets, which are Float32, and
    /// whole numbers that even Float64 merges. Reads the rows again if the screen suspects any.
    func mergedNumbers(
        _ screen: NumberScreen, _ columns: [CSVColumns?]
    ) throws(DataError) -> (wideFeatures: [Int], lost: [LostNumbers]) {
        let suspects = screen.suspects
        guard !suspects.isEmpty else { return ([], []) }
        var numbers = Array(repeating: DistinctNumbers(), count: suspects.count)
        let places = Dictionary(uniqueKeysWithValues: zip(suspects, suspects.indices))
        /// The columns that the screen suspects.
        func suspected(_ columns: CSVColumns) -> [(column: Int, suspect: Int)] {
            columns.roles.enumerated().compactMap { column, role in
                screen.number(of: role).flatMap { places[$0] }.map { (column, $0) }
            }
        }
        for (file, columns) in zip(files, columns) {
            let suspected = columns.map(suspected) ?? []
            try forEachRow(of: file, columns) { (row, _) throws(DataError) in
                for (column, suspect) in suspected { numbers[suspect].add(row.content(row.fields[column])) }
            }
        }
        guard let first = columns.lazy.compactMap(\.self).first else { return ([], []) }
        var wide: [Int] = []
        var lost: [LostNumbers] = []
        for (column, suspect) in suspected(first) {
            let name = first.names.map { CSVOptions.Column.name($0[column]) } ?? .index(column)
            let merged = numbers[suspect].mergedInFloat32()
            if let pair = numbers[suspect].lost {
                lost.append(LostNumbers(column: name.text, low: pair.low, high: pair.high))
            }
            guard let merged else { continue }
            if case .feature(let feature) = first.roles[column] {
                wide.append(feature)
            } else if numbers[suspect].lost == nil {
                lost.append(LostNumbers(column: name.text, merged))
            }
        }
        return (wide.sorted(), lost)
    }
}

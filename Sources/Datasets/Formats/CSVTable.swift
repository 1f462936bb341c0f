import Messages

/// The rows of one or more CSV files that follow each other, read twice: once for their number and the classes, once
/// for their values.
struct CSVTable {
    let files: [DataOrigin]
    /// How the columns are read.
    let options: CSVOptions
    /// The number of classes if labels must be class indices below it; nil to find the classes.
    let classCount: Int?
    /// The classes of the run that is continued or evaluated; nil to find them among the labels.
    let knownClasses: [String]?
    /// The features of that run in order; nil for those of the first file.
    let knownFeatures: [String]?
    /// The features that this run keeps in Float64; nil for those that need it.
    let knownWide: [Int]?
    /// The columns of words of that run; nil to find them.
    let knownWords: [WordColumn]?

    /// Reads all rows, but only the numbers that Float32 may merge: the sizes, the features' names and the classes.
    func inspect() throws(DataError) -> DatasetLayout {
        var count = 0
        var found = LabelTable()
        let collects = options.task != .regression && classCount == nil && knownClasses == nil
        let columns = try columns()
        let first = columns.lazy.compactMap(\.self).first
        var screen = first.map { NumberScreen($0, isSkipped: knownWide != nil) }
        var words = first.map { WordScreen($0, isSkipped: knownWords != nil) }
        for (file, columns) in zip(files, columns) {
            try forEachRow(of: file, columns) { (row, columns) throws(DataError) in
                count += 1
                screen?.look(at: row, columns)
                words?.look(at: row, columns)
                guard collects, let column = columns.labelColumn else { return }
                guard try found.insert(label(row, column, columns)) != nil else {
                    throw row.error(
                        .label, field: column, expected: "at most \(LabelTable.most) classes", found: "more",
                        advice: "set task: regression if labels are numbers to predict")
                }
            }
        }
        guard let first, let screen, let words, count > 0 else {
            throw DataError(
                .empty, path: files.first?.name ?? "", expected: "at least one row of data", found: "none",
                advice: "check how the file was made")
        }
        guard count <= Int(Int32.max) else {
            throw DataError(
                .unsupported, path: files[0].name, expected: "at most \(Int32.max) rows", found: "\(count)",
                advice: "split the data set")
        }
        let kind: LabelKind =
            options.label.isEmpty
            ? .none : options.task == .regression ? .targets(width: options.label.count) : .classes
        var names: [String]?
        if kind == .classes, classCount == nil { names = knownClasses ?? ClassNames(found: found).names }
        let wordColumns = if let knownWords { knownWords } else { try words.columns() }
        let inputs = FeatureInputs(columns: first.featureCount, words: wordColumns)
        guard inputs.width <= CSVTokenizer.mostColumns else {
            throw DataError(
                .unsupported, path: files[0].name, expected: "at most \(CSVTokenizer.mostColumns) features",
                found: "\(inputs.width) with a feature for each word",
                advice: "leave out columns of words with ignore")
        }
        let merged = try mergedNumbers(screen, columns)
        let wide = knownWide ?? merged.wideFeatures
        var layout = DatasetLayout(
            count: count, exampleShape: [inputs.width], elementType: wide.isEmpty ? .float32 : .float64,
            labels: kind, classCount: kind == .classes ? classCount ?? names?.count : nil)
        layout.wideFeatures = wide.isEmpty ? nil : wide
        layout.lostNumbers = merged.lost.isEmpty ? nil : merged.lost
        // Labels 0, 1, 2, ... are class indices already and need no names.
        layout.classNames = names == names?.indices.map(String.init) ? nil : names
        layout.featureNames = first.featureNames
        layout.wordColumns = wordColumns.isEmpty ? nil : wordColumns
        return layout
    }

    /// Reads all values into memory of a layout's size. In a Float64 table, features that do not need Float64 are
    /// rounded to Float32, so that a column's numbers do not depend on the other columns.
    func load(
        _ layout: DatasetLayout, features: UnsafeMutableRawPointer, labels: UnsafeMutableRawPointer?
    ) throws(DataError) {
        let classes = layout.classNames.map { ClassNames(names: $0) }
        let width = layout.width
        let inputs = FeatureInputs(columns: layout.columnCount, words: layout.wordColumns ?? [])
        let isDouble = layout.elementType == .float64
        let floats = features.assumingMemoryBound(to: Float.self)
        let doubles = features.assumingMemoryBound(to: Double.self)
        var isWide = Array(repeating: false, count: inputs.columnCount)
        for feature in layout.wideFeatures ?? [] where isWide.indices.contains(feature) {
            isWide[feature] = true
        }
        var targets = 0
        if case .targets(let width) = layout.labels { targets = width }
        var count = 0
        for (file, columns) in zip(files, try columns()) {
            guard columns?.featureCount ?? inputs.columnCount == inputs.columnCount,
                columns?.featureNames == layout.featureNames || columns == nil
            else { throw changed(file) }
            try forEachRow(of: file, columns) { (row, columns) throws(DataError) in
                guard count < layout.count else { throw changed(file) }
                let example = count * width
                for (column, role) in columns.roles.enumerated() {
                    switch role {
                    case .ignored: continue
                    case .feature(let feature):
                        let place = example + inputs.starts[feature]
                        let words = inputs.wordCounts[feature]
                        if words > 0 {
                            let found = try word(row, column, of: feature, inputs)
                            for number in 0..<words {
                                let value: Float = number == found ? 1 : 0
                                if isDouble {
                                    doubles[place + number] = Double(value)
                                } else {
                                    floats[place + number] = value
                                }
                            }
                            continue
                        }
                        let value = try number(row, column, columns)
                        if !isDouble {
                            floats[place] = value
                        } else if isWide[feature], let exact = Self.double(row, column) {
                            doubles[place] = exact
                        } else {
                            doubles[place] = Double(value)
                        }
                    case .target(let target):
                        guard let labels, target < targets else { throw changed(file) }
                        labels.assumingMemoryBound(to: Float.self)[count * targets + target] =
                            try number(row, column, columns)
                    case .label:
                        guard let labels else { throw changed(file) }
                        labels.assumingMemoryBound(to: Int32.self)[count] =
                            try classIndex(row, column, columns, classes, count: layout.classCount ?? 0)
                    }
                }
                count += 1
            }
        }
        guard count == layout.count else { throw changed(files[0]) }
    }

    /// The columns of each file, from the first rows alone; nil for a file without rows.
    func columns() throws(DataError) -> [CSVColumns?] {
        var first: (columns: CSVColumns, path: String)?
        var all: [CSVColumns?] = []
        // Older runs accepted names that are not UTF-8, and know them with the invalid bytes replaced.
        let takesAnyBytes = knownFeatures?.contains { $0.unicodeScalars.contains("\u{fffd}") } ?? false
        for file in files {
            let row = try CSVTokenizer(file, delimiter: options.delimiter)
            guard try row.next() else {
                all.append(nil)
                continue
            }
            let columns: CSVColumns
            if let first {
                columns = try CSVColumns(
                    row, options: options, like: first.columns, path: first.path,
                    takesAnyBytes: takesAnyBytes)
            } else {
                columns = try CSVColumns(row, options: options, takesAnyBytes: takesAnyBytes)
                    .ordered(like: knownFeatures, in: row)
                first = (columns, file.name)
            }
            all.append(columns)
        }
        // In files for prediction, ignored columns may be missing.
        guard let first, let names = first.columns.names, !options.label.isEmpty else { return all }
        for case .name(let name) in options.ignored
        where !all.contains(where: { $0?.names?.contains(name) == true }) {
            throw CSVColumns.unknownToIgnore(name, names, first.path)
        }
        return all
    }

    /// Calls `body` for each row after the header of a file with these columns.
    func forEachRow(
        of file: DataOrigin, _ columns: CSVColumns?,
        _ body: (CSVTokenizer, CSVColumns) throws(DataError) -> Void
    ) throws(DataError) {
        guard let columns else { return }
        let row = try CSVTokenizer(file, delimiter: options.delimiter)
        guard try row.next() else { throw changed(file) }
        if options.hasHeader, try !row.next() { return }
        repeat {
            guard row.fields.count == columns.roles.count else {
                throw row.error(
                    .field, field: min(row.fields.count, columns.roles.count),
                    expected: counted(columns.roles.count, "field"), found: "\(row.fields.count)",
                    advice:
                        "give every row a field per column; put fields that hold the delimiter in quotation marks"
                )
            }
            try body(row, columns)
        } while try row.next()
    }

    /// A field as the nearest Float64; nil if it is not a number.
    static func double(_ row: CSVTokenizer, _ column: Int) -> Double? {
        try? DecimalNumber.double(row.content(row.fields[column]))
    }

    /// The number of the word in a field; nil if the field is empty or holds a word that the training set has not.
    private func word(
        _ row: CSVTokenizer, _ column: Int, of feature: Int, _ inputs: FeatureInputs
    ) throws(DataError) -> Int? {
        if let found = inputs.word(row.content(row.fields[column]), of: feature) { return found }
        // In another encoding every word with an accent would be unknown.
        if let unreadable = row.unreadable(column) { throw unreadable }
        return nil
    }

    private func number(
        _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns
    ) throws(DataError) -> Float {
        let field = row.fields[column]
        let bytes = row.content(field)
        do throws(DecimalNumber.Failure) { return try DecimalNumber.float(bytes) } catch {
            if field.isEmpty { throw missing(row, column, columns) }
            let found = "\"\(DataError.shortened(row.text(field)))\""
            let kind: DataError.Kind = error == .text ? .field : .notFinite
            let expected = error == .text ? "a number" : "a finite number within Float32's range"
            var advice = "remove or repair that row"
            if error == .text {
                advice =
                    "write it with decimal digits and a point, or leave the column out with ignore; a column of words holds no numbers"
                if case .target = columns.roles[column] {
                    advice =
                        "write it with decimal digits and a point, or set task: classification for classes"
                }
            }
            throw row.error(
                kind, field: column, expected: expected + columns.phrase(column), found: found, advice: advice
            )
        }
    }

    /// The bytes of a class label, which must not be missing or a fraction.
    private func label(
        _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns
    ) throws(DataError) -> UnsafeRawBufferPointer {
        let field = row.fields[column]
        let bytes = row.content(field)
        guard !bytes.isEmpty else { throw missing(row, column, columns) }
        // Invalid UTF-8 would lose the class's name, and with it the class when other data are read.
        if let unreadable = row.unreadable(column) { throw unreadable }
        let isNumber = bytes[0] < UInt8(ascii: "A")
        if isNumber, DecimalNumber.whole(bytes) == nil, (try? DecimalNumber.float(bytes)) != nil {
            throw row.error(
                .label, field: column, expected: "a class, a whole number or a word" + columns.phrase(column),
                found: DataError.shortened(row.text(field)),
                advice: "set task: regression if labels are numbers to predict")
        }
        guard bytes.count <= 1024 else {
            throw row.error(
                .label, field: column, expected: "a class of at most 1024 bytes" + columns.phrase(column),
                found: "\"\(DataError.shortened(row.text(field)))\"", advice: "give classes shorter names")
        }
        return bytes
    }

    private func classIndex(
        _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns, _ classes: ClassNames?, count: Int
    ) throws(DataError) -> Int32 {
        let text = try label(row, column, columns)
        if let classes {
            if let index = classes.index(of: text) { return Int32(index) }
            throw row.error(
                .label, field: column, expected: "a class of the training set" + columns.phrase(column),
                found: "\"\(DataError.shortened(row.text(row.fields[column])))\"",
                advice: "correct the label, or train with such examples"
                    + (classes.areManyNumbers
                        ? ", or set task: regression if labels are numbers to predict" : ""))
        }
        guard let index = DecimalNumber.whole(text), index >= 0, index < count else {
            throw row.error(
                .label, field: column,
                expected: "a class from 0 to \(count - 1)" + columns.phrase(column),
                found: "\"\(DataError.shortened(row.text(row.fields[column])))\"",
                advice: "correct the label, or the number of classes if the data is right")
        }
        return Int32(index)
    }

    private func missing(_ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns) -> DataError {
        row.error(
            .field, field: column, expected: "a value" + columns.phrase(column), found: "an empty field",
            advice: "fill it in (the column's mean, say) or remove the row")
    }

    private func changed(_ file: DataOrigin) -> DataError {
        DataError(
            .mismatch, path: file.name, expected: "the file that was inspected", found: "another",
            advice: "do not change data files while they are read")
    }
}

/// The rows of one or more CSV files that follow each other, read twice: once for their number and classes, once for
/// their values.
struct CSVTable {
    /// The files, in order.
    let files: [DataOrigin]
    /// How their columns are read.
    let options: CSVOptions
    /// The number of classes if labels must be class indices below it.
    let classCount: Int?
    /// The classes of a run that is gone on with or evaluated; nil for those among the labels.
    let knownClasses: [String]?

    /// Reads all rows but no numbers: the sizes, the features' names and the classes.
    func inspect() throws(DataError) -> DatasetLayout {
        var count = 0
        var found = LabelTable()
        let collects = options.task != .regression && classCount == nil && knownClasses == nil
        var first: CSVColumns?
        for file in files {
            let columns = try forEachRow(of: file) { (row, columns) throws(DataError) in
                count += 1
                guard collects, let column = columns.labelColumn else { return }
                guard try found.insert(label(row, column, columns)) != nil else {
                    throw row.error(
                        .label, field: column, expected: "at most \(LabelTable.most) classes", found: "more",
                        advice: "set task: regression if labels are numbers to predict")
                }
            }
            guard let columns else { continue }
            if let first { try Self.checkSame(columns, first, file.name, files[0].name) }
            first = first ?? columns
        }
        guard let first, count > 0 else {
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
        var layout = DatasetLayout(
            count: count, exampleShape: [first.featureCount], elementType: .float32, labels: kind,
            classCount: kind == .classes ? classCount ?? names?.count : nil)
        // Labels 0, 1, 2, ... are class indices, which need no names.
        layout.classNames = names == names?.indices.map(String.init) ? nil : names
        layout.featureNames = first.featureNames
        return layout
    }

    /// Reads all values into memory of a layout's size.
    func load(
        _ layout: DatasetLayout, features: UnsafeMutablePointer<Float>, labels: UnsafeMutableRawPointer?
    ) throws(DataError) {
        let classes = layout.classNames.map { ClassNames(names: $0) }
        let width = layout.width
        var targets = 0
        if case .targets(let width) = layout.labels { targets = width }
        var count = 0
        for file in files {
            _ = try forEachRow(of: file) { (row, columns) throws(DataError) in
                guard count < layout.count, columns.featureCount == width else { throw changed(file) }
                let example = features + count * width
                for (column, role) in columns.roles.enumerated() {
                    switch role {
                    case .ignored: continue
                    case .feature(let feature): example[feature] = try number(row, column, columns)
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

    /// Calls `body` for each row behind the header; returns the columns, nil for a file without rows.
    private func forEachRow(
        of file: DataOrigin, _ body: (CSVTokenizer, CSVColumns) throws(DataError) -> Void
    ) throws(DataError) -> CSVColumns? {
        let row = try CSVTokenizer(file, delimiter: options.delimiter)
        guard try row.next() else { return nil }
        let columns = try CSVColumns(row, options: options)
        if options.hasHeader, try !row.next() { return columns }
        repeat {
            guard row.fields.count == columns.roles.count else {
                throw row.error(
                    .field, field: min(row.fields.count, columns.roles.count),
                    expected: "\(columns.roles.count) fields", found: "\(row.fields.count)",
                    advice:
                        "give every row a field per column; put fields that hold the delimiter in quotation marks"
                )
            }
            try body(row, columns)
        } while try row.next()
        return columns
    }

    private func number(
        _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns
    ) throws(DataError) -> Float {
        let field = row.fields[column]
        let bytes = UnsafeRawBufferPointer(rebasing: row.bytes[field.start..<field.end])
        do throws(DecimalNumber.Failure) { return try DecimalNumber.float(bytes) } catch {
            if field.isEmpty { throw missing(row, column, columns) }
            let found = "\"\(DataError.shortened(row.text(field)))\""
            let kind: DataError.Kind = error == .text ? .field : .notFinite
            let expected = error == .text ? "a number" : "a finite number within Float32's range"
            var advice = "remove or repair that row"
            if error == .text {
                advice = "write it with decimal digits and a point, or leave the column out with ignore"
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

    /// The bytes of a class label, which may not be missing or a fraction.
    private func label(
        _ row: CSVTokenizer, _ column: Int, _ columns: CSVColumns
    ) throws(DataError) -> UnsafeRawBufferPointer {
        let field = row.fields[column]
        let bytes = UnsafeRawBufferPointer(rebasing: row.bytes[field.start..<field.end])
        guard !bytes.isEmpty else { throw missing(row, column, columns) }
        // Its name would be lost, and with it the class where other data are read.
        if let unreadable = row.unreadable(column) { throw unreadable }
        let isNumber = bytes[0] < UInt8(ascii: "A")
        if isNumber, DecimalNumber.whole(bytes) == nil, (try? DecimalNumber.float(bytes)) != nil {
            throw row.error(
                .label, field: column, expected: "a class, a whole number or a word" + columns.phrase(column),
                found: DataError.shortened(row.text(field)),
                advice: "set task: regression if labels are numbers to predict")
        }
        guard bytes.count <= 1024, !field.hasEscapes else {
            throw row.error(
                .label, field: column,
                expected: "a class of at most 1024 bytes without quotation marks" + columns.phrase(column),
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
                advice: "correct the label, or train with such examples")
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

    private static func checkSame(
        _ columns: CSVColumns, _ first: CSVColumns, _ path: String, _ firstPath: String
    ) throws(DataError) {
        guard columns.roles.count == first.roles.count else {
            throw DataError(
                .mismatch, path: path, expected: "\(first.roles.count) columns, as \(firstPath) has",
                found: "\(columns.roles.count)", advice: "give files with the same columns")
        }
        guard columns == first else {
            let place = zip(columns.names ?? [], first.names ?? []).enumerated().first { $1.0 != $1.1 }
            throw DataError(
                .mismatch, path: path, expected: "the columns of \(firstPath)",
                found: place.map {
                    "column \($0) \"\(DataError.shortened($1.0))\" for \"\(DataError.shortened($1.1))\""
                }
                    ?? "others", advice: "give files with the same columns in the same order")
        }
    }
}

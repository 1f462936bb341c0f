import Messages

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
    /// The features of such a run in order; nil for those that are there.
    let knownFeatures: [String]?
    /// The features of such a run that are kept in Float64; nil for those that Float32 is too coarse for.
    let knownWide: [Int]?

    /// Reads all rows, but numbers only where Float32 may be too coarse for them: the sizes, the features' names and the
    /// classes.
    func inspect() throws(DataError) -> DatasetLayout {
        var count = 0
        var found = LabelTable()
        let collects = options.task != .regression && classCount == nil && knownClasses == nil
        let columns = try columns()
        let first = columns.lazy.compactMap(\.self).first
        var screen = first.map { NumberScreen($0, isSkipped: knownWide != nil) }
        for (file, columns) in zip(files, columns) {
            try forEachRow(of: file, columns) { (row, columns) throws(DataError) in
                count += 1
                screen?.look(at: row, columns)
                guard collects, let column = columns.labelColumn else { return }
                guard try found.insert(label(row, column, columns)) != nil else {
                    throw row.error(
                        .label, field: column, expected: "at most \(LabelTable.most) classes", found: "more",
                        advice: "set task: regression if labels are numbers to predict")
                }
            }
        }
        guard let first, let screen, count > 0 else {
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
        let merged = try mergedNumbers(screen, columns)
        let wide = knownWide ?? merged.wideFeatures
        var layout = DatasetLayout(
            count: count, exampleShape: [first.featureCount], elementType: wide.isEmpty ? .float32 : .float64,
            labels: kind, classCount: kind == .classes ? classCount ?? names?.count : nil)
        layout.wideFeatures = wide.isEmpty ? nil : wide
        layout.lostNumbers = merged.lost.isEmpty ? nil : merged.lost
        // Labels 0, 1, 2, ... are class indices, which need no names.
        layout.classNames = names == names?.indices.map(String.init) ? nil : names
        layout.featureNames = first.featureNames
        return layout
    }

    /// Reads all values into memory of a layout's size. In a table of Float64 the features that need no more are rounded to
    /// Float32 all the same: a column's numbers do not depend on its neighbours.
    func load(
        _ layout: DatasetLayout, features: UnsafeMutableRawPointer, labels: UnsafeMutableRawPointer?
    ) throws(DataError) {
        let classes = layout.classNames.map { ClassNames(names: $0) }
        let width = layout.width
        let isDouble = layout.elementType == .float64
        let floats = features.assumingMemoryBound(to: Float.self)
        let doubles = features.assumingMemoryBound(to: Double.self)
        var isWide = Array(repeating: false, count: width)
        for feature in layout.wideFeatures ?? [] where isWide.indices.contains(feature) {
            isWide[feature] = true
        }
        var targets = 0
        if case .targets(let width) = layout.labels { targets = width }
        var count = 0
        for (file, columns) in zip(files, try columns()) {
            guard columns?.featureCount ?? width == width,
                columns?.featureNames == layout.featureNames || columns == nil
            else { throw changed(file) }
            try forEachRow(of: file, columns) { (row, columns) throws(DataError) in
                guard count < layout.count else { throw changed(file) }
                let example = count * width
                for (column, role) in columns.roles.enumerated() {
                    switch role {
                    case .ignored: continue
                    case .feature(let feature):
                        let value = try number(row, column, columns)
                        if !isDouble {
                            floats[example + feature] = value
                        } else if isWide[feature], let exact = Self.double(row, column) {
                            doubles[example + feature] = exact
                        } else {
                            doubles[example + feature] = Double(value)
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

    /// What the columns of each file are for, from the first rows alone; nil for a file without any.
    private func columns() throws(DataError) -> [CSVColumns?] {
        var first: (columns: CSVColumns, path: String)?
        var all: [CSVColumns?] = []
        // A run from when such names were taken as they came knows them by what became of them.
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
        // Labels that are not asked for may be missing, and are ignored where they are there.
        guard let first, let names = first.columns.names, !options.label.isEmpty else { return all }
        for case .name(let name) in options.ignored
        where !all.contains(where: { $0?.names?.contains(name) == true }) {
            throw CSVColumns.unknownToIgnore(name, names, first.path)
        }
        return all
    }

    /// Calls `body` for each row behind the header of a file with these columns.
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

    /// A field as the nearest Float64; nil for one that is no number.
    static func double(_ row: CSVTokenizer, _ column: Int) -> Double? {
        try? DecimalNumber.double(row.content(row.fields[column]))
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
        let bytes = row.content(field)
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

import Options

/// Inline examples in a configuration: `{format: inline, rows: [[0, 1], [1, 1]], labels: [1, 0]}`.
extension InlineExamples {
    static let rowsForm = OptionForm.list(
        .numbers(.finite, count: nil, "a list of numbers, the features of one example"), rowsPhrase)
    static let labelsForm = OptionForm.list(
        .either(
            [
                .numbers(.finite, count: nil, "a list of numbers"), .number(.finite),
                .text("a class, or a list of numbers"),
            ], "a class, or a list of numbers"), labelsPhrase)
    static let rowsPhrase = "a list of lists of numbers, as [[0, 1], [1, 1]]"
    static let labelsPhrase = "a list of classes, as [1, 0], or of lists of numbers to predict, as [[1], [0]]"

    /// Reads `rows` and `labels`; throws where rows differ in length, or labels do not fit them.
    init(_ options: ResolvedOptions) throws(OptionError) {
        let rows = try Self.lists("rows", Self.elements(options.value("rows")), Self.rowsPhrase)
        let labels = options.value("labels")
        let read = try labels == .none ? Labels.none : Self.labels(Self.elements(labels), count: rows.count)
        let features = rows.flatMap(\.self)
        var numbers = features.count
        if case .targets(let targets, _) = read { numbers += targets.count } else { numbers += rows.count }
        guard numbers <= Self.most else {
            throw OptionError(
                .outOfRange, key: "rows", value: "",
                allowed: "at most \(Self.most) numbers, labels included; there are \(numbers)",
                advice: "put the data in files, as format: npy or csv")
        }
        self.init(features: features, width: rows[0].count, labels: read)
    }

    /// The elements of a list, which may have been kept as a list of numbers.
    private static func elements(_ value: OptionValue) -> [OptionValue] {
        switch value {
        case .list(let elements): elements
        case .numbers(let numbers): numbers.map(OptionValue.number)
        default: []
        }
    }

    /// Lists of numbers, all of the first one's length.
    private static func lists(
        _ key: String, _ rows: [OptionValue], _ phrase: String
    ) throws(OptionError) -> [[Double]] {
        guard !rows.isEmpty else {
            throw OptionError(.outOfRange, key: key, value: "[]", allowed: "of at least one example")
        }
        var lists: [[Double]] = []
        for (place, row) in rows.enumerated() {
            guard let numbers = list(row) else {
                throw OptionError(
                    .wrongType, key: "\(key).\(place)", value: row.description, allowed: "a list of numbers",
                    advice: "write \(phrase)")
            }
            let wanted = lists.first?.count ?? max(1, numbers.count)
            guard numbers.count == wanted else {
                throw OptionError(
                    .outOfRange, key: "\(key).\(place)", value: "",
                    allowed: lists.isEmpty
                        ? "a list of at least one number"
                        : "of \(wanted) numbers as the first one is; it has \(numbers.count)")
            }
            lists.append(numbers)
        }
        return lists
    }

    /// The numbers of a row; nil if it is none.
    private static func list(_ row: OptionValue) -> [Double]? {
        switch row {
        case .numbers(let numbers): return numbers
        case .list(let elements):
            var numbers: [Double] = []
            for element in elements {
                guard let number = number(element) else { return nil }
                numbers.append(number)
            }
            return numbers
        default: return nil
        }
    }

    private static func number(_ value: OptionValue) -> Double? {
        switch value {
        case .number(let number): number
        case .whole(let number): Double(number)
        default: nil
        }
    }

    private static func labels(_ values: [OptionValue], count: Int) throws(OptionError) -> Labels {
        guard values.count == count else {
            throw OptionError(
                .conflict, key: "labels", value: "",
                allowed: "as many as rows, \(count); there are \(values.count)")
        }
        func mixed(_ place: Int, _ wanted: String) -> OptionError {
            OptionError(
                .conflict, key: "labels.\(place)", value: values[place].description,
                allowed: "\(wanted) as the first one is",
                advice:
                    "write whole numbers, or words, or lists of numbers to predict, but not several of these")
        }
        switch values[0] {
        case .text:
            var words: [String] = []
            for (place, value) in values.enumerated() {
                guard case .text(let word) = value else { throw mixed(place, "a word") }
                words.append(word)
            }
            return .words(words)
        case .number, .whole:
            var classes: [Int32] = []
            for (place, value) in values.enumerated() {
                guard let number = number(value) else { throw mixed(place, "a whole number") }
                guard number >= 0, number < Double(Int32.max), let label = Int32(exactly: number) else {
                    throw OptionError(
                        .outOfRange, key: "labels.\(place)", value: value.description,
                        allowed: "a class, a whole number from 0",
                        advice: "write numbers to predict as lists, [[0.5], [1.5]]")
                }
                classes.append(label)
            }
            return .classes(classes)
        default:
            if let place = values.firstIndex(where: { list($0) == nil }) {
                throw mixed(place, "a list of numbers")
            }
            let targets = try lists("labels", values, labelsPhrase)
            return .targets(targets.flatMap(\.self), width: targets[0].count)
        }
    }

    /// `rows` and `labels` as they are written.
    var options: [NamedOption] {
        func rows(_ numbers: [Double], _ width: Int) -> OptionValue {
            .list(
                stride(from: 0, to: numbers.count, by: width).map {
                    .numbers(Array(numbers[$0..<$0 + width]))
                })
        }
        let written: OptionValue =
            switch labels {
            case .none: .none
            case .classes(let classes): .list(classes.map { .number(Double($0)) })
            case .words(let words): .list(words.map(OptionValue.text))
            case .targets(let targets, let width): rows(targets, width)
            }
        let options = [NamedOption("rows", rows(features, width)), NamedOption("labels", written)]
        return options.filter { $0.value != .none }
    }
}

import Datasets

extension FuzzTarget {
    /// Tables, read as classes, as targets, without a header and without labels.
    static let csv = FuzzTarget(
        name: "csv", seeds: CSVSeeds.all.map { Array($0.utf8) },
        words: [
            ",", ";", "\"", "\"\"", "\n", "\r\n", "\r", "\u{FEFF}", "nan", "inf", "1e99", "-", "+", ".",
            "kind", "y", "a",
            " ", "\t", "\u{0}", "é", "1e-50", "0x1", "cat", "\n\n", "\"a\nb\"",
        ], isText: true
    ) { bytes in
        .any(
            CSVSeeds.options.map { options in
                let file = DataOrigin.memory(name: "input.csv", bytes: bytes)
                let table = DatasetSource(csv: [file], options: options)
                // Features alone are read as a model wants them that was trained on numbers, so no words are looked for.
                let source = options.label.isEmpty ? table.following(classes: nil, names: nil) : table
                return LoadedData.judge(source, naming: "input.csv") {
                    CSVSeeds.brokenRoundTrip($0) ?? CSVSeeds.brokenOrder($0, source)
                }
            })
    }
}

/// Valid tables, and the ways of reading them.
enum CSVSeeds {
    /// Tables that each of the ways accepts some of.
    static let all = [
        "\u{FEFF}a,\"b \"\"c\"\"\",y,kind\n1,-2.5,3e-3,cat\n\"7\",+.5,1.,dog\r\n"
            + "0.1, 12345678901234567890 ,4E2,\"a, b\nc\"\n",
        "x,y,kind\n0.25,1,0\n0.5,2,1\n0.75,3,1\n", "1;2;3\n4;5;6\n7;8;9\n",
        "kind,p,q,y\nred,1,2,3\nblue,4,5,6",
    ]
    /// Classes, targets beside an ignored column, no header with another delimiter, and features alone.
    static let options = [
        CSVOptions(label: [.name("kind")]),
        CSVOptions(label: [.name("y")], task: .regression, ignored: [.name("kind")]),
        CSVOptions(label: [.index(0)], task: .regression, hasHeader: false, delimiter: UInt8(ascii: ";")),
        CSVOptions(label: [], ignored: [.index(0)]),
    ]

    /// The features as decimals that are read as the same numbers.
    private static func texts(_ data: LoadedData) -> [String] {
        data.layout.elementType == .float64
            ? Numbers.floats(data.features, size: 8).map { "\($0)" }
            : Numbers.floats(data.features, size: 4).map { "\(Float($0))" }
    }

    /// What is wrong when the features of an accepted table are wanted from the last to the first, as a model's may be that
    /// was trained on another table; nil if they are the same ones in that order.
    static func brokenOrder(_ data: LoadedData, _ source: DatasetSource) -> String? {
        let layout = data.layout
        // Columns of words are not single features, which could be turned around.
        guard let names = layout.featureNames, Set(names).count == names.count, layout.wordColumns == nil,
            layout.count * layout.width <= 2000,
            // What is no UTF-8 cannot be named.
            layout.classNames?.contains(where: { $0.contains("\u{FFFD}") }) != true
        else { return nil }
        let turned = source.following(
            classes: layout.classCount, names: layout.classNames, features: names.reversed(),
            wideFeatures: layout.wideFeatures?.map { layout.width - 1 - $0 })
        switch LoadedData.load(turned, naming: "input.csv") {
        case .failure(let refused): return "refused in another order: \(refused.verdict.text)"
        case .success(let again):
            let (own, other) = (texts(data), texts(again))
            let isSame = (0..<layout.count).allSatisfy { row in
                let places = row * layout.width..<(row + 1) * layout.width
                return own[places].elementsEqual(other[places].reversed())
            }
            return isSame && again.labels == data.labels ? nil : "other values in another order"
        }
    }

    /// What changes when an accepted table is written in the plainest form and read again; nil if nothing does.
    static func brokenRoundTrip(_ data: LoadedData) -> String? {
        let (count, width) = (data.layout.count, data.layout.width)
        guard count * width <= 2000 else { return nil }
        let features = texts(data)
        var labels: [[String]] = Array(repeating: [], count: count)
        var options = CSVOptions(label: [], hasHeader: false)
        switch data.layout.labels {
        case .none: break
        case .classes:
            labels = Numbers.integers(data.labels, size: 4, isSigned: true).map { ["\($0)"] }
            options.label = [.index(width)]
        case .targets(let targets):
            let values = Numbers.floats(data.labels, size: 4).map { "\(Float($0))" }
            labels = (0..<count).map { Array(values[$0 * targets..<($0 + 1) * targets]) }
            options.label = (0..<targets).map { .index(width + $0) }
            options.task = .regression
        }
        let rows = (0..<count).map { row in
            (features[row * width..<(row + 1) * width] + labels[row]).joined(separator: ",") + "\n"
        }
        let file = DataOrigin.memory(name: "again.csv", bytes: Array(rows.joined().utf8))
        switch LoadedData.load(DatasetSource(csv: [file], options: options), naming: "again.csv") {
        case .failure(let refused): return "what was read is refused: \(refused.verdict.text)"
        case .success(let again):
            return again.features == data.features && again.labels == data.labels
                ? nil : "other values when written and read again"
        }
    }
}

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
                return LoadedData.judge(DatasetSource(csv: [file], options: options), naming: "input.csv") {
                    CSVSeeds.brokenRoundTrip($0)
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

    /// What changes when an accepted table is written in the plainest form and read again; nil if nothing does.
    static func brokenRoundTrip(_ data: LoadedData) -> String? {
        let (count, width) = (data.layout.count, data.layout.width)
        guard count * width <= 2000 else { return nil }
        let features = Numbers.floats(data.features, size: 4).map { "\(Float($0))" }
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

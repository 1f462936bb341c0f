import Foundation
import ProcessSupport
import Testing

/// A built-in study as `--quick` makes it at 2 ranks, and its numbers.
struct MeasuredStudy {
    private let folder: String
    /// The rows of study.csv, by column.
    private let rows: [[String: String]]

    /// Makes the study in a folder of `data`. Fails the test unless the command succeeds and all pictures are there.
    init(_ name: String, _ data: TestData, pictures: [String] = []) throws {
        folder = data.path(name)
        let run = try DTrainRun.run(2, ["study", name, "--quick", "--quiet", "--output", folder])
        try #require(run.exitCode == 0, "\(run)")
        rows = try Self.table("\(folder)/study.csv")
        for picture in pictures {
            let svg = try String(contentsOfFile: "\(folder)/\(picture).svg", encoding: .utf8)
            #expect(svg.contains("<svg") && svg.contains("<path"), "\(picture).svg")
        }
    }

    /// The names of the runs, in order.
    var runs: [String] {
        var names: [String] = []
        for name in rows.compactMap({ $0["run"] }) where names.last != name { names.append(name) }
        return names
    }

    /// What a column says of a run in its last row; empty where nothing.
    func word(_ metric: String, _ run: String) throws -> String {
        let row = try #require(rows.last { $0["run"] == run }, "no \(run) in \(runs)")
        return try #require(row[metric], "no \(metric) in \(row)")
    }

    /// A number of a run in its last row.
    func number(_ metric: String, _ run: String) throws -> Double {
        try #require(Double(word(metric, run)), "\(metric) of \(run)")
    }

    /// A run's numbers in the order of its rows.
    func numbers(_ metric: String, _ run: String) throws -> [Double] {
        let own = rows.filter { $0["run"] == run }
        try #require(!own.isEmpty, "no \(run) in \(runs)")
        return try own.map { row in try #require(row[metric].flatMap(Double.init), "\(metric) of \(run)") }
    }

    /// A run's numbers with their steps, where study.csv has a row for each step, epoch or evaluation.
    func course(_ metric: String, _ run: String) throws -> [(step: Double, value: Double)] {
        try zip(numbers("step", run), numbers(metric, run)).map { (step: $0, value: $1) }
    }

    /// The points of a run's way in a picture of paths, by steps.
    func path(_ picture: String, _ run: String) throws -> [[Double]] {
        let own = try Self.table("\(folder)/\(picture)/path.csv").filter { $0["run"] == run }
        try #require(!own.isEmpty, "no path of \(run)")
        return try own.map { row in
            try ["a", "b"].compactMap { row[$0] }.map { try #require(Double($0), "\(row)") }
        }
    }

    /// The points of a landscape, by column.
    func landscape(_ picture: String) throws -> [[String: Double]] {
        try Self.table("\(folder)/\(picture)/landscape.csv").map { row in
            try row.mapValues { try #require(Double($0), "\(row)") }
        }
    }

    /// The rows of a table, by column.
    private static func table(_ path: String) throws -> [[String: String]] {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let cells = lines.map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let header = try #require(cells.first)
        return cells.dropFirst().map { Dictionary(zip(header, $0)) { first, _ in first } }
    }

    /// The numbers of a run's events of these kinds, from its metrics.jsonl.
    func events(_ run: String, _ kinds: Set<String>) throws -> [[String: Double]] {
        try String(contentsOfFile: "\(folder)/\(run)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
            .compactMap { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                guard let kind = object["event"] as? String, kinds.contains(kind) else { return nil }
                return object.compactMapValues { ($0 as? NSNumber)?.doubleValue }
            }
    }
}

extension Collection where Element == Double {
    /// The arithmetic mean; not a number for none.
    var mean: Double { reduce(0, +) / Double(count) }
}

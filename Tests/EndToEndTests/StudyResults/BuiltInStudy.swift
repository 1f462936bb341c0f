import Foundation
import ProcessSupport
import Testing

/// A built-in study as `--quick` makes it at 2 ranks, and its numbers.
struct BuiltInStudy {
    private let folder: String
    /// The rows of study.csv, by column.
    private let rows: [[String: String]]

    /// Makes the study in a folder of `data`. Fails the test unless the command succeeds and every picture is there.
    init(_ name: String, _ data: TestData) throws {
        folder = data.path(name)
        let run = try DTrainRun.run(2, ["study", name, "--quick", "--quiet", "--output", folder])
        try #require(run.exitCode == 0, "\(run)")
        rows = try Self.rows("\(folder)/study.csv")
        let pictures = run.standardOutput.split(separator: "\n").filter { $0.hasPrefix("picture ") }
        #expect(!pictures.isEmpty, "\(run)")
        for line in pictures {
            let path = try #require(line.split(separator: " ").last.map(String.init))
            let svg = try String(contentsOfFile: path, encoding: .utf8)
            let marks = ["<polyline", "<circle", "<path"]
            #expect(svg.contains("</svg>") && marks.contains(where: svg.contains), "\(path)")
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
        return try own.map { row in try Self.number(row, metric) }
    }

    /// A run's numbers by steps, where it has them; of study.csv with a row for each step or evaluation.
    func course(_ metric: String, _ run: String) throws -> [(step: Double, value: Double)] {
        let own = try rows.filter { $0["run"] == run }.compactMap { row -> (Double, Double)? in
            let cell = try #require(row[metric])
            return cell.isEmpty ? nil : (try Self.number(row, "step"), try Self.number(row, metric))
        }
        try #require(!own.isEmpty, "no \(metric) of \(run)")
        return own
    }

    /// The points of a run's way in a picture of paths, by steps.
    func path(_ picture: String, _ run: String) throws -> [[Double]] {
        let own = try Self.rows("\(folder)/\(picture)/path.csv").filter { $0["run"] == run }
        try #require(!own.isEmpty, "no path of \(run)")
        return try own.map { row in
            try ["a", "b"].filter { row[$0] != nil }.map { try Self.number(row, $0) }
        }
    }

    /// The points of a landscape.
    func landscape(_ picture: String) throws -> [[String: Double]] {
        try Self.rows("\(folder)/\(picture)/landscape.csv").map { row in
            try row.reduce(into: [:]) { $0[$1.key] = try Self.number(row, $1.key) }
        }
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

    private static func rows(_ path: String) throws -> [[String: String]] {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let header = try #require(lines.first)
        return try lines.dropFirst().map { cells in
            try #require(cells.count == header.count, "\(cells)")
            return Dictionary(zip(header, cells)) { first, _ in first }
        }
    }

    private static func number(_ row: [String: String], _ column: String) throws -> Double {
        try #require(row[column].flatMap(Double.init), "\(column) of \(row)")
    }
}

extension Collection where Element == Double {
    /// The arithmetic mean; not a number for none.
    var mean: Double { reduce(0, +) / Double(count) }
}

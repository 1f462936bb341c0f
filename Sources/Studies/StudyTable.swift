import Configuration
import Datasets
import Training

/// The numbers of several runs side by side.
struct StudyTable {
    /// What a row stands for.
    let axis: StudyConfiguration.Axis
    /// The columns.
    let metrics: [String]
    let runs: [RunNumbers]

    /// One line per run, or per run and epoch, step or evaluation, for spreadsheets and plots.
    var csv: String {
        let place = axis == .run ? [] : [axis.placeName]
        var lines = [(["run"] + place + metrics).joined(separator: ",")]
        for run in runs {
            let rows = run.rows(axis)
            // A run without numbers is a result too.
            for row in rows.isEmpty ? [[:]] : rows {
                let cells = (place + metrics).map { Self.cell($0, run, row, Self.exact) ?? "" }
                lines.append(([run.run] + cells).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Tables for a person: the runs with their last numbers, or for each metric a table with a column for each run.
    var tables: [String] {
        if axis == .run {
            let rows = runs.map { run in
                [run.run]
                    + metrics.map { name in
                        Self.cell(name, run, run.rows(.run).first ?? [:]) { Self.short($0) } ?? "–"
                    }
            }
            return [Self.table([["run"] + metrics] + rows)]
        }
        return metrics.map { metric in
            let places = Self.thinned(
                Array(Set(runs.flatMap { $0.rows(axis).compactMap { $0[axis.placeName] } })).sorted())
            let rows = places.map { place in
                [Self.exact(place)]
                    + runs.map { run in
                        Self.short(run.rows(axis).first { $0[axis.placeName] == place }?[metric])
                    }
            }
            return Self.table([["\(metric) at \(axis.rawValue)"] + runs.map(\.run)] + rows)
        }
    }

    /// The text in a metric's column; nil if the run does not have the metric.
    private static func cell(
        _ name: String, _ run: RunNumbers, _ row: [String: Double], _ text: (Double) -> String
    ) -> String? {
        StudyMetrics.isNumber(name) ? row[name].map(text) : run.words[name]
    }

    /// The rows that a terminal shows: all of a few, else about twenty that include the last.
    private static func thinned(_ places: [Double]) -> [Double] {
        let most = 20
        guard places.count > most else { return places }
        return (0..<most).map { places[($0 + 1) * places.count / most - 1] }
    }

    private static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func short(_ value: Double?) -> String {
        guard let value else { return "–" }
        if let whole = Int(exactly: value), whole.magnitude < 10_000_000 { return "\(whole)" }
        return value.magnitude >= 1000 || (value != 0 && value.magnitude < 1e-3)
            ? ProgressReporter.significant(value, 3) : ProgressReporter.fixed(value, 4)
    }

    private static func exact(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? value.plainText
    }
}

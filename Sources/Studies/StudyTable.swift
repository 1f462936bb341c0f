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
    /// The names of what stands behind a run's name and says what it is, in the order of `RunNumbers.labels`.
    var labels: [String] = []

    /// One line per run, or per run and epoch, step or evaluation, for spreadsheets and plots.
    var csv: String {
        let place = axis == .run ? [] : [axis.placeName]
        let columns = columns
        let header = ["run"] + labels + place + columns
        var lines = [header.map(Self.field).joined(separator: ",")]
        for run in runs {
            let rows = run.rows(axis)
            // A run without numbers is a result too.
            for row in rows.isEmpty ? [[:]] : rows {
                let cells = (place + columns).map { Self.cell($0, run, row, Self.exact) ?? "" }
                let fields = [run.run] + run.labels.prefix(labels.count) + cells
                lines.append(fields.map(Self.field).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Tables for a person as text.
    var tables: [String] { sheets(withLabels: false).map(Self.text) }

    /// Tables for a person, as rows of cells of which the first is the header: the runs with their last numbers, or for
    /// each metric a table with a column for each run.
    func sheets(withLabels: Bool) -> [[[String]]] {
        if axis == .run {
            let count = withLabels ? labels.count : 0
            let columns = columns
            let rows = runs.map { run -> [String] in
                let row = run.rows(.run).first ?? [:]
                let cells = columns.map { name in Self.cell(name, run, row) { Self.short($0) } ?? "–" }
                return [run.run] + run.labels.prefix(count).map { $0.isEmpty ? "–" : $0 } + cells
            }
            let header = ["run"] + labels.prefix(count) + columns
            return [[header] + rows]
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
            return [["\(metric) at \(axis.rawValue)"] + runs.map(\.run)] + rows
        }
    }

    /// The metrics, with one of each class for every class that a run has.
    private var columns: [String] {
        metrics.flatMap { name -> [String] in
            guard let (metric, place) = StudyMetrics.classMetric(name), place == nil else { return [name] }
            let places = runs.flatMap { run in
                run.last.keys.compactMap { key in
                    StudyMetrics.classMetric(key).flatMap { $0.metric == metric ? $0.place : nil }
                }
            }
            return places.max().map { last in (0...last).map { "\(name).\($0)" } } ?? [name]
        }
    }

    /// A field of a CSV line (RFC 4180).
    private static func field(_ text: String) -> String {
        guard text.contains(where: { ",\"".contains($0) || $0.isNewline }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
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

    /// A table as text.
    static func text(_ rows: [[String]]) -> String {
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

import Datasets

/// The numbers of several runs side by side.
package struct StudyReport {
    /// What a row stands for.
    package enum Axis: String, Sendable {
        case run
        case epoch
        case step
    }

    /// The rows of one run, in order.
    private struct Series {
        let run: String
        var rows: [[String: Double]] = []
        /// The verdict of the diagnosis of its weights.
        var verdict: String?
    }

    private let axis: Axis
    private let metrics: [String]
    private var series: [Series] = []

    /// A report with a column for each of `metrics`.
    package init(against axis: Axis, metrics: [String]) {
        self.axis = axis
        self.metrics = metrics
    }

    /// Adds a run that was completed.
    ///
    /// - Parameters:
    ///   - numbers: The run's numbers.
    ///   - examples: The training examples of an epoch.
    ///   - diagnosis: The diagnosis of its weights, if there was one.
    package mutating func add(
        run: String, _ numbers: StudyNumbers, examples: Int, diagnosis: Diagnosis? = nil
    ) {
        let last = numbers.last.merging(diagnosis.map(Self.numbers) ?? [:]) { _, new in new }
        let rows = axis == .run ? [last] : numbers.rows(axis)
        series.append(
            Series(
                run: run, rows: rows.map { Self.withDerived($0, examples) },
                verdict: diagnosis?.verdict.rawValue))
    }

    /// Adds a run that diverged; its numbers are not worth comparing.
    package mutating func addDiverged(run: String) { series.append(Series(run: run)) }

    private static func numbers(of diagnosis: Diagnosis) -> [String: Double] {
        [
            "critical_ratio": diagnosis.criticalRatio, "lambda_max": diagnosis.lambdaMax.value,
            "lambda_min": diagnosis.lambdaMin.value, "minimum_ratio": diagnosis.minimumRatio.value,
            "zero_ratio": diagnosis.zeroRatio.value, "negative_ratio": diagnosis.negativeRatio.value,
            "diagnosed_loss": diagnosis.loss, "diagnosed_gradient_norm": diagnosis.gradientNorm,
        ]
    }

    /// The text in a metric's column; nil if the run does not have the metric.
    private static func cell(
        _ name: String, _ series: Series, _ row: [String: Double]?, _ text: (Double) -> String
    ) -> String? {
        name == verdictName ? series.verdict : row?[name].map(text)
    }

    /// The only column of words.
    private static let verdictName = "verdict"

    private static func withDerived(_ numbers: [String: Double], _ examples: Int) -> [String: Double] {
        var numbers = numbers
        if let speed = numbers["samples_per_second"], speed > 0 {
            numbers["epoch_seconds"] = Double(examples) / speed
        }
        return numbers
    }

    /// One line per run, or per run and epoch or step, for spreadsheets and plots; empty if there are no numbers.
    package var csv: String {
        let place = axis == .run ? [] : [axis.rawValue]
        var lines = [(["run"] + place + metrics).joined(separator: ",")]
        for series in series {
            if series.rows.isEmpty {
                // A run without numbers is a result too.
                lines.append(series.run + String(repeating: ",", count: (place + metrics).count))
            }
            for row in series.rows {
                let numbers = (place + metrics).map { name in
                    Self.cell(name, series, row, Self.exact) ?? ""
                }
                lines.append(([series.run] + numbers).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Tables for a person: the runs with their last numbers, or for each metric a table with a column for each run.
    package var tables: [String] {
        if axis == .run {
            return [
                Self.table(
                    [["run"] + metrics]
                        + series.map { series in
                            [series.run]
                                + metrics.map { name in
                                    Self.cell(name, series, series.rows.first) { Self.short($0) } ?? "–"
                                }
                        })
            ]
        }
        return metrics.map { metric in
            let places = Self.thinned(
                Array(Set(series.flatMap { $0.rows.compactMap { $0[axis.rawValue] } })).sorted())
            let rows = places.map { place in
                [Self.exact(place)]
                    + series.map { series in
                        Self.short(series.rows.first { $0[axis.rawValue] == place }?[metric])
                    }
            }
            return Self.table([["\(metric) at \(axis.rawValue)"] + series.map(\.run)] + rows)
        }
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
        return value.magnitude >= 1000 || (value != 0 && value.magnitude < 1e-3)
            ? ProgressReporter.significant(value, 3) : ProgressReporter.fixed(value, 4)
    }

    private static func exact(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? value.plainText
    }
}

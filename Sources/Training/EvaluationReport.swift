import DataParallel
import Layers

/// An evaluation as text: one JSON line for programs, or tables for a person.
package struct EvaluationReport {
    private let totals: Evaluator.Totals

    /// The report of `totals`.
    package init(_ totals: Evaluator.Totals) { self.totals = totals }

    /// One JSON object on one line: count, loss, the metrics, then lists with one value per class.
    package var json: String {
        var line = JSONLine()
        line.add("count", totals.count)
        line.add(totals, prefix: "")
        line.addDetails(totals, prefix: "")
        return line.line
    }

    /// Lines of names and numbers, then a table of classes and the confusion matrix if there are any.
    package var table: String {
        var parts = [Self.aligned([["examples", ProgressReporter.number(Double(totals.count))]] + numbers)]
        let perClass = totals.metrics.compactMap { metric in
            totals.perClass(metric).map { (metric.name, $0) }
        }
        if let counts = totals.classes, !perClass.isEmpty {
            let header = ["class"] + perClass.map(\.0) + ["examples"]
            let rows = counts.present.indices.map { place in
                [String(place)] + perClass.map { Self.text($0.1[place]) } + [String(counts.present[place])]
            }
            parts.append(Self.aligned([header] + rows))
        }
        if let confusion = totals.classes?.confusion {
            let header = [""] + confusion.indices.map(String.init)
            let rows = confusion.enumerated().map { [String($0)] + $1.map(String.init) }
            parts.append(
                "classes in rows, predictions in columns\n" + Self.aligned([header] + rows))
        }
        return parts.joined(separator: "\n")
    }

    private var numbers: [[String]] { totals.numbers.map { [$0.name, Self.text($0.value)] } }

    private static func text(_ value: Double) -> String { ProgressReporter.fixed(value, 4) }

    /// Rows with the first column to the left and the others to the right.
    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}

import DataParallel

/// An evaluation as text: one JSON line for programs, or tables for a person.
package struct EvaluationReport {
    private let evaluation: RunEvent.Evaluation
    private let data: String
    private let classNames: [String]?

    /// The report of `totals`.
    ///
    /// - Parameters:
    ///   - data: The name of the data: "test", "train", or the name of a file.
    ///   - classNames: The labels of the classes; nil for class indices.
    package init(_ totals: Evaluator.Totals, data: String, classNames: [String]?) {
        self.init(RunEvent.Evaluation(totals), data: data, classNames: classNames)
    }

    /// The report of an evaluation from an event.
    init(_ evaluation: RunEvent.Evaluation, data: String, classNames: [String]?) {
        self.evaluation = evaluation
        self.data = data
        self.classNames = classNames
    }

    /// One JSON object on one line: count, loss, the metrics, then lists with a value for each class, and the classes'
    /// labels.
    package var json: String {
        var line = JSONLine()
        line.add("count", evaluation.count ?? 0)
        for number in evaluation.numbers { line.add(number.name, number.value) }
        for detail in evaluation.details { line.add(detail.field(prefix: "")) }
        if let classNames, !details.isEmpty { line.add("class_names", classNames) }
        line.add("data", data)
        return line.line
    }

    /// Lines of names and numbers, then a table of classes and the confusion matrix if they were asked for.
    package var table: String {
        let head = [["examples", ProgressReporter.number(Double(evaluation.count ?? 0))], ["data", data]]
        let numbers = evaluation.numbers.map { [$0.name, Self.text($0.value)] }
        return ([Self.aligned(head + numbers)] + details).joined(separator: "\n")
    }

    private var details: [String] { details(title: "") }

    /// A table of metrics by class and the confusion matrix, if they were asked for; each line begins with `title`.
    func details(title: String) -> [String] {
        var parts: [String] = []
        let perClass = evaluation.details.compactMap { detail in
            if case .perClass(let name, let values) = detail { (name, values) } else { nil }
        }
        if let present = evaluation.totals?.classes?.present, !perClass.isEmpty {
            let header = ["class"] + perClass.map(\.0) + ["examples"]
            let rows = present.indices.map { place in
                [name(place)] + perClass.map { Self.text($0.1[place]) } + [String(present[place])]
            }
            parts.append((title.isEmpty ? "" : "\(title) by class\n") + Self.aligned([header] + rows))
        }
        for case .confusion(let confusion) in evaluation.details {
            let header = [""] + confusion.indices.map(name)
            let rows = confusion.enumerated().map { [name($0)] + $1.map(String.init) }
            parts.append(
                "\(title)\(title.isEmpty ? "" : ": ")classes in rows, predictions in columns\n"
                    + Self.aligned([header] + rows))
        }
        return parts
    }

    /// A class's label, on one line and shortened to a readable length.
    private func name(_ place: Int) -> String {
        guard let classNames, classNames.indices.contains(place) else { return String(place) }
        let name = String(
            classNames[place].map { character in
                let isControl = character.unicodeScalars.contains {
                    $0.properties.generalCategory == .control
                }
                return isControl || character.isNewline ? "?" : character
            })
        return name.count > Self.longestName ? "\(name.prefix(Self.longestName - 1))…" : name
    }

    private static let longestName = 24

    private static func text(_ value: Double) -> String { ProgressReporter.fixed(value, 4) }

    /// Rows with the first column aligned left and the others right.
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

import Datasets
import Messages

/// Tables.
extension StarterConfiguration {
    /// A configuration for a table.
    ///
    /// - Parameters:
    ///   - label: The name or number of the column to predict; nil for the last one.
    ///   - name: The name of the folder of results below runs/.
    package init(table: File, test: File?, label: String?, name: String) throws {
        let survey = try TableSurvey(file: table.path)
        let plan = try TablePlan(survey, file: table.path, label: label)
        let target = survey.columns[plan.label]
        let sizes = StarterSizes(
            examples: Self.trained(of: survey.rowCount, hasTest: test != nil), features: plan.width,
            outputs: plan.outputs)
        let isClassification = plan.task == .classification
        var layers = [
            "linear: \(sizes.width)  # of \(counted(plan.width, "feature"))", "relu",
        ]
        // With numbers to predict, the rate below is meant for two layers.
        if sizes.isDeep, isClassification { layers += ["linear: \(sizes.width / 2)", "relu"] }
        layers.append(
            "linear: \(plan.outputs)  # "
                + (isClassification ? "an output for each class" : "the number to predict"))
        let rate = isClassification ? sizes.rate : sizes.rate(targets: target.magnitude)
        var lines = [
            Self.title(
                "\(table.name), \(counted(survey.rowCount, "row")) of \(counted(survey.columns.count, "column"))"
            ),
            "data:",
        ]
        lines += Self.set("train", table, plan, hasRemarks: true)
        lines += test.map { Self.set("test", $0, plan, hasRemarks: false) } ?? [Self.validation]
        lines.append(
            "  normalize: standardize  # numbers get mean 0 and deviation 1 by the training set; words are 0 and 1"
        )
        lines += Self.training(
            sizes, layers: layers, loss: isClassification ? "cross_entropy" : "mse", rate: rate,
            rateRemark: isClassification
                ? "0.001 is slower and safer"
                : "goes with the size of the label, some \(Self.text(target.magnitude))", name: name)
        yaml = Self.text(of: lines)
        findings = Self.findings(plan, table, isLast: label == nil)
    }

    /// What was found in a table.
    private static func findings(
        _ plan: TablePlan, _ table: File, isLast: Bool
    ) -> [(title: String, text: String)] {
        let survey = plan.survey
        let words = plan.features.filter { survey.columns[$0].kind == .words }
        let named = words.prefix(5).map { "\(plan.name(of: $0)) \(survey.columns[$0].distinctCount)" }
        var features =
            "\(counted(plan.features.count, "column")), \(plan.features.count - words.count) of numbers"
        if !words.isEmpty {
            features += " and \(words.count) of words"
            features += " (\(named.joined(separator: ", "))\(words.count > 5 ? ", ..." : ""))"
        }
        let size = "\(counted(survey.rowCount, "row")), \(counted(survey.columns.count, "column"))"
        let place = isLast ? ", the last column" : ""
        var findings = [
            (title: "table", text: "\(table.path), \(size)"),
            (
                title: "label",
                text: "\(plan.name(of: plan.label))\(place), \(plan.reason): \(plan.task.rawValue)"
            ),
            (title: "features", text: features),
        ]
        for remark in plan.ignored.prefix(10) {
            findings.append((title: "left out", text: "\(plan.name(of: remark.column)), \(remark.reason)"))
        }
        if plan.ignored.count > 10 {
            findings.append(
                (title: "left out", text: "\(plan.ignored.count - 10) more, which the configuration names"))
        }
        return findings.map { (title: $0.title, text: plain($0.text)) }
    }

    /// The lines of a data set.
    private static func set(_ key: String, _ file: File, _ plan: TablePlan, hasRemarks: Bool) -> [String] {
        let survey = plan.survey
        var lines = ["\(key):", "  format: csv", "  files: \(file.written)"]
        if survey.delimiter != UInt8(ascii: ",") {
            let isTab = survey.delimiter == UInt8(ascii: "\t")
            lines.append("  delimiter: \"\(isTab ? "\\t" : String(UnicodeScalar(survey.delimiter)))\"")
        }
        if !survey.hasHeader {
            lines.append("  header: false  # columns are called by their numbers, from 0")
        }
        if hasRemarks {
            let shown = plan.features.prefix(mostRemarks).map { column in
                "  # feature \(plan.name(of: column)): \(describe(survey.columns[column]))"
            }
            lines += shown
            if plan.features.count > mostRemarks {
                lines.append("  # and \(counted(plan.features.count - mostRemarks, "feature")) more")
            }
        }
        lines.append(
            "  label: \(plan.reference(to: plan.label))"
                + (hasRemarks ? "  # \(describe(survey.columns[plan.label]))" : ""))
        let other =
            plan.task == .classification
            ? (survey.columns[plan.label].kind == .numbers
                ? ", so classes; for numbers say regression, loss: mse and a last layer of 1"
                : ", so classes")
            : ", too many for classes"
        lines.append("  task: \(plan.task.rawValue)" + (hasRemarks ? "  # \(plan.reason)\(other)" : ""))
        guard !plan.ignored.isEmpty else { return lines.map { "  \($0)" } }
        if hasRemarks {
            lines += plan.ignored.prefix(mostRemarks).map {
                "  # left out \(plan.name(of: $0.column)): \($0.reason)"
            }
        }
        let columns = plan.ignored.map { plan.reference(to: $0.column) }
        lines.append("  ignore: [\(columns.joined(separator: ", "))]")
        return lines.map { "  \($0)" }
    }

    /// The most columns of which a line says what they hold.
    private static let mostRemarks = 40

    /// What a column holds.
    private static func describe(_ column: ColumnSurvey) -> String {
        if column.kind == .numbers { return "numbers from \(text(column.least)) to \(text(column.largest))" }
        let values = column.values.sorted { ($1.count, $0.text) < ($0.count, $1.text) }
        let shown = values.prefix(5).map { "\(ConfigurationError.quoted($0.text)) \($0.count)" }
        return
            "\(counted(column.distinctCount, "word")), \(shown.joined(separator: ", "))\(values.count > 5 ? ", ..." : "")"
            + (column.emptyCount > 0 ? "; \(column.emptyCount) empty" : "")
    }
}

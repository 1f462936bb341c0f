import Datasets
import Messages
import Training

/// Which columns of a table are features and which is the label, with the reasons.
struct TablePlan {
    /// A column and what is said about it.
    typealias Remark = (column: Int, reason: String)

    let survey: TableSurvey
    /// The column to predict.
    let label: Int
    /// What it is predicted as.
    let task: LabelTask
    /// Why it is taken as that.
    let reason: String
    /// The columns that are left out.
    let ignored: [Remark]
    /// The columns of features.
    let features: [Int]

    /// A plan for a table; throws if there is nothing to predict, or nothing to predict it from.
    ///
    /// - Parameters:
    ///   - file: The table's name in messages.
    ///   - name: The name or number of the column to predict; nil for the last one.
    init(_ survey: TableSurvey, file: String, label name: String?) throws(TrainingError) {
        self.survey = survey
        guard survey.columns.count > 1 else {
            throw TrainingError(
                .badFile,
                "\(file) has a single column: a table needs one to predict and others to predict it from, cut by commas, semicolons, tabs or bars"
            )
        }
        let label = try Self.place(of: name, survey, file)
        self.label = label
        (task, reason) = try Self.task(survey.columns[label], Self.name(of: label, survey), survey, file)
        var remarks = survey.columns.indices.filter { $0 != label }.compactMap { column -> Remark? in
            Self.objection(to: survey.columns[column], rows: survey.rowCount).map { (column, $0) }
        }
        // Ascending numbers may be all that there is, such as time.
        if remarks.count == survey.columns.count - 1 {
            remarks.removeAll { Self.ascends(survey.columns[$0.column], rows: survey.rowCount) }
        }
        ignored = remarks
        let out = Set(remarks.map(\.column))
        features = survey.columns.indices.filter { $0 != label && !out.contains($0) }
        guard !features.isEmpty else {
            let reasons = remarks.prefix(5).map { "\(Self.name(of: $0.column, survey)) (\($0.reason))" }
            throw TrainingError(
                .badFile,
                "\(file) has no column to predict \(Self.name(of: label, survey)) from: \(reasons.joined(separator: ", ")): give a table with columns of numbers or of words that occur again"
            )
        }
    }

    /// A column in the words of messages and comments.
    func name(of column: Int) -> String { Self.name(of: column, survey) }

    /// A column as a configuration names it: by its number, where the name does not tell it from the others.
    func reference(to column: Int) -> String {
        guard let name = survey.columns[column].name, !name.isEmpty,
            survey.columns.filter({ $0.name == name }).count == 1
        else { return "\(column)" }
        return YAMLWriter.string(name)
    }

    /// How many features an example has, with one for each word.
    var width: Int {
        features.reduce(0) { $0 + (survey.columns[$1].kind == .words ? survey.columns[$1].distinctCount : 1) }
    }

    /// The model's outputs: one for each class, or one number.
    var outputs: Int { task == .classification ? survey.columns[label].distinctCount : 1 }

    private static func name(of column: Int, _ survey: TableSurvey) -> String {
        survey.columns[column].name.map { StarterConfiguration.plain(ConfigurationError.quoted($0)) }
            ?? "column \(column)"
    }

    private static func place(
        of name: String?, _ survey: TableSurvey, _ file: String
    ) throws(TrainingError) -> Int {
        guard let name else { return survey.columns.count - 1 }
        let names = survey.columns.compactMap(\.name)
        if let place = names.firstIndex(of: name) { return place }
        if let place = Int(name), survey.columns.indices.contains(place) { return place }
        let advice =
            nearestName(to: name, among: names).map { "did you mean \(ConfigurationError.quoted($0))?" }
            ?? (names.isEmpty
                ? "it has no names: give a number from 0 to \(survey.columns.count - 1)"
                : "its columns are \(names.prefix(20).map { ConfigurationError.quoted($0) }.joined(separator: ", "))\(names.count > 20 ? ", ..." : "")")
        throw TrainingError(
            .badFile, "\(file) has no column \(ConfigurationError.quoted(name)) (--label): \(advice)")
    }

    /// What a label is predicted as, and why.
    private static func task(
        _ label: ColumnSurvey, _ name: String, _ survey: TableSurvey, _ file: String
    ) throws(TrainingError) -> (LabelTask, String) {
        func problem(_ what: String) -> TrainingError {
            TrainingError(
                .badFile,
                "\(name) of \(file) cannot be predicted, because \(what): name the column to predict with --label"
            )
        }
        if let line = label.firstEmptyLine, label.kind != .empty {
            throw problem(
                "\(counted(label.emptyCount, "field")) of it \(label.emptyCount == 1 ? "is" : "are") empty, the first in line \(line); fill them in or remove these rows"
            )
        }
        guard label.distinctCount > 1 else {
            throw problem(label.kind == .empty ? "it is empty" : "it is the same in every row")
        }
        let count = label.distinctCount
        guard label.kind == .numbers else {
            if label.hasFraction, let text = label.firstText {
                throw problem(
                    "it has numbers and other text, \(ConfigurationError.quoted(text.text)) in line \(text.line)"
                )
            }
            guard !label.hasTooManyWords, !label.areAllDifferent || survey.rowCount < 3 else {
                throw problem("hardly a word in it occurs twice")
            }
            return (.classification, "\(count) different words")
        }
        if !label.hasFraction, count <= mostClasses, count <= max(2, survey.rowCount / 5) {
            return (.classification, "whole numbers, only \(count) different ones")
        }
        let many = label.hasTooManyWords ? "more than \(count - 1)" : "\(count)"
        return (.regression, "\(many) different numbers")
    }

    /// Why a column is of no use as a feature; nil if it is of use.
    private static func objection(to column: ColumnSurvey, rows: Int) -> String? {
        switch column.kind {
        case .empty: return "empty"
        case .mixed:
            guard let text = column.firstText else { return "neither numbers nor words" }
            if text.text.wholeMatch(of: /-?[0-9]+,[0-9]+/) != nil {
                return
                    "numbers with a comma, as \(ConfigurationError.quoted(text.text)) in line \(text.line): write them with a point to keep it"
            }
            return
                "neither numbers alone nor words, with \(ConfigurationError.quoted(text.text)) in line \(text.line)"
        case .numbers:
            if let line = column.firstEmptyLine {
                return
                    "\(column.emptyCount) of \(rows) fields are empty, the first in line \(line): fill them in, with the column's mean, say, to keep it"
            }
            if column.distinctCount == 1 { return "the same in every row" }
            return ascends(column, rows: rows)
                ? "whole numbers that ascend from row to row, as row numbers and dates do" : nil
        case .words:
            if column.distinctCount == 1, column.emptyCount == 0 { return "the same in every row" }
            if column.hasTooManyWords { return "more than \(column.distinctCount - 1) different words" }
            if rows > 2, column.areAllDifferent { return "a different word in every row, as names have" }
            let filled = rows - column.emptyCount
            return column.distinctCount > mostClasses && 2 * column.distinctCount > filled
                ? "words that hardly ever occur again, \(column.distinctCount) in \(filled) fields" : nil
        }
    }

    private static func ascends(_ column: ColumnSurvey, rows: Int) -> Bool {
        column.kind == .numbers && column.emptyCount == 0 && column.areWhole && column.areAscending
            && rows > 2
    }

    /// The most whole numbers that are taken as classes, and the most words that may hardly ever occur again.
    private static let mostClasses = 20
}

import Foundation

/// `steps.csv`, `epochs.csv` or `evaluations.csv`: a row for each logged step, each epoch, or each evaluation within
/// one; the columns have the names of fields in metrics.jsonl, and a cell without a number is empty.
final class TableLog: RunSink {
    /// The event that makes a row, by its name in metrics.jsonl.
    enum Kind: String, CaseIterable {
        case step
        case epoch
        case evaluation

        /// The name of the table's file.
        var fileName: String { "\(rawValue)s.csv" }
    }

    let name: String
    private let kind: Kind
    private let hasEffectiveRates: Bool
    private let hasCovariateShift: Bool
    private let file: AppendedFile
    /// The columns of the header; empty until it is written.
    private var columns: [String] = []

    /// A table in a run's folder that is not opened yet; see `AppendedFile`.
    ///
    /// - Parameters:
    ///   - hasEffectiveRates: Whether steps may have effective rates, which then have columns.
    ///   - hasCovariateShift: Whether steps may have a covariate shift, whose mean then has a column.
    init(
        _ kind: Kind, folder: String, hasEffectiveRates: Bool = false, hasCovariateShift: Bool = false,
        mayWrite: @escaping () -> Bool = { true },
        _ warn: @escaping (String) -> Void
    ) {
        self.kind = kind
        self.hasEffectiveRates = hasEffectiveRates
        self.hasCovariateShift = hasCovariateShift
        name = kind.fileName
        file = AppendedFile(
            path: "\(folder)/\(kind.fileName)", AppendedFile.Words(subject: "rows", piece: "row"),
            mayWrite: mayWrite, warn)
    }

    var position: Int { file.position }

    func start(at length: Int) throws {
        columns = []
        try file.start(at: length) { bytes in
            let newline = UInt8(ascii: "\n")
            guard let end = bytes.lastIndex(of: newline) else { return 0 }
            let header = String(decoding: bytes.prefix { $0 != newline }, as: UTF8.self)
            self.columns = header.split(separator: ",").map(String.init)
            return end + 1
        }
    }

    func take(_ event: RunEvent) {
        guard event.kind == kind.rawValue else { return }
        var text = ""
        if columns.isEmpty {
            columns = columns(for: event)
            text += columns.joined(separator: ",") + "\n"
        }
        let cells = event.fields.reduce(into: [String: String]()) { cells, field in
            cells[field.name] = Self.cell(field.value)
        }
        text += columns.map { cells[$0] ?? "" }.joined(separator: ",") + "\n"
        file.append(Array(text.utf8))
    }

    /// The columns for a run with this first event; they include the numbers that only later events may have.
    private func columns(for event: RunEvent) -> [String] {
        var full = event
        switch event {
        case .step(var step):
            step.gradientNorm = 0
            step.clipRatio = 0
            step.noiseScale = 0
            step.squaredGradientNorm = 0
            step.curvature = RunEvent.Curvature(
                lambdaMax: 0, gradientCurvature: 0, gradientOverRate: 0, normTest: 0, innerProductTest: 0,
                gradientSNR: 0)
            // The steps of Newton's method, which a skipped one does not show, are those without a rate.
            if step.learningRate == nil {
                step.newton = RunEvent.Newton(radius: 0, products: 0, negativeCurvature: 0)
            }
            if hasEffectiveRates {
                step.effectiveRates = RunEvent.EffectiveRates(minimum: 0, mean: 0, maximum: 0)
            }
            if hasCovariateShift { step.covariateShift = [NamedNumber(name: "", value: 0)] }
            step.skippedSteps = 1
            full = .step(step)
        case .epoch(var epoch):
            epoch.batch = 0
            epoch.skippedSteps = 1
            full = .epoch(epoch)
        case .evaluation(var evaluation):
            evaluation.batch = 0
            evaluation.skippedSteps = 1
            full = .evaluation(evaluation)
        default: break
        }
        return full.fields.filter { Self.cell($0.value) != nil }.map(\.name)
    }

    /// The shortest decimal that reads back as the same number; nil if the value is not a number.
    private static func cell(_ value: RunEvent.Value) -> String? {
        switch value {
        case .count(let count): "\(count)"
        case .number(let number): "\(number)"
        case .text, .numbers, .counts, .named: nil
        }
    }

    var synchronization: (@Sendable () throws -> Void)? { file.synchronization }

    func finish() throws { try file.finish() }
}

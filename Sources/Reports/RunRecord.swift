import Configuration
import Datasets
import Foundation
import Messages
import Training

/// Everything that a report says about a run, read from its folder.
struct RunRecord {
    /// The run's folder as given, and the run's name in the report.
    let folder: String
    let name: String
    let summary: RunSummary
    let events: [RunEvent]
    /// config.yaml; nil for a Swift program's run.
    let configuration: String?
    /// program.json, which a Swift program's run has instead.
    let description: String?
    let settings: RunSettings?
    let diagnosis: DiagnosisRecord?
    /// How long each rank spent on what.
    let timing: RunTiming?
    let predictions: RunPredictions?
    /// The labels of the classes; nil for class indices.
    let classNames: [String]?
    /// The test set; nil where the configuration does not name it.
    let testData: DatasetSource?
    /// What the report leaves out, and why.
    private(set) var notes: [String] = []

    /// Reads the run in a folder; throws where there is none.
    init(folder: String, name: String) throws {
        try RunFinder.requireRun(folder)
        self.folder = folder
        self.name = name
        summary = try RunSummary(folder: folder)
        events = try MetricsFile.events(ofRunIn: folder)
        func text(_ file: String) -> String? {
            (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        configuration = text(RunFolder.configurationName)
        description = text(RunFolder.descriptionName)
        var notes: [String] = []
        do { settings = try RunSettings.ofRun(in: folder) } catch {
            settings = nil
            notes.append("The configuration cannot be read: \(error)")
        }
        testData =
            configuration == nil
            ? nil
            : (try? RunConfiguration(file: "\(folder)/\(RunFolder.configurationName)"))?.settings.data.test
        timing = text(RunFolder.timingName).flatMap { try? RunTiming(json: Data($0.utf8)) }
        classNames =
            text(RunFolder.scalingName).flatMap {
                try? JSONDecoder().decode(InputDescription.self, from: Data($0.utf8))
            }?.classNames
        do { predictions = try RunPredictions(folder: folder) } catch {
            predictions = nil
            notes.append("The predictions cannot be read: \(error)")
        }
        if let found = text(RunFolder.diagnosisName) {
            diagnosis = try? JSONDecoder().decode(DiagnosisRecord.self, from: Data(found.utf8))
            if diagnosis == nil { notes.append("\(RunFolder.diagnosisName) cannot be read.") }
        } else {
            diagnosis = nil
        }
        if events.isEmpty { notes.append("There are no metrics yet.") }
        self.notes = notes
    }

    /// The logged steps, in order.
    var steps: [RunEvent.Step] { events.compactMap { if case .step(let step) = $0 { step } else { nil } } }

    /// The epochs, in order.
    var epochs: [RunEvent.Epoch] {
        events.compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }
    }

    /// The epochs and the evaluations within them, in order.
    var evaluations: [RunEvent.Epoch] {
        events.compactMap { event in
            switch event {
            case .epoch(let epoch), .evaluation(let epoch): epoch
            default: nil
            }
        }
    }

    /// Why the run diverged; nil if it did not, or is gone on with.
    var divergence: RunEvent.Diverged? {
        if case .diverged(let diverged)? = events.last { diverged } else { nil }
    }

    /// The end of the run; nil if it has not ended.
    var end: RunEvent.End? { events.lazy.compactMap { if case .end(let end) = $0 { end } else { nil } }.last }

    /// The mean training loss, up to there, of the epoch whose weights the run has, or of the last one so far.
    var trainingLoss: Double? {
        guard let restored = end?.restoredEpoch else { return summary.trainingLoss }
        if let step = end?.restoredStep { return evaluations.last { $0.step == step }?.trainingLoss }
        return epochs.last { $0.epoch == restored }?.trainingLoss
    }

    /// Names that tell runs apart: the last parts of their paths, as few as possible.
    static func names(of folders: [String]) -> [String] {
        let parts = folders.map { folder in
            folder.split(separator: "/").filter { $0 != "." }.map(String.init)
        }
        let longest = parts.map(\.count).max() ?? 0
        for count in stride(from: 1, through: max(1, longest), by: 1) {
            let names = parts.map { $0.suffix(count).joined(separator: "/") }
            if Set(names).count == names.count, !names.contains("") { return names }
        }
        return folders.enumerated().map { "\($1) (\($0 + 1))" }
    }
}

/// The part of diagnosis.json that a report uses.
struct DiagnosisRecord: Decodable {
    let verdict: String
    let because: String
    let loss: Double?
    let gradientNorm: Double?
    let lambdaMax: Double?
    let lambdaMin: Double?
    let epsilon: Double?
    let minimumRatio: Double?
    let zeroRatio: Double?
    let negativeRatio: Double?
    /// What the shares lie between.
    let minimumRatioRange: [Double]?
    let zeroRatioRange: [Double]?
    let negativeRatioRange: [Double]?
    let trace: Double?
    let condition: Double?
    let stableRate: Double?
    let learningRate: Double?
    let data: String?
    let examples: Int?
    let parameters: Int?
    let spectrum: String?
    /// Pairs of a value and the share of eigenvalues that it stands for.
    let density: [[Double]]?
    /// What known symmetries explain.
    let symmetries: Symmetries?
    /// What is to blame, where `diagnose --why` has looked.
    let findings: [Found]?

    /// Zero eigenvalues that known symmetries explain.
    struct Symmetries: Decodable {
        let explained: Int
        let claimed: Int
    }

    /// A part that is to blame.
    struct Found: Decodable {
        let finding: String
        let evidence: String
        let key: String
    }

    /// Whether all eigenvalues were computed.
    var isDense: Bool { spectrum == "dense" }

    private enum CodingKeys: String, CodingKey {
        case verdict, loss, epsilon, trace, condition, data, examples, parameters, spectrum, density, findings
        case symmetries
        case because = "verdict_because"
        case gradientNorm = "gradient_norm"
        case lambdaMax = "lambda_max"
        case lambdaMin = "lambda_min"
        case minimumRatio = "minimum_ratio"
        case zeroRatio = "zero_ratio"
        case negativeRatio = "negative_ratio"
        case minimumRatioRange = "minimum_ratio_range"
        case zeroRatioRange = "zero_ratio_range"
        case negativeRatioRange = "negative_ratio_range"
        case stableRate = "stable_rate"
        case learningRate = "learning_rate"
    }
}

import Cluster
import Foundation
import Options
import TensorBoard

/// `events.out.tfevents.*`: a run for TensorBoard. The single numbers of steps and epochs in metrics.jsonl are scalars
/// in Float32 at their steps; weights and gradients have histograms at the ends of epochs; the configuration is a text,
/// and its settings that affect results are hyperparameters, with the run's final numbers.
///
/// | tags | are |
/// | --- | --- |
/// | `train/loss`, `train/lr`, ... | a logged step's numbers |
/// | `curvature/lambda_max`, ... | of those what is measured of curvature |
/// | `newton/radius`, `newton/products`, ... | of those what a step of Newton's method did |
/// | `gradient_norms/NAME` | the norm of a parameter's gradient |
/// | `covariate_shift/NAME` | how far the step has moved what the layer of a weight reads |
/// | `train/epoch_loss`, `validation/loss`, `test/accuracy`, ... | an epoch's evaluation; those within it too, without its training loss so far |
/// | `epoch/lr`, `epoch/batch`, ... | an epoch's other numbers |
/// | `plateau/loss`, ... | what was found at a plateau |
/// | `final/train_loss`, `final/test_accuracy`, ... | the end's numbers |
/// | `weights/NAME`, `gradients/NAME` | histograms |
final class TensorBoardLog: RunSink {
    /// The sink's name in checkpoints.
    static let name: String = "tensorboard"
    let name: String = TensorBoardLog.name
    let wantsHistograms = true
    private let folder: String
    private let configuration: String
    private let hyperparameters: [(name: String, value: Hyperparameters.Value)]
    private let mayWrite: () -> Bool
    private let warn: (String) -> Void
    private var file: AppendedFile?
    /// The training loss of the last epoch, which the event of the end lacks.
    private var trainingLoss: Double?

    private static let (prefix, suffix) = ("events.out.tfevents.", ".dtrain")

    /// A log in a run's folder that is not opened yet; see `AppendedFile`.
    init(
        _ settings: TrainingSettings, folder: String, mayWrite: @escaping () -> Bool = { true },
        _ warn: @escaping (String) -> Void
    ) {
        self.folder = folder
        self.mayWrite = mayWrite
        self.warn = warn
        let entries = RunIdentity.entries(of: settings, .standard) { $0.effect == .results }
        hyperparameters = entries.flatMap { Self.leaves($0.key, $0.value) }
        configuration =
            settings.configurationText ?? entries.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
    }

    /// The names of the event files in a folder, the oldest first.
    static func fileNames(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasPrefix(prefix) && $0.hasSuffix(suffix)
        }.sorted()
    }

    var position: Int { file?.position ?? 0 }

    /// Continues the existing file, or begins one.
    func start(at length: Int) throws {
        let now = Date().timeIntervalSince1970
        let name =
            Self.fileNames(in: folder).last
            ?? "\(Self.prefix)\(Int(now)).\(DisagreementError.host).\(getpid())\(Self.suffix)"
        let file = AppendedFile(
            path: "\(folder)/\(name)", AppendedFile.Words(subject: "TensorBoard's events", piece: "event"),
            mayWrite: mayWrite, warn)
        try file.start(at: length, whole: EventRecord.wholeLength)
        self.file = file
        guard file.position == 0 else { return }
        // As a block of code, because a configuration is not Markdown.
        let text = configuration.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        let values = [
            SummaryValue("configuration", .text(text.joined(separator: "\n"))),
            SummaryValue(.sessionStart(hyperparameters, time: now)),
        ]
        file.append(
            SummaryEvent(wallTime: now, step: 0, .fileVersion).record
                + SummaryEvent(wallTime: now, step: 0, .values(values)).record)
    }

    func take(_ event: RunEvent) {
        switch event {
        case .step(let step): append(step.step, Self.scalars(event, Self.tag(ofStep:)))
        case .epoch(let epoch):
            trainingLoss = epoch.trainingLoss
            append(epoch.step, Self.scalars(event, Self.tag(ofEpoch:)))
        case .evaluation(let evaluation):
            append(evaluation.step, Self.scalars(event, where: Self.isOfEvaluation, Self.tag(ofEpoch:)))
        case .plateau(let plateau): append(plateau.step, Self.scalars(event) { "plateau/\($0)" })
        case .histograms(let histograms):
            append(
                histograms.step,
                histograms.weights.map { SummaryValue("weights/\($0.name)", .histogram($0.summary)) }
                    + histograms.gradients.map {
                        SummaryValue("gradients/\($0.name)", .histogram($0.summary))
                    })
        case .end(let end):
            var values = Self.scalars(event, Self.tag(ofEnd:))
            if let trainingLoss, trainingLoss.isFinite {
                values.append(SummaryValue(Self.tag(ofEnd: "train_loss"), .scalar(Float(trainingLoss))))
            }
            values.append(SummaryValue(.sessionEnd(time: Date().timeIntervalSince1970)))
            append(end.steps, values)
        case .start, .batch, .progress, .gradients, .diverged, .results, .note, .message: break
        }
    }

    private func append(_ step: Int, _ values: [SummaryValue]) {
        file?.append(
            SummaryEvent(wallTime: Date().timeIntervalSince1970, step: step, .values(values)).record)
    }

    var synchronization: (@Sendable () throws -> Void)? { file?.synchronization }

    func finish() throws { try file?.finish() }

    // MARK: Values

    /// The single finite numbers of an event, without its step and the norms of parameters' gradients.
    private static func scalars(
        _ event: RunEvent, where takes: (String) -> Bool = { _ in true }, _ tag: (String) -> String
    ) -> [SummaryValue] {
        let numbers = event.numbers.filter { !["step", "steps"].contains($0.name) && takes($0.name) }
        var values = numbers.map { SummaryValue(tag($0.name), .scalar(Float($0.value))) }
        for field in event.fields {
            guard case .named(let numbers) = field.value else { continue }
            values += numbers.filter(\.value.isFinite).map {
                SummaryValue("\(field.name)/\($0.name)", .scalar(Float($0.value)))
            }
        }
        return values
    }

    private static func tag(ofStep name: String) -> String {
        let isCurvature = [
            "lambda_max", "gradient_curvature", "gradient_over_rate", "norm_test", "inner_product_test",
            "gradient_snr",
        ].contains(name)
        if ["radius", "products", "negative_curvature"].contains(name) { return "newton/\(name)" }
        return isCurvature ? "curvature/\(name)" : "train/\(name)"
    }

    private static func tag(ofEpoch name: String) -> String {
        for (prefix, start) in evaluations where name.hasPrefix(prefix) {
            return start + name.dropFirst(prefix.count)
        }
        return "epoch/\(name)"
    }

    /// Whether a number of an evaluation within an epoch was measured there: its training loss is that of steps.
    private static func isOfEvaluation(_ name: String) -> Bool {
        name != "train_loss" && evaluations.contains { name.hasPrefix($0.0) }
    }

    private static func tag(ofEnd name: String) -> String { "final/\(name)" }

    /// The prefixes of evaluations' numbers, and their tags.
    private static let evaluations = [
        ("train_", "train/epoch_"), ("validation_", "validation/"), ("test_", "test/"),
    ]

    /// The numbers, words and flags of a setting, option by option; a list is one word.
    static func leaves(_ key: String, _ value: OptionValue) -> [(name: String, value: Hyperparameters.Value)]
    {
        func leaves(_ options: [NamedOption]) -> [(name: String, value: Hyperparameters.Value)] {
            options.flatMap { Self.leaves("\(key).\($0.name)", $0.value) }
        }
        return switch value {
        case .none: []
        case .number(let number): [(key, .number(number))]
        case .whole(let number): [(key, .number(Double(number)))]
        case .flag(let flag): [(key, .flag(flag))]
        case .text(let text): [(key, .text(text))]
        case .numbers, .list: [(key, .text(value.description))]
        case .options(let options): leaves(options)
        case .choice(let name, let options): [(key, .text(name))] + leaves(options)
        }
    }
}

extension RunEvent.Histogram {
    /// The histogram as TensorBoard shows it.
    fileprivate var summary: SummaryHistogram {
        SummaryHistogram(
            edges: Self.edges, counts: counts, minimum: minimum, maximum: maximum, sum: sum,
            sumOfSquares: sumOfSquares)
    }
}

import Configuration
import Training

/// What a run of a study came to: the numbers and words by the names of `StudyMetrics`.
struct RunNumbers {
    /// The run's name.
    let run: String
    /// What the run is, one text for each of the table's labels.
    var labels: [String] = []
    /// The numbers at each epoch, logged step and evaluation, in order.
    private var rows: [StudyConfiguration.Axis: [[String: Double]]] = [:]
    /// The last numbers, and what is known of the whole run; only words of a run that diverged.
    private(set) var last: [String: Double] = [:]
    /// What is said in words.
    private(set) var words: [String: String]

    /// A run with these events.
    ///
    /// - Parameters:
    ///   - result: Its outcome; nil for a run that diverged, whose last numbers are not worth comparing.
    ///   - diagnosis: The diagnosis of its weights, if there was one.
    ///   - reach: The value that the first step and epoch are looked for.
    init(
        _ run: StudyConfiguration.Run, _ numbers: StudyNumbers, result: TrainingResult?,
        diagnosis: Diagnosis?, reach: StudyConfiguration.Reach?
    ) {
        self.run = run.name
        labels = run.values
        let settings = run.configuration.settings
        let examples = (result?.trainingExamples).map(Double.init)
        let batch = settings.isFullBatch ? examples : Double(result?.batch ?? settings.batch)
        func completed(_ numbers: [String: Double]) -> [String: Double] {
            Self.completed(numbers, examples, batch)
        }
        for axis in StudyConfiguration.Axis.allCases where axis != .run {
            rows[axis] = numbers.rows(axis).map(completed)
        }
        words = [
            StudyMetrics.outcome: result.map { $0.isFinished ? "finished" : "stopped" } ?? "diverged"
        ]
        words[StudyMetrics.verdict] = diagnosis?.verdict.rawValue
        guard let result else { return }
        last = completed(numbers.last)
        last.merge(diagnosis.map(Self.numbers) ?? [:]) { _, new in new }
        last[StudyMetrics.examples] = examples
        last[StudyMetrics.parameters] = Double(result.parameters)
        last[StudyMetrics.seed] = Double(settings.seed)
        last["batch"] = last["batch"] ?? batch
        if let reach, let row = firstRow(reach) {
            last[StudyMetrics.reachStep] = row["step"]
            last[StudyMetrics.reachEpoch] = row["epoch"]
        }
    }

    /// The numbers of each row against `axis`: of the run itself one row.
    func rows(_ axis: StudyConfiguration.Axis) -> [[String: Double]] {
        axis == .run ? (last.isEmpty ? [] : [last]) : rows[axis] ?? []
    }

    /// The epochs whose numbers are known.
    var epochs: Int { Int(rows[.epoch]?.last?["epoch"] ?? 0) }

    /// A metric at the end of an epoch; the last one of a run that has not got there, and where that epoch `isLast`, whose
    /// weights early stopping may have replaced. Nil for a run that diverged, and for a number that is not finite.
    func value(of metric: String, atEpoch epoch: Int, isLast: Bool) -> Double? {
        guard !last.isEmpty else { return nil }
        let row = isLast ? nil : rows[.epoch]?.last(where: { $0["epoch"] == Double(epoch) })
        return (row ?? last)[metric]
    }

    /// The first numbers at which a value is reached; nil where it never is.
    private func firstRow(_ reach: StudyConfiguration.Reach) -> [String: Double]? {
        rows.values.joined().filter { $0[reach.metric].map(reach.isReached) ?? false }
            .min { ($0["step"] ?? 0) < ($1["step"] ?? 0) }
    }

    /// The numbers with those that follow from them.
    private static func completed(
        _ numbers: [String: Double], _ examples: Double?, _ batch: Double?
    ) -> [String: Double] {
        var numbers = numbers
        if let speed = numbers["samples_per_second"], speed > 0 {
            numbers["epoch_seconds"] = examples.map { $0 / speed }
            numbers["step_seconds"] = (numbers["batch"] ?? batch).map { $0 / speed }
        }
        if let test = numbers["test_loss"], let training = numbers[StudyMetrics.trainingLoss] {
            numbers[StudyMetrics.gap] = test - training
        }
        return numbers
    }

    private static func numbers(of diagnosis: Diagnosis) -> [String: Double] {
        [
            "critical_ratio": diagnosis.criticalRatio, "lambda_max": diagnosis.lambdaMax.value,
            "lambda_min": diagnosis.lambdaMin.value, "minimum_ratio": diagnosis.minimumRatio.value,
            "zero_ratio": diagnosis.zeroRatio.value, "negative_ratio": diagnosis.negativeRatio.value,
            "diagnosed_loss": diagnosis.loss, "diagnosed_gradient_norm": diagnosis.gradientNorm,
        ]
    }
}

import Layers
import Training

/// How a study searches: trials with drawn values are ranked by a validation metric, and bad ones stopped early by
/// successive halving.
///
///     vary: {optimizer.lr: {log_uniform: [1e-4, 1]}, training.batch: [64, 128]}
///     trials: 20
///     seed: 0
///     search: {metric: validation_accuracy, eta: 3, first_epochs: 5}
///
/// All trials train `first_epochs` epochs; the best of each `eta` go on to `eta` times as many, and so on to the end. Without
/// `first_epochs` they are as many as lead in these steps to the whole run for the last trial. Each has the schedule of the
/// whole run, so that a trial that gets to the end is the run that it would be alone.
///
/// Reference: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS
/// 2016, arXiv:1502.07943.
package struct StudySearch: Sendable, Equatable {
    /// The metric, by its name in metrics.jsonl.
    package let metric: String
    /// Whether a larger value is a better one.
    package let isHigherBetter: Bool
    /// η: of this many trials one goes on, to this many times the epochs.
    package let factor: Int
    /// The epochs of the first rung; nil for those of the whole run divided by η for every halving.
    package let firstEpochs: Int?

    package init(metric: String, isHigherBetter: Bool, factor: Int = 3, firstEpochs: Int? = nil) {
        self.metric = metric
        self.isHigherBetter = isHigherBetter
        self.factor = factor
        self.firstEpochs = firstEpochs
    }

    /// Reads what `search` says; nil of that is the validation loss and the standard values.
    init(_ setting: Setting?) throws(ConfigurationError) {
        guard let setting else {
            self.init(metric: "validation_loss", isHigherBetter: false)
            return
        }
        let map = try SettingMap(setting, keys: ["metric", "eta", "first_epochs"], "how trials are ranked")
        let name =
            try map["metric"].map { setting throws(ConfigurationError) in
                try setting.metricName(of: ["validation"], or: [])
            } ?? "validation_loss"
        self.init(
            metric: name,
            isHigherBetter: Metric(name: String(name.dropFirst(Self.prefix.count)))?.isHigherBetter ?? true,
            factor: try map["eta"].map { setting throws(ConfigurationError) in try setting.whole(in: 2...100)
            }
                ?? 3,
            firstEpochs: try map["first_epochs"].map { setting throws(ConfigurationError) in
                try setting.whole(in: 1...1_000_000)
            })
    }

    private static let prefix = "validation_"

    /// Throws unless a trial's evaluation reports the metric.
    ///
    /// - Parameter setting: What asks for the search.
    func check(_ configuration: RunConfiguration, at setting: Setting) throws(ConfigurationError) {
        let settings = configuration.settings
        guard settings.data.validation != nil else {
            throw setting.error(
                .conflict, "ranks trials by \(metric), but there is no validation data",
                advice: "write set: {data.validation: {fraction: 0.1}}")
        }
        let reported = ["loss"] + (settings.metrics ?? [.accuracy, .r2, .mae]).map(\.name)
        guard reported.contains(String(metric.dropFirst(Self.prefix.count))) else {
            throw setting.error(
                .conflict, "ranks trials by \(metric), which evaluation does not report",
                advice: "name it in evaluation.metrics")
        }
    }

    /// A number of trials that train up to a number of epochs.
    package struct Rung: Sendable, Equatable {
        package let epochs: Int
        package let trials: Int

        package init(epochs: Int, trials: Int) { (self.epochs, self.trials) = (epochs, trials) }
    }

    /// The rungs of a search: r, rη, rη², ... epochs of ever fewer trials, and all epochs of those that are left, or of
    /// the one that is left. Of n trials and R epochs r is R / ηᵏ with k = ⌊log_η n⌋, at least 1, unless it is given.
    ///
    /// - Parameter epochs: The most epochs of a trial.
    package func rungs(trials: Int, epochs: Int) -> [Rung] {
        var rungs: [Rung] = []
        var (first, left) = (epochs, trials / factor)
        while left > 0 { (first, left) = (first / factor, left / factor) }
        var next = Rung(epochs: firstEpochs ?? max(1, first), trials: trials)
        while next.trials > 1, next.epochs < epochs {
            rungs.append(next)
            next = Rung(epochs: next.epochs * factor, trials: max(1, next.trials / factor))
        }
        return rungs + [Rung(epochs: epochs, trials: next.trials)]
    }

    /// Where a trial stands.
    package struct Standing: Codable, Sendable, Equatable {
        /// Its place among the trials.
        package let trial: Int
        /// The last rung that it has trained in, counted from 1.
        package let rung: Int
        /// The metric there; nil for a trial that diverged.
        package let value: Double?

        package init(trial: Int, rung: Int, value: Double?) {
            self.trial = trial
            self.rung = rung
            self.value = value
        }
    }

    /// The standings from the best to the worst: diverged trials last; of the others those of higher rungs first, then
    /// by the metric. Of equal ones the first counts.
    package func ranked(_ standings: [Standing]) -> [Standing] {
        standings.sorted { first, second in
            if (first.value == nil) != (second.value == nil) { return second.value == nil }
            if first.rung != second.rung { return first.rung > second.rung }
            if let one = first.value, let other = second.value, one != other {
                return isHigherBetter ? one > other : one < other
            }
            return first.trial < second.trial
        }
    }
}

extension RunConfiguration {
    /// The configuration as YAML without the output folder, so that a run of it has the file's name.
    package var yamlWithoutOutput: String {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.filter { !$0.hasPrefix("output:") }.joined(separator: "\n")
    }
}

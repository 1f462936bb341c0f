import DataParallel
import Layers

/// A number with its name.
public struct NamedNumber: Sendable, Equatable {
    public let name: String
    public let value: Double
}

extension RunEvent {
    /// The evaluation of weights on one set of examples.
    public struct Evaluation: Sendable, Equatable {
        /// Numbers for each class.
        public enum Detail: Sendable, Equatable {
            /// A metric of each class, by the metric's name.
            case perClass(name: String, values: [Double])
            /// Examples by true class, in rows, and predicted class, in columns.
            case confusion([[Int]])
        }

        /// The loss, then every single-number metric, in the order in which they were asked for.
        public let numbers: [NamedNumber]
        /// The metrics by class, in the order in which they were asked for.
        public let details: [Detail]
        /// All sums of the evaluation; nil if the numbers were read from a file.
        var totals: Evaluator.Totals?

        /// The number of examples; nil if the numbers were read from a file.
        public var count: Int? { totals?.count }
        /// The mean loss.
        public var loss: Double? { value(of: Metric.loss.name) }

        /// A number by its metric's name, such as "accuracy"; nil if it is not a single number or was not asked for.
        public func value(of name: String) -> Double? { numbers.first { $0.name == name }?.value }
    }

    /// The evaluations of weights on all sets that were evaluated.
    public struct Evaluations: Sendable, Equatable {
        public var training: Evaluation?
        public var validation: Evaluation?
        public var test: Evaluation?
        /// Examples evaluated per second, over all ranks; nil if there were none.
        public var samplesPerSecond: Double?

        /// A validation metric by its name in metrics.jsonl, such as "validation_accuracy".
        func value(ofWatched name: String) -> Double? {
            Metric.name(ofValidation: name).flatMap { validation?.value(of: $0) }
        }
    }
}

extension RunEvent.Evaluation {
    /// The evaluation with these sums.
    init(_ totals: Evaluator.Totals) {
        numbers = ([.loss] + totals.metrics.filter { $0 != .loss }).compactMap { metric in
            totals.value(of: metric).map { NamedNumber(name: metric.name, value: $0) }
        }
        details = totals.metrics.compactMap { metric in
            if metric == .confusionMatrix { return totals.classes?.confusion.map { .confusion($0) } }
            return totals.perClass(metric).map { .perClass(name: metric.name, values: $0) }
        }
        self.totals = totals
    }
}

extension Metric {
    /// The name of the metric whose validation value has this name in metrics.jsonl; nil for any other name.
    static func name(ofValidation name: String) -> String? {
        let prefix = "validation_"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}

extension TrainingSettings {
    /// The metric whose validation value has this name in metrics.jsonl; nil for any other name.
    func metric(validation name: String) -> Metric? {
        Metric.name(ofValidation: name).flatMap { Metric(name: $0, among: metrics ?? []) }
    }

    /// The custom metrics among those that evaluation reports.
    var customMetrics: [CustomMetric] {
        (metrics ?? []).compactMap { if case .custom(let custom) = $0 { custom } else { nil } }
    }
}

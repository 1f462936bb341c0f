import DataParallel
import Layers

/// A number and what it is called.
public struct NamedNumber: Sendable, Equatable {
    public let name: String
    public let value: Double
}

extension RunEvent {
    /// What weights are worth on one set of examples.
    public struct Evaluation: Sendable, Equatable {
        /// Numbers of each class.
        public enum Detail: Sendable, Equatable {
            /// A metric of each class, by the metric's name.
            case perClass(name: String, values: [Double])
            /// Examples of each class, in rows, that were taken for each class, in columns.
            case confusion([[Int]])
        }

        /// The loss, then every metric that is a single number, in the order they were asked for.
        public let numbers: [NamedNumber]
        /// What was asked for of each class, in that order.
        public let details: [Detail]
        /// All that was added up; nil where the numbers were read from a file.
        var totals: Evaluator.Totals?

        /// The examples.
        public var count: Int? { totals?.count }
        /// The mean loss.
        public var loss: Double? { value(of: Metric.loss.name) }

        /// A number by its metric's name, such as "accuracy"; nil where it is none or was not asked for.
        public func value(of name: String) -> Double? { numbers.first { $0.name == name }?.value }
    }

    /// What weights are worth on the sets that were evaluated.
    public struct Evaluations: Sendable, Equatable {
        public var training: Evaluation?
        public var validation: Evaluation?
        public var test: Evaluation?
        /// Examples evaluated a second, over all ranks; nil where there were none.
        public var samplesPerSecond: Double?

        /// A metric of the validation set by the name it has in metrics.jsonl, such as "validation_accuracy".
        func value(ofWatched name: String) -> Double? {
            Metric.name(ofValidation: name).flatMap { validation?.value(of: $0) }
        }
    }
}

extension RunEvent.Evaluation {
    /// What an evaluator has added up.
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
    /// What the metric is called whose value on the validation set has this name in metrics.jsonl; nil for another name.
    static func name(ofValidation name: String) -> String? {
        let prefix = "validation_"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}

extension TrainingSettings {
    /// The metric of the validation set that has this name in metrics.jsonl; nil for another name.
    func metric(validation name: String) -> Metric? {
        Metric.name(ofValidation: name).flatMap { Metric(name: $0, among: metrics ?? []) }
    }

    /// The metrics of a program's own that evaluation reports.
    var customMetrics: [CustomMetric] {
        (metrics ?? []).compactMap { if case .custom(let custom) = $0 { custom } else { nil } }
    }
}

import DataParallel
import Layers

extension JSONLine {
    /// Adds the numbers of an evaluation: the loss, then the metrics in the order they were asked for.
    mutating func add(_ totals: Evaluator.Totals, prefix: String, withLoss: Bool = true) {
        for (name, value) in totals.numbers where withLoss || name != Metric.loss.name {
            add(prefix + name, value)
        }
    }

    /// Adds what an evaluation has of each class.
    mutating func addDetails(_ totals: Evaluator.Totals, prefix: String) {
        for metric in totals.metrics {
            if let values = totals.perClass(metric) { add("\(prefix)\(metric.name)_per_class", values) }
            if metric == .confusionMatrix, let rows = totals.classes?.confusion {
                add(prefix + metric.name, rows)
            }
        }
    }
}

extension Evaluator.Totals {
    /// The loss and every metric that is a single number, by name and in the order they were asked for.
    var numbers: [(name: String, value: Double)] {
        ([.loss] + metrics.filter { $0 != .loss }).compactMap { metric in
            value(of: metric).map { (metric.name, $0) }
        }
    }
}

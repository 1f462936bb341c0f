import Layers

extension Evaluator {
    /// What an evaluation of a data set came to; the same on all ranks and at any number of them.
    package struct Totals: Sendable, Equatable {
        /// Right answers among so many choices.
        package struct TopCount: Sendable, Equatable {
            /// The number of largest scores that count.
            package let choices: Int
            /// Examples whose label was among them.
            package let right: Int
        }

        /// Σ loss, added shard by shard in the fixed tree and batch by batch in order.
        package let lossSum: Double
        /// What the examples weigh in the mean loss: their number, unless the loss weighs classes.
        package let weight: Double
        /// Examples.
        package let count: Int
        /// The metrics that were asked for.
        package let metrics: [Metric]
        /// Correctly classified examples; nil without classes.
        package let correct: Double?
        /// Right answers among several choices, as far as asked for.
        package let topCounts: [TopCount]
        /// Counts per class, if a metric needs them.
        package let classes: ClassCounts?
        /// Errors of estimates, if a metric needs them.
        package let errors: ValueErrors?
        /// Σ over examples of each metric of a program's own, by its name.
        package let customSums: [String: Double]

        /// The mean loss.
        package var loss: Double { lossSum / weight }
        /// Correct ÷ examples.
        package var accuracy: Double? { correct.map { $0 / Double(count) } }

        /// A metric as one number, those of classes or outputs averaged; nil if it is none or was not asked for.
        package func value(of metric: Metric) -> Double? {
            switch metric {
            case .loss: loss
            case .accuracy: accuracy
            case .topAccuracy(let choices):
                topCounts.first { $0.choices == choices }.map { Double($0.right) / Double(count) }
            case .confusionMatrix: nil
            case .precision, .recall, .f1:
                classes.flatMap { counts in perClass(metric).map(counts.mean) }
            case .r2: errors?.r2
            case .mae: errors?.meanAbsolute
            case .custom(let metric): customSums[metric.name].map { $0 / Double(count) }
            }
        }

        /// A metric by its name ("loss", "accuracy", "top_5_accuracy", "r2", ..., or one of a program's own).
        package func value(of name: String) -> Double? {
            Metric(name: name, among: metrics).flatMap(value)
        }

        /// A metric of each class; nil if it has no such values or was not asked for.
        package func perClass(_ metric: Metric) -> [Double]? {
            switch metric {
            case .precision: classes?.precision
            case .recall: classes?.recall
            case .f1: classes?.f1
            default: nil
            }
        }
    }
}

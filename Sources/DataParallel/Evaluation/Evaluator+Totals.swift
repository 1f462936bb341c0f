import Glibc
import Layers

extension Evaluator {
    /// The result of evaluating a data set; the same on all ranks and at any number of them.
    package struct Totals: Sendable, Equatable {
        /// Examples whose label was among the largest scores.
        package struct TopCount: Sendable, Equatable {
            /// How many of the largest scores count.
            package let choices: Int
            /// How many examples had their label among them.
            package let right: Int
        }

        /// Σ loss, added shard by shard in the fixed tree and batch by batch in order.
        package let lossSum: Double
        /// The divisor of the mean loss: the number of examples, or of their positions that count, or the sum of their
        /// labels' weights.
        package let weight: Double
        /// The number of examples.
        package let count: Int
        /// The number of labels that count: that of examples, or of their positions.
        package let labelCount: Int
        /// The metrics that were asked for.
        package let metrics: [Metric]
        /// Correctly classified examples; nil without classes.
        package let correct: Double?
        /// The counts for top-k accuracies that were asked for.
        package let topCounts: [TopCount]
        /// Counts per class, if a metric needs them.
        package let classes: ClassCounts?
        /// Errors of estimates, if a metric needs them.
        package let errors: ValueErrors?
        /// Σ over examples of each custom metric, by its name.
        package let customSums: [String: Double]

        package var loss: Double { lossSum / weight }
        /// Correct ÷ labels.
        package var accuracy: Double? { correct.map(perLabel) }

        private func perLabel(_ sum: Double) -> Double { labelCount > 0 ? sum / Double(labelCount) : 0 }

        /// A metric as one number, averaged over classes or outputs; nil if it is not a number or was not asked for.
        package func value(of metric: Metric) -> Double? {
            switch metric {
            case .loss: loss
            case .accuracy: accuracy
            case .topAccuracy(let choices):
                topCounts.first { $0.choices == choices }.map { perLabel(Double($0.right)) }
            case .confusionMatrix: nil
            case .precision, .recall, .f1:
                classes.flatMap { counts in perClass(metric).map(counts.mean) }
            case .r2: errors?.r2
            case .mae: errors?.meanAbsolute
            case .perplexity: exp(loss)
            case .custom(let metric): customSums[metric.name].map(perLabel)
            }
        }

        /// A metric by its name ("loss", "accuracy", "top_5_accuracy", "r2", ..., or a custom metric's).
        package func value(of name: String) -> Double? {
            Metric(name: name, among: metrics).flatMap(value)
        }

        /// The values of a metric for each class; nil if it has none or was not asked for.
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

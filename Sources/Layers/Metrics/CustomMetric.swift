/// A metric defined by a function: the mean over examples, or over positions with labels of their own, of the number that
/// the function returns for each.
///
/// The numbers of a shard are added in Float64 in the order of its examples, and the sums of shards in a fixed tree, so
/// that the metric is the same at any number of ranks. Worker threads call the function at the same time.
///
/// Example: by how much the score of the right class exceeds the best of the others.
///
///     let margin = CustomMetric.ofClasses("margin", higherIsBetter: true) { scores, label in
///         let wrong = scores.indices.filter { $0 != label }.map { scores[$0] }.max() ?? 0
///         return Double(scores[label] - wrong)
///     }
///     settings.metrics = [.accuracy, .custom(margin)]
public struct CustomMetric: Sendable, Hashable {
    /// The name in results: lower case letters, digits and underscores, such as "margin".
    public let name: String
    /// Whether a larger value is a better one.
    public let isHigherBetter: Bool
    private let body: Body

    private enum Body: Sendable {
        case ofClasses(@Sendable (_ scores: UnsafeBufferPointer<Float>, _ label: Int) -> Double)
        case ofValues(
            @Sendable (_ estimates: UnsafeBufferPointer<Float>, _ targets: UnsafeBufferPointer<Float>) ->
                Double)
    }

    /// A metric of data with class labels.
    ///
    /// - Parameter body: Returns the number of one example, from a score for each class, as the loss compares them, and
    ///   the label. The scores are valid during the call only.
    public static func ofClasses(
        _ name: String, higherIsBetter: Bool,
        _ body: @escaping @Sendable (_ scores: UnsafeBufferPointer<Float>, _ label: Int) -> Double
    ) -> CustomMetric {
        CustomMetric(name: name, isHigherBetter: higherIsBetter, body: .ofClasses(body))
    }

    /// A metric of data with numeric targets.
    ///
    /// - Parameter body: Returns the number of one example, from an estimate for each output and as many targets. Both
    ///   are valid during the call only.
    public static func ofValues(
        _ name: String, higherIsBetter: Bool,
        _ body:
            @escaping @Sendable (
                _ estimates: UnsafeBufferPointer<Float>, _ targets: UnsafeBufferPointer<Float>
            ) -> Double
    ) -> CustomMetric {
        CustomMetric(name: name, isHigherBetter: higherIsBetter, body: .ofValues(body))
    }

    /// Metrics of the same name are equal.
    public static func == (a: CustomMetric, b: CustomMetric) -> Bool { a.name == b.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Whether the metric is for class labels rather than numeric targets.
    package var isOfClasses: Bool { if case .ofClasses = body { true } else { false } }

    /// Whether the name is valid in configurations and results and not taken by another metric.
    package var hasName: Bool {
        name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil && Metric(name: name) == nil
            // Readers of metrics.jsonl take these endings for times and for numbers of each class.
            && !["_per_second", "_per_class"].contains { name.hasSuffix($0) }
    }

    /// The sum of the function over examples with class labels, or their positions, of which those of label −1 do not count;
    /// 0 if it is for numeric targets.
    package func sum(_ scores: UnsafePointer<Float>, width: Int, labels: UnsafePointer<Int32>, rows: Int)
        -> Double
    {
        guard case .ofClasses(let body) = body else { return 0 }
        return (0..<rows).reduce(0) { sum, row in
            guard labels[row] >= 0 else { return sum }
            return sum
                + body(UnsafeBufferPointer(start: scores + row * width, count: width), Int(labels[row]))
        }
    }

    /// `start` and the sum of the function over examples with numeric targets, or their positions; 0 if it is for class labels.
    package func sum(
        _ estimates: UnsafePointer<Float>, width: Int, targets: UnsafePointer<Float>, rows: Int,
        from start: Double = 0
    ) -> Double {
        guard case .ofValues(let body) = body else { return 0 }
        return (0..<rows).reduce(start) { sum, row in
            sum
                + body(
                    UnsafeBufferPointer(start: estimates + row * width, count: width),
                    UnsafeBufferPointer(start: targets + row * width, count: width))
        }
    }
}

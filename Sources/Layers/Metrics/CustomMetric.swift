/// A metric of one's own: the mean over examples of a number that a function makes of each.
///
/// The numbers of a shard are added in Float64 in the order of its examples, those of shards in the fixed tree, so that the
/// metric is the same at any number of ranks. Worker threads call the function at the same time.
///
/// Example, by how much the score of the right class exceeds the best of the others:
///
///     let margin = CustomMetric.ofClasses("margin", higherIsBetter: true) { scores, label in
///         let wrong = scores.indices.filter { $0 != label }.map { scores[$0] }.max() ?? 0
///         return Double(scores[label] - wrong)
///     }
///     settings.metrics = [.accuracy, .custom(margin)]
public struct CustomMetric: Sendable, Hashable {
    /// What it is called in results, in lower case letters, digits and underscores, such as "margin".
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
    /// - Parameter body: What an example counts, of a score for each class, as the loss compares them, and the label. The
    ///   scores are valid during the call only.
    public static func ofClasses(
        _ name: String, higherIsBetter: Bool,
        _ body: @escaping @Sendable (_ scores: UnsafeBufferPointer<Float>, _ label: Int) -> Double
    ) -> CustomMetric {
        CustomMetric(name: name, isHigherBetter: higherIsBetter, body: .ofClasses(body))
    }

    /// A metric of data with numeric targets.
    ///
    /// - Parameter body: What an example counts, of an estimate for each output and of as many targets, valid during the call
    ///   only.
    public static func ofValues(
        _ name: String, higherIsBetter: Bool,
        _ body:
            @escaping @Sendable (
                _ estimates: UnsafeBufferPointer<Float>, _ targets: UnsafeBufferPointer<Float>
            ) -> Double
    ) -> CustomMetric {
        CustomMetric(name: name, isHigherBetter: higherIsBetter, body: .ofValues(body))
    }

    /// Metrics are told apart by their names.
    public static func == (a: CustomMetric, b: CustomMetric) -> Bool { a.name == b.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Whether it is of class labels.
    package var isOfClasses: Bool { if case .ofClasses = body { true } else { false } }

    /// Whether the name may stand in configurations and results, and means nothing else there.
    package var hasName: Bool {
        name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil && Metric(name: name) == nil
            // What readers of metrics.jsonl take for a time, or for numbers of each class.
            && !["_per_second", "_per_class"].contains { name.hasSuffix($0) }
    }

    /// The sum over examples with class labels.
    package func sum(_ scores: UnsafePointer<Float>, width: Int, labels: UnsafePointer<Int32>, examples: Int)
        -> Double
    {
        guard case .ofClasses(let body) = body else { return 0 }
        return (0..<examples).reduce(0) { sum, example in
            sum
                + body(
                    UnsafeBufferPointer(start: scores + example * width, count: width), Int(labels[example]))
        }
    }

    /// The sum over examples with numeric targets.
    package func sum(
        _ estimates: UnsafePointer<Float>, width: Int, targets: UnsafePointer<Float>, examples: Int
    ) -> Double {
        guard case .ofValues(let body) = body else { return 0 }
        return (0..<examples).reduce(0) { sum, example in
            sum
                + body(
                    UnsafeBufferPointer(start: estimates + example * width, count: width),
                    UnsafeBufferPointer(start: targets + example * width, count: width))
        }
    }
}

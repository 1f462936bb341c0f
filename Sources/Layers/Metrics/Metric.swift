import Messages

/// A number, or a table of numbers, that evaluation reports.
public enum Metric: Sendable, Hashable {
    /// The mean loss; always reported.
    case loss
    /// The share of examples whose label has the largest score; of equal scores the first counts.
    case accuracy
    /// The share of examples whose label is among this many largest scores; of equal scores the first count.
    case topAccuracy(Int)
    /// Counts of examples: a row for each true class, a column for each predicted class.
    case confusionMatrix
    /// True positives ÷ examples predicted as the class; as one number the mean over classes.
    case precision
    /// True positives ÷ examples of the class; as one number the mean over classes.
    case recall
    /// The harmonic mean of precision and recall of each class; as one number the mean over classes.
    case f1
    /// 1 − Σ (t − p)² ÷ Σ (t − mean of t)² of targets t and predictions p, averaged over outputs.
    case r2
    /// The mean of |t − p| over targets t and predictions p, averaged over outputs.
    case mae
    /// e to the power of the mean cross-entropy: how many classes equally likely would be as hard to tell apart.
    case perplexity
    /// A metric that a program defines.
    case custom(CustomMetric)

    /// The built-in metric of a configuration name; `top_K_accuracy` for any whole K above 0.
    public init?(name: String) {
        if let known = Self.named.first(where: { $0.name == name }) {
            self = known
            return
        }
        let (prefix, suffix) = ("top_", "_accuracy")
        guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.count > prefix.count + suffix.count,
            let count = Int(name.dropFirst(prefix.count).dropLast(suffix.count)), count > 0,
            Self.topAccuracy(count).name == name
        else { return nil }
        self = .topAccuracy(count)
    }

    /// The metric of a name: one of dtrain's own, else one of `others`; nil for neither.
    package init?(name: String, among others: [Metric]) {
        guard let metric = Metric(name: name) ?? others.first(where: { $0.name == name }) else { return nil }
        self = metric
    }

    /// The name in a configuration and in results.
    public var name: String {
        switch self {
        case .loss: "loss"
        case .accuracy: "accuracy"
        case .topAccuracy(let count): "top_\(count)_accuracy"
        case .confusionMatrix: "confusion_matrix"
        case .precision: "precision"
        case .recall: "recall"
        case .f1: "f1"
        case .r2: "r2"
        case .mae: "mae"
        case .perplexity: "perplexity"
        case .custom(let metric): metric.name
        }
    }

    /// The names to choose from, in the order in which they are listed to a user.
    public static var names: [String] { named.map(\.name) }

    /// The names of metrics that are single numbers.
    package static var numberNames: [String] { named.filter(\.isNumber).map(\.name) }

    /// Whether a larger value is a better one.
    public var isHigherBetter: Bool {
        switch self {
        case .loss, .mae, .perplexity: false
        case .accuracy, .topAccuracy, .confusionMatrix, .precision, .recall, .f1, .r2: true
        case .custom(let metric): metric.isHigherBetter
        }
    }

    /// Whether the metric is a single number, which can be logged every epoch and watched.
    public var isNumber: Bool { self != .confusionMatrix }

    /// The metrics that are reported unless others are asked for.
    package static func standard(for model: TracedModel) -> [Metric] {
        switch model.target {
        case .classes:
            model.positions.count == 1 && model.loss.name == CrossEntropyLoss.name
                ? [.accuracy, .perplexity] : [.accuracy]
        case .values: [.r2, .mae]
        case .none: []
        }
    }

    /// Why the metric cannot be computed for a model; nil if it can.
    package func problem(in model: TracedModel) -> String? {
        if self == .perplexity, model.loss.name != CrossEntropyLoss.name {
            return "\(name) needs loss: cross_entropy, the loss is \(model.loss.name)"
        }
        return problem(target: model.target, outputs: model.scoreCount)
    }

    /// Why the metric cannot be computed for `target` with `outputs` scores or numbers; nil if it can.
    private func problem(target: TargetKind, outputs: Int) -> String? {
        switch (self, target) {
        case (.loss, _), (_, .none): return nil
        case (.custom(let metric), .classes):
            return metric.isOfClasses ? nil : "\(name) needs numeric targets, the data has class labels"
        case (.custom(let metric), .values):
            return metric.isOfClasses ? "\(name) needs class labels, the data has numeric targets" : nil
        case (.r2, .classes), (.mae, .classes):
            return "\(name) needs numeric targets, the data has class labels"
        case (.r2, .values), (.mae, .values): return nil
        case (_, .values): return "\(name) needs class labels, the data has numeric targets"
        case (.topAccuracy(let count), .classes):
            return count <= outputs
                ? nil
                : "\(name) needs a choice of at least \(count), the model tells \(counted(outputs, "class")) apart"
        case (.confusionMatrix, .classes):
            return outputs <= Self.mostRows
                ? nil : "\(name) is for at most \(Self.mostRows) classes, the model has \(outputs)"
        case (_, .classes): return nil
        }
    }

    /// The largest number of classes of a confusion matrix, which then takes 128 MB on each worker.
    private static let mostRows = 4096

    private static let named: [Metric] = [
        .accuracy, .topAccuracy(5), .confusionMatrix, .precision, .recall, .f1, .r2, .mae, .perplexity, .loss,
    ]
}

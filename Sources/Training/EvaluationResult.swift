import DataParallel
import Layers

/// The evaluation of saved weights on a data set; the same on all ranks and at any number of them.
public struct EvaluationResult: Sendable {
    private let totals: Evaluator.Totals
    /// The labels of the classes; nil for class indices, and for regression.
    public let classNames: [String]?

    init(_ totals: Evaluator.Totals, classNames: [String]?) {
        self.totals = totals
        self.classNames = classNames
    }

    /// The number of examples.
    public var count: Int { totals.count }
    /// The mean loss.
    public var loss: Double { totals.loss }
    /// Correct ÷ examples; nil for regression.
    public var accuracy: Double? { totals.accuracy }
    /// Examples by true class, in rows, and predicted class, in columns; nil unless asked for.
    public var confusionMatrix: [[Int]]? { totals.classes?.confusion }

    /// A metric as one number, averaged over classes or outputs; nil if it is not a number or was not asked for.
    public func value(of metric: Metric) -> Double? { totals.value(of: metric) }

    /// A metric for each class; nil if it has no such values or was not asked for.
    public func perClass(_ metric: Metric) -> [Double]? { totals.perClass(metric) }
}

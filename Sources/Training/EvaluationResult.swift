import DataParallel
import Layers

/// What saved weights are worth on a data set; the same on all ranks and at any number of them.
public struct EvaluationResult: Sendable {
    private let totals: Evaluator.Totals
    /// The labels that stand for the classes; nil for class indices, and without classes.
    public let classNames: [String]?

    init(_ totals: Evaluator.Totals, classNames: [String]?) {
        self.totals = totals
        self.classNames = classNames
    }

    /// Examples.
    public var count: Int { totals.count }
    /// The mean loss.
    public var loss: Double { totals.loss }
    /// Correct ÷ examples; nil for regression.
    public var accuracy: Double? { totals.accuracy }
    /// Examples of each class, in rows, that were taken for each class, in columns; nil unless it was asked for.
    public var confusionMatrix: [[Int]]? { totals.classes?.confusion }

    /// A metric as one number, those of classes or outputs averaged; nil if it is none or was not asked for.
    public func value(of metric: Metric) -> Double? { totals.value(of: metric) }

    /// A metric of each class; nil if it has no such values or was not asked for.
    public func perClass(_ metric: Metric) -> [Double]? { totals.perClass(metric) }
}

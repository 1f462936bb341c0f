/// What training minimizes: a number for each example, averaged over the mini-batch.
///
///     Loss.crossEntropy(labelSmoothing: 0.1)
///     Loss.huber(delta: 0.5)
public struct Loss: Sendable, Hashable {
    /// The formula with its options.
    package let function: any LossFunction

    /// A loss of your own, or a built-in one, by its formula.
    public init(_ function: some LossFunction) { self.function = function }

    /// Softmax cross-entropy of logits (N, K), (N, T, K) or (N, K, H, W) with class labels or probabilities, as
    /// torch.nn.CrossEntropyLoss.
    public static let crossEntropy = Loss(CrossEntropyLoss())

    /// Softmax cross-entropy with torch's options.
    ///
    /// - Parameters:
    ///   - labelSmoothing: The part of each label that is spread over all classes, in [0, 1].
    ///   - classWeights: A weight of at least 0 for each class, not all of them 0; nil for 1 each.
    ///   - ignoreIndex: The label of positions that do not count.
    public static func crossEntropy(
        labelSmoothing: Double = 0, classWeights: [Double]? = nil, ignoreIndex: Int = -100
    ) -> Loss {
        Loss(
            CrossEntropyLoss(
                labelSmoothing: labelSmoothing, classWeights: classWeights, ignoreIndex: ignoreIndex))
    }

    /// The mean over all elements of (prediction − target)², as torch.nn.MSELoss; class labels count as one-hot rows.
    public static let meanSquaredError = Loss(SquaredErrorLoss())

    /// The squared error, with the mean or the sum over outputs.
    public static func squaredError(reduction: LossReduction) -> Loss {
        Loss(SquaredErrorLoss(reduction: reduction))
    }

    /// The mean over all elements of |prediction − target|, as torch.nn.L1Loss; class labels count as one-hot rows.
    public static let meanAbsoluteError = Loss(AbsoluteErrorLoss())

    /// The absolute error, with the mean or the sum over outputs.
    public static func absoluteError(reduction: LossReduction) -> Loss {
        Loss(AbsoluteErrorLoss(reduction: reduction))
    }

    /// Quadratic up to `delta`, above 0, and linear beyond, as torch.nn.HuberLoss.
    public static func huber(delta: Double = 1, reduction: LossReduction = .mean) -> Loss {
        Loss(HuberLoss(delta: delta, reduction: reduction))
    }

    /// The Huber loss divided by `beta`, the end of its quadratic part, above 0, as torch.nn.SmoothL1Loss.
    public static func smoothL1(beta: Double = 1, reduction: LossReduction = .mean) -> Loss {
        Loss(SmoothL1Loss(beta: beta, reduction: reduction))
    }

    /// Cross-entropy of independent yes-or-no answers given as logits, as torch.nn.BCEWithLogitsLoss.
    ///
    /// - Parameter positiveWeights: The weight of a "yes", at least 0: one number, or one per output; nil for 1.
    public static func binaryCrossEntropy(positiveWeights: [Double]? = nil) -> Loss {
        Loss(BinaryCrossEntropyLoss(positiveWeights: positiveWeights))
    }

    /// A penalty for scores that win by less than `margin`, above 0, as torch.nn.MultiMarginLoss with p = 1.
    public static func hinge(margin: Double = 1) -> Loss { Loss(HingeLoss(margin: margin)) }

    /// The name in a configuration ("cross_entropy").
    public var name: String { type(of: function).name }

    /// Equal if the formulas are of the same type and have the same options.
    public static func == (a: Loss, b: Loss) -> Bool { erased(a.function) == erased(b.function) }

    /// Hashes the formula with its options.
    public func hash(into hasher: inout Hasher) { function.hash(into: &hasher) }

    private static func erased(_ function: some LossFunction) -> AnyHashable { AnyHashable(function) }
}

import Optimizers

/// How a point is looked at.
public struct DiagnosisOptions: Sendable {
    /// Examples, a seeded sample of the data set; nil for all.
    public var examples: Int?
    /// What samples, start vectors and dropout masks are drawn from.
    public var seed: UInt64 = 0
    /// Whether batch norm uses the moments of the run's own mini-batches, as in training, or its running statistics.
    public var usesBatchStatistics = false
    /// Whether dropout leaves elements out, the same ones throughout.
    public var dropsOut = false
    /// Up to which ratio ‖∇L‖ ÷ (max |λ| · ‖θ‖) a point is critical.
    public var tolerance = 1e-4
    /// Below this an eigenvalue counts as zero; nil for 1e-5 · max |λ|, or the error of products where that is larger.
    public var epsilon: Double?
    /// Whether all eigenvalues are computed; nil for where that is cheap.
    public var isDense: Bool?
    /// Eigenvalues of each end.
    public var eigenvalues = 1
    /// Whether the trace is estimated.
    public var estimatesTrace = false
    /// Whether the weights are to be moved to where the loss is lower along the most negative curvature.
    public var escapes = false
    /// Whether that is for saddles alone, so that no other point is looked at for a lower loss.
    package var escapesSaddlesOnly = false
    /// Products with the Hessian for the spectrum, at most.
    public var products = 50
    /// Whether measurements look for the part of the run that is to blame.
    public var findsCauses = false
    /// Examples of each set that these take, at most; two thirds of those of the training set are trained on.
    public var causeExamples = 6144
    /// Steps that a model is trained for, at most, to hold the run against.
    public var causeSteps = 200

    /// The options of `dtrain diagnose`.
    public init() {}
}

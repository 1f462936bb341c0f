import Optimizers

/// How a point is diagnosed.
public struct DiagnosisOptions: Sendable {
    /// Examples, a seeded sample of the data set; nil for all.
    public var examples: Int?
    /// The seed of samples, start vectors and dropout masks.
    public var seed: UInt64 = 0
    /// Whether batch norm uses the moments of the run's own mini-batches, as in training, or its running statistics.
    public var usesBatchStatistics = false
    /// Whether dropout leaves elements out, the same ones throughout.
    public var dropsOut = false
    /// The ratio ‖∇L‖ ÷ (max |λ| · ‖θ‖) up to which a point is critical.
    public var tolerance = 1e-4
    /// Eigenvalues up to this magnitude count as zero; nil for 1e-5 · max |λ|, or the error of products where that is
    /// larger.
    public var epsilon: Double?
    /// Whether all eigenvalues are computed; nil to do so where it is cheap.
    public var isDense: Bool?
    /// How many of the largest and of the smallest eigenvalues are found.
    public var eigenvalues = 1
    /// Whether the trace is estimated.
    public var estimatesTrace = false
    /// Whether the weights are to be moved to where the loss is lower along the most negative curvature.
    public var escapes = false
    /// Whether a lower loss is searched for at saddles alone.
    package var escapesSaddlesOnly = false
    /// The most products with the Hessian for the spectrum.
    public var products = 50
    /// Whether symmetries are looked for, and the loss at multiples of the weights: up to 32 products with the Hessian more
    /// and five evaluations.
    public var looksFurther = false
    /// Whether the error of mini-batches' gradients is measured.
    public var measuresGradientError = false
    /// Whether measurements look for the part of the run that is to blame.
    public var findsCauses = false
    /// The most examples of each set for finding causes; reference models train on two thirds of those of the training
    /// set.
    public var causeExamples = 6144
    /// The most steps that a reference model is trained for.
    public var causeSteps = 200

    /// The options of `dtrain diagnose`.
    public init() {}
}

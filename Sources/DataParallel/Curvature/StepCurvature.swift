/// The loss's curvature at the weights of a step, from its mini-batch: what its examples, random changes, dropout's masks and
/// batch norm's moments make of the mean loss as a function of the weights.
package struct StepCurvature: Sendable, Equatable {
    /// The largest eigenvalue of the Hessian H, by Lanczos's method; not a number where products are none.
    package let lambdaMax: Double
    /// gᵀHg, of the gradient g before clipping.
    package let gradientCurvature: Double
    /// gᵀg.
    package let squaredNorm: Double
    /// Whether the mini-batch is large enough; nil where a single shard has examples.
    package let tests: BatchSizeTest?
}

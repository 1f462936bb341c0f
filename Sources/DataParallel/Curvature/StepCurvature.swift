/// The curvature of the loss at a step's weights, measured on the step's mini-batch: with its examples, augmentation,
/// dropout masks and batch-norm moments.
package struct StepCurvature: Sendable, Equatable {
    /// The largest eigenvalue of the Hessian H, by Lanczos's method; NaN where a product is not finite.
    package let lambdaMax: Double
    /// gᵀHg, with the gradient g before clipping.
    package let gradientCurvature: Double
    /// gᵀg.
    package let squaredNorm: Double
    /// Tests whether the mini-batch is large enough; nil if only one shard has examples.
    package let tests: BatchSizeTest?
}

/// Tests whether a mini-batch is large enough for its gradient to be worth following, using the gradients of its
/// shards.
///
/// Let g_s be the gradient of the mean loss over the b_s examples of shard s, and g = Σ b_s/B · g_s that of all B
/// examples, with S shards that have examples. The covariance Σ of single examples' gradients and its form dᵀΣd along a
/// direction d are estimated by
///
///     tr Σ = Σ b_s ‖g_s − g‖² / (S − 1)        dᵀΣd = Σ b_s ⟨g_s − g, d⟩² / (S − 1)
///
/// without bias if shards are independent, as they are except for batch norm. The variance of the mini-batch's gradient
/// is 1/B of that, and the tests compare it with the gradient:
///
///     norm test            tr Σ / (B ‖g‖²)
///     inner product test   gᵀΣg / (B ‖g‖⁴)
///
/// A mini-batch passes if the ratio is at most θ², for a θ below 1 such as 0.9. By the first test g is then likely to
/// lie within θ‖∇L‖ of the whole loss's gradient ∇L; by the second ⟨g, ∇L⟩ is likely to be positive, so that −g
/// descends. A larger ratio calls for a larger mini-batch. The first ratio is never smaller than the second.
///
/// References: Byrd, Chin, Nocedal and Wu, "Sample size selection in optimization methods for machine learning",
/// Mathematical Programming 134, 2012, section 3. Bollapragada, Byrd and Nocedal, "Adaptive sampling strategies for stochastic
/// optimization", SIAM J. Optim. 28, 2018, arXiv:1710.11258, section 2.
package struct BatchSizeTest: Sendable, Equatable {
    /// The ratio of the norm test.
    package let norm: Double
    /// The ratio of the inner product test.
    package let innerProduct: Double
    /// ‖g‖² ÷ (tr Σ / B): the reciprocal of the norm test's ratio.
    package let signalToNoise: Double

    /// The tests of one mini-batch; nil if only one shard has examples.
    ///
    /// - Parameters:
    ///   - shardSquares: ‖·‖² of each shard's part b_s/B · g_s of the gradient.
    ///   - shardProducts: ⟨·, g⟩ of each shard's part.
    ///   - shardCounts: The examples b_s of each shard.
    ///   - square: ‖g‖².
    package init?(shardSquares: [Double], shardProducts: [Double], shardCounts: [Int], square: Double) {
        let shards = shardCounts.indices.filter { shardCounts[$0] > 0 }
        guard shards.count > 1 else { return nil }
        let batch = Double(shardCounts.reduce(0, +))
        // ‖g_s‖² and ⟨g_s, g⟩.
        func scale(_ shard: Int) -> Double { batch / Double(shardCounts[shard]) }
        let squares = shards.map { shardSquares[$0] * scale($0) * scale($0) }
        let products = shards.map { shardProducts[$0] * scale($0) }
        let shares = shards.map { Double(shardCounts[$0]) / batch }
        let freedom = Double(shards.count - 1)
        // Σ b_s ‖g_s − g‖² = Σ b_s ‖g_s‖² − B ‖g‖², which rounding may make negative.
        let spread = zip(shares, squares).reduce(0) { $0 + $1.0 * $1.1 } - square
        let mean = zip(shares, products).reduce(0) { $0 + $1.0 * $1.1 }
        let deviations = zip(shares, products).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
        let noise = spread.isNaN ? spread : max(0, spread) / freedom
        norm = noise / square
        innerProduct = deviations / freedom / (square * square)
        signalToNoise = square / noise
    }
}

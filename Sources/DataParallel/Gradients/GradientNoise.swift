/// One measurement of how much gradients differ from example to example (McCandlish et al. 2018, appendix A.1).
///
/// The gradient ĝ of the mean loss over b examples has E‖ĝ‖² = ‖G‖² + tr(Σ)/b, with G the gradient of the whole
/// distribution and Σ the covariance of single examples' gradients. A mini-batch of B examples and its shards of
/// b_s examples each give two such equations, hence unbiased estimates of both unknowns:
///
///     tr(Σ) = (mean ‖g_s‖² − ‖g_B‖²) / (mean 1/b_s − 1/B)
///     ‖G‖²  = ‖g_B‖² − tr(Σ)/B
///
/// Single measurements are noisy, and ‖G‖² may come out negative: divide means over many steps, never single
/// measurements. The estimate neglects that batch norm makes shards depend on each other.
///
/// Reference: McCandlish, Kaplan, Amodei, "An Empirical Model of Large-Batch Training", 2018, arXiv:1812.06162.
package struct GradientNoise: Sendable, Equatable {
    /// The estimate of tr(Σ), in squared units of the gradient.
    package let variance: Double
    /// The estimate of ‖G‖².
    package let squaredNorm: Double

    /// The estimates from one mini-batch; nil if only one shard has examples.
    ///
    /// - Parameters:
    ///   - shardSquares: ‖·‖² of each shard's part of the gradient of the mini-batch's mean loss; 0 for empty shards.
    ///   - shardCounts: Examples of each shard.
    ///   - square: ‖g_B‖².
    package init?(shardSquares: [Double], shardCounts: [Int], square: Double) {
        let batch = Double(shardCounts.reduce(0, +))
        let shards = zip(shardSquares, shardCounts).filter { $0.1 > 0 }
        guard shards.count > 1 else { return nil }
        // A shard's part is n_s/B of the gradient of its own mean loss.
        let own = shards.map { square, count in square * (batch / Double(count)) * (batch / Double(count)) }
        let mean = own.reduce(0, +) / Double(own.count)
        let inverse = shards.map { 1 / Double($0.1) }.reduce(0, +) / Double(shards.count)
        variance = (mean - square) / (inverse - 1 / batch)
        squaredNorm = square - variance / batch
    }
}

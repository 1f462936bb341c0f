import CKernels
import Cluster
import Datasets
import Layers
import Spectrum

/// Measures the curvature of a mini-batch's loss between a step's gradient and its update. Training reads nothing that
/// it changes.
///
/// It keeps the memory of a product with the Hessian from the start, and during a measurement up to `mostProducts`
/// vectors of the parameters' size, in slices over the ranks.
final class CurvatureMeter {
    private let hessian: HessianProduct
    private let space: HessianSpace
    /// The settings of the mean loss, in which each measured mini-batch replaces the data set.
    private let objective: DatasetObjective
    private let cluster: Cluster

    /// The most products for the largest eigenvalue.
    private static let mostProducts = 12
    /// The residual at which the largest eigenvalue is accepted, as a share of it.
    private static let residual = 0.01

    /// Plans the product for mini-batches of `settings`; collective over the cluster.
    init(cluster: Cluster, state: ModelState, settings: ReplicaSettings, maker: BatchMaker) throws {
        self.cluster = cluster
        let usual = min(settings.batch, maker.examples.layout.count)
        var objective = DatasetObjective(
            order: EpochOrder(inOrder: usual, batchSize: max(1, usual)), maker: maker,
            shards: settings.shards, workers: settings.workers, dropoutKey: dt_philox_key(word: (0, 0)))
        objective.largestBatch = settings.largestBatch
        objective.isInStep = true
        self.objective = objective
        hessian = try HessianProduct(
            cluster: cluster, state: state, objective: objective, givesSlopes: true)
        space = HessianSpace(hessian, seed: settings.seed, on: cluster)
    }

    /// Gives shared memory back; collective over the cluster.
    func free() throws { try hessian.free() }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws { try hessian.plan(batch: count) }

    /// The curvature of a mini-batch's loss; collective over the cluster.
    ///
    /// - Parameters:
    ///   - gradient: The mini-batch's gradient, laid out as the parameters; this rank reads its slices.
    ///   - square: ‖gradient‖².
    ///   - shards: ‖·‖² of each shard's part of the gradient, and each shard's number of examples.
    func measure(
        _ batch: Batch, dropoutKey: dt_philox_key, gradient: UnsafePointer<Float>, square: Double,
        shards: (squares: [Double], counts: [Int])
    ) throws -> StepCurvature {
        hessian.objective = objective.of(batch, dropoutKey: dropoutKey)
        let norm = square.squareRoot()
        // NaN if the gradient is not finite, 0 if it is 0.
        var gradientCurvature = 0 * square
        var products = shards.squares.map { _ in 0.0 }
        if norm > 0 {
            let unit = try hessian.slices.take(gradient).widened().rounded(times: 1 / norm)
            let (image, slopes) = try hessian.multiplyWithSlopes(unit)
            gradientCurvature = try image.dot(unit) * square
            products = slopes.map { $0 * norm }
        }
        return StepCurvature(
            lambdaMax: try largestEigenvalue(), gradientCurvature: gradientCurvature, squaredNorm: square,
            tests: BatchSizeTest(
                shardSquares: shards.squares, shardProducts: products, shardCounts: shards.counts,
                square: square))
    }

    private func largestEigenvalue() throws -> Double {
        do {
            var lanczos = try Lanczos(space, capacity: Self.mostProducts)
            while lanczos.products < Self.mostProducts, !lanczos.isComplete, !lanczos.isInvariant {
                try lanczos.step()
                guard let largest = try lanczos.ritzValues().last else { break }
                if largest.residual <= Self.residual * abs(largest.value) { break }
            }
            return try lanczos.ritzValues().last?.value ?? 0
        } catch is SpectrumError {
            return .nan
        }
    }
}

import CKernels
import Cluster
import Datasets
import Layers
import Spectrum

/// Measures the curvature of mini-batches' losses between a step's gradient and its update. It changes nothing that training
/// reads.
///
/// Its memory is that of a product with the Hessian, once planned, and at a measurement up to `mostProducts` vectors of the
/// parameters' size, in slices over the ranks.
final class CurvatureMeter {
    private let hessian: HessianProduct
    private let space: HessianSpace
    /// The mean loss that a mini-batch's takes the place of.
    private let objective: DatasetObjective
    private let cluster: Cluster

    /// Products for the largest eigenvalue, at most.
    private static let mostProducts = 12
    /// The part of the largest eigenvalue that its residual may be.
    private static let residual = 0.01

    /// Plans the product for mini-batches as `settings` say; collective over the cluster.
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

    /// Plans the programs of a mini-batch of `count` examples, so that the first of them does not wait.
    func plan(batch count: Int) throws { try hessian.plan(batch: count) }

    /// The curvature of a mini-batch's loss; collective over the cluster.
    ///
    /// - Parameters:
    ///   - gradient: Its gradient, laid out as the parameters; this rank reads its slices.
    ///   - square: ‖·‖² of it.
    ///   - shards: ‖·‖² of each shard's part, and its examples.
    func measure(
        _ batch: Batch, dropoutKey: dt_philox_key, gradient: UnsafePointer<Float>, square: Double,
        shards: (squares: [Double], counts: [Int])
    ) throws -> StepCurvature {
        hessian.objective = objective.of(batch, dropoutKey: dropoutKey)
        let norm = square.squareRoot()
        // Not a number where the gradient is none.
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

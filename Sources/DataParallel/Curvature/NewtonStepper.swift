import CKernels
import Cluster
import Datasets
import Layers
import Optimizers
import Spectrum

/// What a step of Newton's method did, the same on all ranks.
package struct NewtonReport: Sendable, Equatable {
    /// The radius of the trust region; nil without one.
    package var radius: Double?
    /// The number of products with the Hessian.
    package var products = 0
    /// dᵀHd/dᵀd of the direction of negative curvature that the step goes along; 0 where it meets none.
    package var negativeCurvature = 0.0
    /// Whether the weights have moved.
    package var isTaken = false
}

/// Takes the steps of `NewtonCG`.
///
/// Within a step the loss is a fixed function of the weights: the same mini-batches and augmentation, the same masks of
/// dropout, batch norm by the mini-batches' moments, states as before the step. States are updated, from the same
/// mini-batches, only if the new weights are kept.
///
/// Its memory is that of a product with the Hessian and of a loss, once planned, and during a step `bytesPerParameter` in slices
/// over the ranks; with Lanczos's method up to `iterations` vectors of Float32 more.
final class NewtonStepper {
    private let rule: NewtonCG
    private let cluster: Cluster
    private let state: ModelState
    private let seed: UInt64
    /// For each tensor of the layout, whether it decays.
    private let decays: [Bool]
    private let hessian: HessianProduct
    private let loss: DatasetLoss
    /// The planned mean loss, whose mini-batches those of a step replace.
    private let objective: DatasetObjective

    /// Five vectors of Float64 (gradient, step, residual, direction, product) and five of Float32 (the point, the trial, the
    /// direction as it is multiplied, each rank's and the node's, the step as it is added).
    static let bytesPerParameter = 5 * 8 + 5 * 4
    /// By how much rounding may make two evaluations of a mean loss differ, as a part of it: a few roundings of
    /// Float32.
    private static let lossRounding = 0x1p-20
    /// The part of a vector's norm below which products, made in Float32, say nothing.
    private static let productRounding = 1e-6

    /// Plans products and losses for mini-batches as `settings` say; collective over the cluster.
    ///
    /// - Parameter decays: For each tensor of the layout, whether it decays.
    init(
        _ rule: NewtonCG, cluster: Cluster, state: ModelState, settings: ReplicaSettings, maker: BatchMaker,
        decays: [Bool]
    ) throws {
        self.rule = rule
        self.cluster = cluster
        self.state = state
        self.decays = decays
        seed = settings.seed
        let usual = max(1, min(settings.batch, maker.examples.layout.count))
        var objective = DatasetObjective(
            order: EpochOrder(inOrder: usual, batchSize: usual), maker: maker, shards: settings.shards,
            workers: settings.workers, dropoutKey: dt_philox_key(word: (0, 0)))
        objective.largestBatch = settings.largestBatch
        objective.isInStep = true
        self.objective = objective
        hessian = try HessianProduct(cluster: cluster, state: state, objective: objective)
        loss = try DatasetLoss(cluster: cluster, state: state, objective: objective, updatesStates: true)
    }

    /// Gives shared memory back; collective over the cluster.
    func free() throws {
        try hessian.free()
        try loss.free()
    }

    /// Plans the programs for a mini-batch of `count` examples ahead, so that the first one need not wait.
    func plan(batch count: Int) throws {
        try hessian.plan(batch: count)
        try loss.plan(batch: count)
    }

    /// Takes a step; collective over the cluster. Throws `SpectrumError` on all ranks, with the weights as they were, where
    /// products are not finite.
    ///
    /// - Parameters:
    ///   - gradient: The gradient of the step's mean loss, laid out as the parameters; this rank reads its slices.
    ///   - memory: The rule's memory, see `NewtonCG.Memory`.
    ///   - gradientThere: Computes the gradient again, at the parameters' values when called.
    func take(
        _ step: TrainingStep, gradient: UnsafePointer<Float>, memory: inout [Double],
        gradientThere: () throws -> UnsafePointer<Float>
    ) throws -> NewtonReport {
        let objective = objective.of(step.batches, dropoutKey: step.dropoutKey)
        hessian.objective = objective
        loss.objective = objective
        let point = try ParameterPoint(state, slices: hessian.slices)
        let slope = try self.slope(gradient, at: point.origin)
        let space = HessianSpace(hessian, seed: seed, on: cluster)
        space.adds = { [self] vector, product in addDecay(of: vector, to: product) }
        var report = NewtonReport()
        switch rule.negativeCurvature {
        case .ignore: try jump(from: point, slope, in: space, &report)
        case .follow:
            var region = rule.region(memory)
            try follow(from: point, slope, in: space, &region, &report, gradientThere)
            memory[NewtonCG.Memory.radius] = region.radius
        }
        report.products = space.products
        if report.isTaken { try loss.updateStates() }
        return report
    }

    // MARK: Newton's step

    /// Takes the full step −H⁻¹g, whatever it does to the loss.
    private func jump(
        from point: ParameterPoint, _ slope: SlicedVector<Double>, in space: HessianSpace,
        _ report: inout NewtonReport
    ) throws {
        // For few parameters all elements of H cost no more products than MINRES may take.
        let step =
            space.dimension <= rule.iterations
            ? try space.denseSolution(slope, share: Self.productRounding)
            : try space.minres(slope, iterations: rule.iterations, tolerance: Self.productRounding)
        let square = try step.squaredNorm()
        guard square.isFinite else { throw SpectrumError.notFinite }
        guard square > 0 else { return }
        // sᵀHs = sᵀg for s = H⁻¹g.
        report.negativeCurvature = min(0, try step.dot(slope) / square)
        _ = try move(point, against: step.rounded())
        report.isTaken = true
    }

    // MARK: The trust region's step

    private func follow(
        from point: ParameterPoint, _ slope: SlicedVector<Double>, in space: HessianSpace,
        _ region: inout TrustRegion, _ report: inout NewtonReport,
        _ gradientThere: () throws -> UnsafePointer<Float>
    ) throws {
        report.radius = region.radius
        let start = try value(at: point.origin)
        guard start.isFinite else { return }
        let rounding = Self.lossRounding * abs(start)
        let norm = try slope.squaredNorm().squareRoot()
        var step = try space.steihaugTointStep(
            slope, radius: region.radius, iterations: rule.iterations,
            tolerance: max(min(rule.tolerance, norm.squareRoot()), Self.productRounding))
        if !step.isAtBoundary, step.decrease <= rounding,
            let other = try space.negativeCurvatureStep(
                slope, radius: region.radius, products: rule.iterations)
        {
            step = other
        }
        if case .negativeCurvature(let curvature) = step.end { report.negativeCurvature = curvature }
        guard step.length > 0 else { return }
        let trial = try move(point, against: step.vector.rounded(times: -1))
        let actual = start - (try value(at: trial))
        switch region.judge(
            predicted: step.decrease, actual: actual, rounding: rounding, length: step.length,
            isAtBoundary: step.isAtBoundary)
        {
        case .accepted: report.isTaken = true
        case .rejected: report.isTaken = false
        case .tooSmallToTell:
            // A step that leaves a saddle makes the gradient grow, so there the loss decides.
            report.isTaken =
                if case .negativeCurvature = step.end { actual >= 0 } else {
                    try self.slope(gradientThere(), at: trial).squaredNorm() < norm * norm
                }
        }
        if !report.isTaken { try point.restore() }
    }

    /// Moves the parameters to θ − direction.
    private func move(_ point: ParameterPoint, against direction: SlicedVector<Float>) throws
        -> SlicedVector<Float>
    {
        let count = hessian.slices.count
        return try point.move { weights in
            // The rule has neither scalars nor state, so any pointer will do.
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: 1) { state in
                state.initializeElement(at: 0, to: weights)
                guard let state = UnsafePointer(state.baseAddress) else { return }
                rule.update(
                    scalars: UnsafeBufferPointer<Double>(start: nil, count: 0), weights: weights,
                    gradient: direction.base, state: state, count: count, kernels: cluster.kernels)
            }
        }
    }

    // MARK: The objective

    /// The mean loss with its penalty, where the parameters are: at `weights`. Collective over the cluster.
    private func value(at weights: SlicedVector<Float>) throws -> Double {
        let mean = try loss.compute()
        guard rule.weightDecay > 0 else { return mean }
        let square = try weights.slices.sums(1) { block, sum in
            let start = weights.base + block.place
            sum[0] = decays[block.entry] ? Inner.product(start, start, block.count) : 0
        }[0]
        return mean + rule.weightDecay / 2 * square
    }

    /// The gradient of the mean loss with its penalty; `gradient`, that of the mean loss alone, is laid out as the
    /// parameters.
    private func slope(
        _ gradient: UnsafePointer<Float>, at weights: SlicedVector<Float>
    ) throws -> SlicedVector<Double> {
        let slope = try hessian.slices.take(gradient).widened()
        addDecay(of: weights, to: slope)
        return slope
    }

    /// result ← result + λ vector, where parameters decay.
    private func addDecay(of vector: SlicedVector<Float>, to result: SlicedVector<Double>) {
        guard rule.weightDecay > 0 else { return }
        for block in vector.slices.blocks where decays[block.entry] {
            for element in block.place..<block.place + block.count {
                result.base[element] += rule.weightDecay * Double(vector.base[element])
            }
        }
    }
}

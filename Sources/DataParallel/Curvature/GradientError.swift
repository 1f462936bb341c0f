import Cluster
import Datasets
import Layers
import Randomness

/// How far the gradient of n examples, drawn with replacement, is from that of all: about σ/√n, where σ² is the trace of the
/// covariance of single examples' gradients.
///
/// Reference: Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016, section 8.1.3.
package struct GradientError: Sendable, Equatable {
    /// Mini-batches of one size.
    package struct Row: Sendable, Equatable {
        /// n.
        package let examples: Int
        /// The root mean square of ‖gₙ − g‖ over `draws` mini-batches.
        package let error: Double
        /// σ/√n.
        package let expected: Double
    }

    /// Mini-batches of each size.
    package static let draws = 30
    /// The most examples whose own gradients are computed.
    package static let mostSingles = 256
    /// The sizes of mini-batches, as far as there are more examples.
    package static let sizes = [1, 10, 100, 1000]

    /// σ²: the mean of ‖gᵢ − g‖² over `singles` examples, unbiased as they are drawn without replacement.
    package let variance: Double
    /// The examples that σ² is measured on: all, or a seeded sample.
    package let singles: Int
    package let rows: [Row]

    /// Measures it; collective, the same at any number of ranks. Takes the gradients of `mostSingles` examples and of
    /// `draws` mini-batches of each size.
    ///
    /// - Parameter gradient: g, that of the mean loss of `objective`.
    package static func measure(
        cluster: Cluster, state: ModelState, objective: DatasetObjective, gradient: SlicedVector<Double>,
        seed: UInt64
    ) throws -> GradientError {
        let count = objective.count
        let sizes = sizes.filter { $0 < count }
        var planned = objective
        planned.largestBatch = max(1, sizes.last ?? 1)
        let derivative = try DatasetGradient(cluster: cluster, state: state, objective: planned)
        let all = (0..<objective.order.batchCount).flatMap { objective.order.rows[objective.order.batch($0)] }
        func square(_ rows: [Int32]) throws -> Double {
            planned.order = EpochOrder(inOrder: rows.count, subset: rows, batchSize: rows.count)
            derivative.objective = planned
            let part = try derivative.compute().gradient
            part.add(gradient, times: -1)
            return try part.squaredNorm()
        }
        let singles = min(count, mostSingles)
        let chosen = Permutation.shuffled(
            count: count, random: CounterRandom(seed: seed, purpose: .probe, stream: singleStream)
        ).prefix(singles).sorted()
        var variance = 0.0
        for place in chosen { variance += try square([all[Int(place)]]) }
        variance /= Double(max(1, singles))
        var rows: [Row] = []
        for (number, size) in sizes.enumerated() {
            let random = CounterRandom(
                seed: seed, purpose: .probe, stream: singleStream + 1 + UInt64(number))
            var sum = 0.0
            for draw in 0..<draws {
                sum += try square(
                    (0..<size).map { all[Int(random.below(UInt64(count), at: UInt64(draw * size + $0)))] })
            }
            rows.append(
                Row(
                    examples: size, error: (sum / Double(draws)).squareRoot(),
                    expected: (variance / Double(size)).squareRoot()))
        }
        try derivative.free()
        return GradientError(variance: variance, singles: singles, rows: rows)
    }

    /// Streams above those of all other probes.
    private static let singleStream: UInt64 = 1 << 43
}

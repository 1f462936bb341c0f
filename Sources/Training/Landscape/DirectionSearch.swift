import Cluster
import DataParallel
import Foundation
import Layers
import Messages
import Randomness
import Spectrum

/// The directions of a landscape, and what was found while computing them.
struct FoundDirections {
    /// What is known of directions besides their elements.
    struct Facts: Codable, Equatable {
        /// ‖∇L‖ along the gradient.
        var gradientNorm: Double?
        /// Along eigenvectors their eigenvalues, and the residuals of these.
        var eigenvalues: [Double] = []
        var residuals: [Double] = []
    }

    /// On rank 0 each direction by the model's variables, row-major; nil elsewhere.
    let values: [[[Float]]]?
    let facts: Facts
}

/// Finds the directions of a landscape around a model's parameters.
struct DirectionSearch {
    let loaded: LoadedModel
    /// The loss whose gradient and curvature are used.
    let objective: DatasetObjective
    /// The seed of random directions and start vectors.
    let seed: UInt64

    private var cluster: Cluster { loaded.cluster }
    private var state: ModelState { loaded.state }
    private var variables: [TracedModel.Variable] { state.model.variables }

    /// The directions; collective over the cluster.
    ///
    /// - Parameter other: On rank 0 the weights at the end of a line, by the model's variables.
    func find(_ along: LandscapeDirections, other: [[Float]]?) throws -> FoundDirections {
        switch along {
        case .gradient: try gradient()
        case .eigenvectors: try eigenvectors()
        case .plane: try onRoot { try plane() }
        case .line(let path): try onRoot { [try line(to: other ?? [], path)] }
        case .permutation: try onRoot { [try line(to: other ?? [], "the permuted network")] }
        case .outputs: try onRoot { [] }
        case .path: preconditionFailure("the directions of paths are found with their plane")
        }
    }

    private func onRoot(_ body: () throws -> [[[Float]]]) throws -> FoundDirections {
        var values: [[[Float]]]?
        try cluster.agree(Result { if cluster.rank == 0 { values = try body() } })
        return FoundDirections(values: values, facts: FoundDirections.Facts())
    }

    /// On rank 0, vectors by the model's variables, with zeros for those that are not trainable; nil elsewhere.
    /// Collective.
    private func gathered(_ vectors: [SlicedVector<Float>], _ slices: ParameterSlices) throws -> [[[Float]]]?
    {
        var all: [[[Float]]] = []
        for vector in vectors {
            let parts = try slices.values(vector)
            guard cluster.rank == 0 else { continue }
            all.append(
                variables.indices.map { place in
                    let part = place < parts.count ? parts[place] : []
                    return part.isEmpty ? zeros(place) : part
                })
        }
        return cluster.rank == 0 ? all : nil
    }

    private func zeros(_ variable: Int) -> [Float] {
        Array(repeating: 0, count: variables[variable].count)
    }

    // MARK: From derivatives

    private func gradient() throws -> FoundDirections {
        let derivative = try DatasetGradient(cluster: cluster, state: state, objective: objective)
        let (gradient, loss) = try loaded.progress.during("landscape: the gradient") {
            try derivative.compute()
        }
        let norm = try gradient.squaredNorm().squareRoot()
        let unit = try gradient.rounded(times: norm > 0 ? 1 / norm : 0)
        let values = try gathered([unit], derivative.slices)
        try derivative.free()
        guard let loss, loss.isFinite, norm.isFinite else {
            throw TrainingError(
                .diverged,
                "the loss or its gradient is not finite at these weights: draw the landscape of an earlier checkpoint"
            )
        }
        guard norm > 0 else {
            throw TrainingError(
                .configuration,
                "the gradient is exactly 0 at these weights, which is no direction: give --along eigenvectors or --along plane"
            )
        }
        return FoundDirections(values: values, facts: FoundDirections.Facts(gradientNorm: norm))
    }

    private func eigenvectors() throws -> FoundDirections {
        let hessian = try HessianProduct(cluster: cluster, state: state, objective: objective)
        do {
            let found = try eigenvectors(HessianSpace(hessian, seed: seed, on: cluster))
            try hessian.free()
            return found
        } catch let error as SpectrumError {
            // Thrown on all ranks.
            try hessian.free()
            throw error
        }
    }

    private func eigenvectors(_ space: HessianSpace) throws -> FoundDirections {
        let work = CountedWork(
            "landscape: eigenvectors", "Hessian product", isEstimate: true, on: loaded.progress)
        defer { work.end() }
        let most = DiagnosisOptions().products
        space.onProduct = { [unowned space] in
            work.advance(space.products, of: min(space.dimension, most) + 2)
        }
        let room = max(
            Diagnoser.fewestVectors, Diagnoser.basisBytes(space.dimension) / (4 * space.dimension))
        var lanczos = try Lanczos(space, capacity: max(4, min(room, most)))
        while lanczos.products < most, !lanczos.isComplete {
            try lanczos.step()
            guard lanczos.products >= min(2, space.dimension) else { continue }
            if lanczos.isInvariant { break }
            if lanczos.products % 5 == 0, try isConverged(lanczos) { break }
        }
        let last = try lanczos.ritzValues().count - 1
        guard last > 0 || space.dimension == 1 else { throw SpectrumError.notFinite }
        let vectors = try lanczos.ritzVectors(last > 0 ? [last, 0] : [0])
        var facts = FoundDirections.Facts()
        for vector in vectors {
            let image = try space.product(vector)
            let square = try vector.squaredNorm()
            let value = try image.dot(vector) / square
            image.add(vector, times: -value)
            facts.eigenvalues.append(value)
            facts.residuals.append(try (image.squaredNorm() / square).squareRoot())
        }
        return FoundDirections(values: try gathered(vectors, space.hessian.slices), facts: facts)
    }

    private func isConverged(_ lanczos: Lanczos<HessianSpace>) throws -> Bool {
        let ritz = try lanczos.ritzValues()
        guard let low = ritz.first, let high = ritz.last, ritz.count > 2 else { return false }
        return max(low.residual, high.residual) <= 1e-4 * max(abs(low.value), abs(high.value))
    }

    // MARK: From weights

    /// Two directions of normal numbers d, times ‖θ_f‖ / ‖d_f‖ for each filter f: the elements of one index of a
    /// weight's first dimension, which make one output of a layer. Biases, and the scales and shifts of normalizations,
    /// get 0.
    private func plane() throws -> [[[Float]]] {
        let directions = (0..<2).map { direction in
            variables.indices.map { place -> [Float] in
                let variable = variables[place]
                guard variable.isTrainable, variable.role == .weight, variable.shape.count > 1 else {
                    return zeros(place)
                }
                let stream = Self.planeStream + UInt64(direction) << 32 + UInt64(place)
                return Self.normalized(
                    filterWise: state.value(place), filters: variable.shape[0],
                    CounterRandom(seed: seed, purpose: .probe, stream: stream))
            }
        }
        guard directions.allSatisfy({ $0.contains { $0.contains { $0 != 0 } } }) else {
            throw TrainingError(
                .configuration,
                "the model has no weights of two dimensions or more that are not 0, to which random directions are normalized: give --along eigenvectors"
            )
        }
        return directions
    }

    /// A stream above those of random vectors, of `ParameterPoint.shake` and of samples.
    private static let planeStream: UInt64 = 1 << 42

    /// Normal numbers in which each filter has the norm of the same filter of `weights`.
    static func normalized(filterWise weights: [Float], filters: Int, _ random: CounterRandom) -> [Float] {
        let width = weights.count / max(1, filters)
        var direction: [Float] = []
        direction.reserveCapacity(weights.count)
        for filter in 0..<filters {
            let place = filter * width
            let numbers = (0..<width).map { random.normal(at: UInt64(place + $0)) }
            let own = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let wanted = weights[place..<place + width].reduce(0.0) { $0 + Double($1) * Double($1) }
                .squareRoot()
            let factor = own > 0 ? wanted / own : 0
            for number in numbers { direction.append(Float(factor * number)) }
        }
        return direction
    }

    /// The difference of other weights and statistics from the current ones, in Float32.
    private func line(to other: [[Float]], _ path: String) throws -> [[Float]] {
        let difference = other.enumerated().map { place, values in
            zip(values, state.value(place)).map { $0 - $1 }
        }
        guard difference.contains(where: { $0.contains { $0 != 0 } }) else {
            throw TrainingError(.badFile, "\(path) holds the same weights: there is no line to them")
        }
        guard difference.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw TrainingError(.badFile, "\(path) lies so far away that the difference is no Float32")
        }
        return difference
    }
}

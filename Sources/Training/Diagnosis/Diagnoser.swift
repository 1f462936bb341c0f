import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages
import Optimizers
import Spectrum

/// Looks around the point at which a model's parameters stand; every rank gets the same result.
///
/// What it computes from is sums in the fixed tree alone, so that the verdict and every digit are the same at any number of
/// ranks.
struct Diagnoser {
    let cluster: Cluster
    let state: ModelState
    let objective: DatasetObjective
    let options: DiagnosisOptions
    /// What the set of data is called.
    let data: String
    /// The optimizer that came here; nil for none.
    let optimizer: OptimizerConfiguration?
    /// The rate of its last step.
    let rate: Double?
    /// Where work is told of.
    var progress = ProgressLine.silent

    /// The parameters and the direction in which the loss falls from a point.
    struct Outcome {
        var diagnosis: Diagnosis
        /// The direction of the most negative curvature.
        let direction: SlicedVector<Float>
    }

    /// Looks around, and moves the parameters where the options say so and the loss falls; collective over the cluster.
    func run() throws -> Diagnosis {
        var outcome = try look()
        let isCandidate = outcome.diagnosis.verdict == .saddle
        if isCandidate || options.escapes && !options.escapesSaddlesOnly {
            let descent = try descend(outcome)
            outcome.diagnosis.descent = descent
            if isCandidate, let why = descent.why {
                outcome.diagnosis.verdict = .undecided
                outcome.diagnosis.because =
                    "products with the Hessian show curvature of both signs, but along the negative one \(why): a larger sample or Float64 would tell"
            }
        }
        return outcome.diagnosis
    }

    // MARK: The point

    private struct Ends {
        var largest: [Diagnosis.Eigenvalue]
        var smallest: [Diagnosis.Eigenvalue]
        var lowest: SlicedVector<Float>
        var error: Double
        var highest: SlicedVector<Float>
    }

    private func look() throws -> Outcome {
        let slices = ParameterSlices(cluster: cluster, layout: state.layout)
        let point = try ParameterPoint(state, slices: slices)
        let weightNorm = try point.origin.squaredNorm().squareRoot()
        let start = try progress.during("diagnosing: the loss and its gradient") { try gradients(point) }
        let hessian = try HessianProduct(cluster: cluster, state: state, objective: objective)
        do {
            let space = HessianSpace(hessian, seed: options.seed, on: cluster)
            let work = try tell(of: space)
            defer { work.end() }
            let outcome = try look(at: point, weightNorm: weightNorm, start, in: space)
            try hessian.free()
            return outcome
        } catch let error as SpectrumError {
            // All ranks have met it.
            try hessian.free()
            throw error
        }
    }

    /// Tells of the products with the Hessian that a look takes.
    private func tell(of space: HessianSpace) throws -> CountedWork {
        let work = CountedWork("diagnosing", "Hessian product", isEstimate: true, on: progress)
        // A verdict takes those of the ends beside.
        let expected = try chooseDense(space.dimension) ? space.dimension : options.products
        space.onProduct = { [unowned space] in work.advance(space.products, of: expected + 5) }
        return work
    }

    private func look(
        at point: ParameterPoint, weightNorm: Double, _ start: Start, in space: HessianSpace
    ) throws -> Outcome {
        let isDense = try chooseDense(space.dimension)
        try requireRoom(
            forEigenvectorsOf: isDense ? space.dimension : min(space.dimension, options.products + 1))
        let spectrum = try isDense ? denseSpectrum(space) : krylovSpectrum(space)
        let ends = try measure(spectrum, in: space, at: point)
        let scale = max(abs(ends.largest[0].value), abs(ends.smallest[0].value))
        let epsilon = options.epsilon ?? max(1e-5 * scale, ends.error)
        let shares = try spectrum.shares(epsilon, in: space)
        let gradientCurvature = try curvature(along: start.gradient, norm: start.norm, in: space)
        let trace =
            options.estimatesTrace
            ? try spectrum.all.map { (value: $0.reduce(0, +), error: 0) }
                ?? estimatedTrace(space) : nil
        let products = space.products

        let width = max(ends.largest[0].value - ends.smallest[0].value, .leastNormalMagnitude)
        let critical = criticality(start, weightNorm: weightNorm, scale: scale)
        let positive = spectrum.smallest(above: epsilon)
        // What a penalty adds to every eigenvalue of the loss that then decides.
        let exempt = (optimizer?.noDecay ?? []).isEmpty ? decay : 0
        let decayOfAll = critical.byDecay ? exempt : 0
        var diagnosis = Diagnosis(
            verdict: .undecided, because: "", loss: start.loss, gradientNorm: start.norm,
            gradientNoise: start.noise, weightNorm: weightNorm, decayedGradientNorm: start.decayedNorm,
            zeroGradients: start.zeroGradients,
            decay: decay, largest: ends.largest, smallest: ends.smallest, minimumRatio: shares.positive,
            zeroRatio: shares.zero, negativeRatio: shares.negative,
            index: spectrum.all.map { all in all.filter { $0 < -epsilon }.count },
            density: try spectrum.density(in: space), epsilon: epsilon, productError: ends.error,
            missProbability: spectrum.isComplete
                ? 0
                : Lanczos<HessianSpace>.probabilityOfMissing(
                    share: (ends.smallest[0].value + decayOfAll + epsilon) / width,
                    dimension: space.dimension,
                    products: spectrum.steps),
            missedCurvature: spectrum.isComplete
                ? min(0, ends.smallest[0].value + decayOfAll)
                : min(
                    0,
                    ends.smallest[0].value + decayOfAll - width
                        * Lanczos<HessianSpace>.shareMissed(
                            probability: 0.05, dimension: space.dimension, products: spectrum.steps)),
            criticalRatio: critical.ratio, tolerance: options.tolerance, isDecidedByDecay: critical.byDecay,
            condition: positive.map { ends.largest[0].value / $0 }, gradientCurvature: gradientCurvature,
            trace: trace, stepping: stepping(start, gradientCurvature, ends.largest[0].value), descent: nil,
            usesBatchStatistics: objective.mode.usesBatchStatistics, dropsOut: objective.mode.dropsOut,
            data: data, examples: objective.count, parameters: space.dimension, products: products,
            isDense: isDense, history: nil)
        let shifts = try (
            low: critical.byDecay ? decay * decayShare(ends.lowest) : 0,
            high: critical.byDecay ? decay * decayShare(ends.highest) : 0
        )
        VerdictRule(diagnosis: diagnosis, isCritical: critical.isCritical, shifts: shifts).decide(&diagnosis)
        return Outcome(diagnosis: diagnosis, direction: ends.lowest)
    }

    private struct Start {
        let loss: Double
        let gradient: SlicedVector<Double>
        let norm: Double
        let noise: Double
        let decayedNorm: Double?
        let zeroGradients: [String]
    }

    /// The loss and its gradient, and what of them Float32 cannot tell.
    private func gradients(_ point: ParameterPoint) throws -> Start {
        let derivative = try DatasetGradient(cluster: cluster, state: state, objective: objective)
        let (gradient, loss) = try derivative.compute()
        let norm = try gradient.squaredNorm().squareRoot()
        guard let loss, loss.isFinite, norm.isFinite else {
            throw TrainingError(
                .diverged,
                "the loss or its gradient is not finite at these weights: there is nothing around such a point; diagnose an earlier checkpoint"
            )
        }
        try point.shake(seed: options.seed)
        let shaken = try derivative.compute().gradient
        try point.restore()
        try derivative.free()
        let difference = try shaken.rounded().widened()
        difference.add(gradient, times: -1)
        var decayed: Double?
        if decay > 0 {
            let sum = try decayPart(of: point.origin)
            sum.add(gradient, times: 1)
            decayed = try sum.squaredNorm().squareRoot()
        }
        return Start(
            loss: loss, gradient: gradient, norm: norm,
            noise: try difference.squaredNorm().squareRoot(), decayedNorm: decayed,
            zeroGradients: try zip(state.layout.entries, gradient.tensorSquares()).filter { $1 == 0 }.map {
                state.model.variables[$0.0.variable].name
            }.sorted())
    }

    /// Whether the point is critical, by the gradient that training follows where the optimizer has coupled decay.
    private func criticality(
        _ start: Start, weightNorm: Double, scale: Double
    ) -> (isCritical: Bool, ratio: Double, byDecay: Bool) {
        func test(_ norm: Double) -> (isCritical: Bool, ratio: Double) {
            let ratio = norm == 0 ? 0 : norm / (scale * weightNorm)
            return (norm <= options.tolerance * scale * weightNorm || norm <= start.noise, ratio)
        }
        let plain = test(start.norm)
        guard let decayed = start.decayedNorm, !plain.isCritical else {
            return (plain.isCritical, plain.ratio, false)
        }
        let other = test(decayed)
        return other.isCritical ? (true, other.ratio, true) : (false, plain.ratio, false)
    }

    // MARK: The spectrum

    /// Whether all eigenvalues are computed; throws where that was asked for and cannot be.
    private func chooseDense(_ dimension: Int) throws -> Bool {
        let most = 10_000
        if options.isDense == true, dimension > most {
            throw TrainingError(
                .configuration,
                "all eigenvalues of \(dimension) parameters are too many, at most \(most) can be had: leave out --dense"
            )
        }
        let isCheap =
            dimension <= Self.cheapDimension
            && dimension * objective.count <= Self.cheapElements
        return options.isDense ?? isCheap
    }

    /// Parameters, and parameters times examples, up to which all eigenvalues are computed unless told otherwise: minutes of
    /// work at the most.
    static let (cheapDimension, cheapElements) = (2_000, 40_000_000)

    /// Throws unless rank 0 has memory to decompose a matrix (size, size); collective.
    private func requireRoom(forEigenvectorsOf size: Int) throws {
        try cluster.agree(
            Result {
                guard cluster.rank != 0 || SymmetricEigen.hasRoom(size: size) else {
                    throw ResourceError(
                        "there is no memory for the eigenvectors of a matrix of \(size) rows: allow more (ulimit -v), or leave out --dense"
                    )
                }
            })
    }

    private func denseSpectrum(_ space: HessianSpace) throws -> FoundSpectrum {
        let dimension = space.dimension
        let matrix = try space.matrix()
        let packed = try space.decided {
            guard let matrix, let eigen = SymmetricEigen(matrix, size: dimension) else { return nil }
            let wanted = min(options.eigenvalues, dimension)
            let rows = Array(0..<wanted) + Array((dimension - wanted)..<dimension)
            return eigen.values
                + rows.flatMap { eigen.vectors[$0 * dimension..<($0 + 1) * dimension] }
        }
        guard let packed else { throw SpectrumError.notFinite }
        let wanted = min(options.eigenvalues, dimension)
        func vector(_ row: Int) throws -> SlicedVector<Float> {
            let first = dimension + row * dimension
            return try space.vector(packed[first..<first + dimension])
        }
        var found = FoundSpectrum(
            all: Array(packed[..<dimension].reversed()),
            lowest: try (0..<wanted).map { try vector(2 * wanted - 1 - $0) },
            highest: try (0..<wanted).map(vector))
        found.dimension = dimension
        found.isComplete = true
        return found
    }

    private func krylovSpectrum(_ space: HessianSpace) throws -> FoundSpectrum {
        let wanted = min(options.eigenvalues, max(1, space.dimension / 2))
        let room = max(Self.fewestVectors, Self.basisBytes(space.dimension) / (4 * space.dimension))
        var lanczos = try Lanczos(
            space, capacity: max(min(room, options.products), min(4 * wanted, space.dimension), 4))
        let most = options.products + 30 * (wanted - 1)
        while lanczos.products < most, !lanczos.isComplete {
            try lanczos.step()
            let isDue = lanczos.products >= Self.fewestProducts && lanczos.products % 5 == 0
            if lanczos.isInvariant, wanted == 1 { break }
            if isDue, try isConverged(lanczos, wanted) { break }
        }
        let ritz = try lanczos.ritzValues()
        let places = Array(0..<wanted) + Array((ritz.count - wanted)..<ritz.count)
        let vectors = try lanczos.ritzVectors(places.map { min(max(0, $0), ritz.count - 1) })
        var found = FoundSpectrum(
            lowest: Array(vectors[..<wanted]), highest: vectors[wanted...].reversed())
        found.tridiagonal = lanczos.tridiagonal
        found.isComplete = lanczos.isInvariant
        found.ritz = ritz.map(\.value)
        found.dimension = space.dimension
        if lanczos.isComplete { found.all = ritz.map(\.value) }
        return found
    }

    /// Vectors that a basis holds at least, however large they are.
    static let fewestVectors = 10
    /// Products at least, which the density is made of.
    private static let fewestProducts = 30

    /// What a basis may take on one rank: twice what weights, gradients and their sums take in training, and what small
    /// models never notice. It does not depend on the number of ranks, and neither do results.
    static func basisBytes(_ dimension: Int) -> Int { 2 * 3 * 4 * dimension + 64 << 20 }

    private func isConverged(_ lanczos: Lanczos<HessianSpace>, _ wanted: Int) throws -> Bool {
        let ritz = try lanczos.ritzValues()
        guard let low = ritz.first, let high = ritz.last, ritz.count > 2 * wanted else { return false }
        let limit = 1e-4 * max(abs(low.value), abs(high.value))
        return (ritz.prefix(wanted) + ritz.suffix(wanted)).allSatisfy { $0.residual <= limit }
    }

    /// The eigenvalues at the ends by their vectors, and the error of products with them.
    private func measure(
        _ found: FoundSpectrum, in space: HessianSpace, at point: ParameterPoint
    ) throws -> Ends {
        func measured(_ vector: SlicedVector<Float>) throws -> (Diagnosis.Eigenvalue, SlicedVector<Double>) {
            let image = try space.product(vector)
            let square = try vector.squaredNorm()
            let value = try image.dot(vector) / square
            let rest = try image.rounded().widened()
            rest.add(vector, times: -value)
            return (
                Diagnosis.Eigenvalue(
                    value: value, residual: try (rest.squaredNorm() / square).squareRoot()), image
            )
        }
        let lowest = try found.lowest.map(measured)
        let highest = try found.highest.map(measured)
        let (u, w) = (found.lowest[0], found.highest[0])
        let (hu, hw) = (lowest[0].1, highest[0].1)
        let asymmetry = abs(try hw.dot(u) - hu.dot(w))
        try point.shake(seed: options.seed)
        var error = asymmetry
        for (vector, image) in [(u, hu), (w, hw)] {
            let other = try space.product(vector)
            other.add(image, times: -1)
            error = max(error, abs(try other.dot(vector)))
        }
        try point.restore()
        return Ends(
            largest: highest.map(\.0), smallest: lowest.map(\.0), lowest: u, error: error, highest: w)
    }

    /// gᵀHg.
    private func curvature(
        along gradient: SlicedVector<Double>, norm: Double, in space: HessianSpace
    ) throws -> Double? {
        guard norm > 0 else { return 0 }
        let unit = try gradient.rounded(times: 1 / norm)
        return try space.product(unit).dot(unit) * norm * norm
    }

    private func estimatedTrace(_ space: HessianSpace) throws -> (value: Double, error: Double) {
        let estimate = try TraceEstimate(of: space, products: 30, start: 1000)
        return (estimate.value, estimate.error)
    }

    // MARK: Decay and steps

    /// w of the penalty ½w‖θ‖² that the optimizer couples to the loss.
    private var decay: Double { optimizer?.rule.penalty ?? 0 }

    /// wθ, where parameters decay.
    private func decayPart(of weights: SlicedVector<Float>) throws -> SlicedVector<Double> {
        let part = try weights.widened()
        part.scaleTensors { decays($0) ? decay : 0 }
        return part
    }

    /// The part of a unit vector's square that decays.
    private func decayShare(_ vector: SlicedVector<Float>) throws -> Double {
        let part = try vector.widened()
        part.scaleTensors { decays($0) ? 1 : 0 }
        return try part.squaredNorm()
    }

    private func decays(_ variable: Int) -> Bool {
        let role = state.model.variables[variable].role
        return !(optimizer?.noDecay ?? []).contains { $0.covers(role) }
    }

    private func stepping(_ start: Start, _ curvature: Double?, _ sharpness: Double) -> StepDiagnosis? {
        guard let optimizer else { return nil }
        let rate = rate ?? optimizer.learningRate
        guard rate > 0 else { return nil }
        let sgd = optimizer.rule as? SGD
        let momentum = sgd?.momentum ?? 0
        var stable: Double?
        if let sgd, sharpness > 0, optimizer.lookahead == nil {
            if sgd.nesterov {
                stable = 2 * (1 + momentum) / ((1 + 2 * momentum) * sharpness)
            } else if sgd.dampening == 0 {
                stable = 2 * (1 + momentum) / sharpness
            }
        }
        return StepDiagnosis(
            optimizer: optimizer.rule.name, rate: rate, momentum: momentum, stableRate: stable,
            gradientOverRate: start.norm * start.norm / rate, gradientCurvature: curvature ?? 0)
    }

    // MARK: Descent

    /// Looks along ± the direction of the most negative curvature for a lower loss, and leaves the parameters there where
    /// that was asked for; collective over the cluster.
    private func descend(_ outcome: Outcome) throws -> Diagnosis.Descent {
        let diagnosis = outcome.diagnosis
        let low = diagnosis.lambdaMin
        guard low.value + diagnosis.productError < 0 else {
            return Diagnosis.Descent(
                loss: diagnosis.loss, distance: 0,
                why:
                    "there is no direction of negative curvature: the smallest eigenvalue found is \(low.value)"
            )
        }
        let loss = try DatasetLoss(cluster: cluster, state: state, objective: objective)
        let slices = ParameterSlices(cluster: cluster, layout: state.layout)
        let point = try ParameterPoint(state, slices: slices)
        let penalty = diagnosis.isDecidedByDecay ? decay : 0
        func value(_ distance: Double) throws -> Double {
            try point.move(along: outcome.direction, by: distance)
            let own = try loss.compute()
            guard penalty > 0 else { return own }
            let moved = try decayPart(of: try slices.take(state))
            let square = try moved.squaredNorm()
            return own + square / (2 * penalty)
        }
        let here = try value(0)
        try point.shake(seed: options.seed)
        let noise = abs(try loss.compute() - diagnosis.loss)
        try point.restore()
        let search = LineSearch(curvature: abs(low.value), value: here, noise: noise)
        let found = try progress.during("diagnosing: looking for a lower loss") { try search.run(value) }
        guard let found else {
            try point.restore()
            try loss.free()
            return Diagnosis.Descent(
                loss: diagnosis.loss, distance: 0,
                why: "the loss does not fall by more than the \(noise) that rounding moves it")
        }
        try point.move(along: outcome.direction, by: found.distance)
        let after = try loss.compute()
        if !options.escapes { try point.restore() }
        try loss.free()
        return Diagnosis.Descent(loss: after, distance: found.distance, why: nil)
    }
}

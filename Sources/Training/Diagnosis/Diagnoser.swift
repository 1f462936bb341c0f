import CKernels
import Cluster
import DataParallel
import Datasets
import Foundation
import Layers
import Messages
import Optimizers
import Spectrum

/// Examines the loss around a model's parameters; every rank gets the same result.
///
/// It computes only from sums in the fixed tree, so that the verdict and every digit are the same at any number of
/// ranks.
struct Diagnoser {
    let cluster: Cluster
    let state: ModelState
    let objective: DatasetObjective
    let options: DiagnosisOptions
    /// The name of the data set, such as "train".
    let data: String
    /// The optimizer that led to these parameters; nil for none.
    let optimizer: OptimizerConfiguration?
    /// The learning rate of its last step; nil for the optimizer's own.
    let rate: Double?
    /// The schedule of the rate; nil for a constant rate.
    var schedule: StepDiagnosis.Schedule?
    /// ‖θ‖ of the run's first weights; nil where they are not known.
    var firstWeightNorm: Double?
    /// Shows the progress of the work.
    var progress = ProgressLine.silent

    /// A diagnosis, and the direction of the most negative curvature.
    struct Outcome {
        var diagnosis: Diagnosis
        let direction: SlicedVector<Float>
    }

    /// Diagnoses the point, and moves the parameters if the options say so and a lower loss is found; collective over
    /// the cluster.
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

    /// The eigenvalues at both ends, the outermost eigenvectors, and the error of products with these.
    struct Ends {
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
            // Thrown on all ranks.
            try hessian.free()
            throw error
        }
    }

    /// Shows the number of products with the Hessian as progress.
    private func tell(of space: HessianSpace) throws -> CountedWork {
        let work = CountedWork("diagnosing", "Hessian product", isEstimate: true, on: progress)
        // The verdict takes a few products more, with the vectors at the ends.
        let expected = try chooseDense(space.dimension) ? space.dimension : options.products
        let more = 5 + (options.looksFurther ? Self.mostChecks : 0)
        space.onProduct = { [unowned space] in work.advance(space.products, of: expected + more) }
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
        // What a penalty without exemptions adds to every eigenvalue, if the decayed gradient decides.
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
        if options.looksFurther {
            diagnosis.symmetries = try symmetries(
                isCritical: critical.isCritical && !critical.byDecay, epsilon: epsilon, at: point, in: space)
            diagnosis.ray = try ray(start, weightNorm: weightNorm, at: point)
        }
        if options.measuresGradientError { diagnosis.gradientError = try gradientError(start) }
        return Outcome(diagnosis: diagnosis, direction: ends.lowest)
    }

    /// The loss and its gradient where the parameters stand.
    struct Start {
        let loss: Double
        let gradient: SlicedVector<Double>
        let norm: Double
        let noise: Double
        let decayedNorm: Double?
        let zeroGradients: [String]
    }

    /// The loss and its gradient, and how much of the gradient is rounding of Float32.
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

    /// Whether the point is critical: by the loss's gradient or, failing that, by the gradient with the optimizer's
    /// coupled decay.
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
}

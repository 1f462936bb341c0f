import DataParallel
import Layers
import Randomness

/// What explains zero eigenvalues, and whether there is a minimum at all.
extension Diagnoser {
    /// The known symmetries at the point, of which a seeded sample is verified by products; collective.
    ///
    /// - Parameter epsilon: ε: a unit vector v with ‖Hv‖ up to it counts as one of eigenvalue 0.
    func symmetries(
        isCritical: Bool, epsilon: Double, at point: ParameterPoint, in space: HessianSpace
    ) throws -> Diagnosis.Symmetries {
        let values = state.model.variables.indices.map(state.value)
        let all = state.model.symmetries(usesBatchStatistics: objective.mode.usesBatchStatistics)
            .filter { $0.isKnown(at: values) }
        let kinds = TracedModel.Symmetry.Kind.allCases.filter { kind in all.contains { $0.kind == kind } }
        let claimable = kinds.filter { $0.holdsEverywhere || isCritical }
        let slices = space.hessian.slices
        var found: [Diagnosis.Symmetries.Kind] = []
        for (number, kind) in kinds.enumerated() {
            let own = all.filter { $0.kind == kind }
            let claimed = claimable.contains(kind) ? own.count : 0
            let limit = max(1, Self.mostChecks / max(1, claimable.count))
            let random = CounterRandom(
                seed: options.seed, purpose: .probe, stream: Self.symmetryStream + UInt64(number))
            let chosen = Permutation.shuffled(count: own.count, random: random)
                .prefix(claimed == 0 ? 0 : limit).sorted()
            var verified = 0
            for place in chosen {
                let symmetry = own[Int(place)]
                let direction = try slices.vector { symmetry.elements(of: $0, values: values[$0]) }
                let norm = try direction.squaredNorm().squareRoot()
                let unit = try direction.widened().rounded(times: 1 / norm)
                if try space.product(unit).squaredNorm().squareRoot() <= epsilon { verified += 1 }
            }
            found.append(
                Diagnosis.Symmetries.Kind(
                    name: kind.rawValue, directions: own.count, claimed: claimed, checked: chosen.count,
                    verified: verified))
        }
        return Diagnosis.Symmetries(kinds: found)
    }

    /// The most products that verify symmetries.
    static let mostChecks = 32
    /// Streams above those of all other probes.
    private static let symmetryStream: UInt64 = 1 << 44

    /// The loss at multiples of the weights; collective. The weights are left as they were.
    func ray(_ start: Start, weightNorm: Double, at point: ParameterPoint) throws -> Diagnosis.Ray? {
        guard weightNorm > 0 else { return nil }
        let loss = try DatasetLoss(cluster: cluster, state: state, objective: objective)
        let losses = try Diagnosis.Ray.factors.map { factor in
            try point.move(along: point.origin, by: factor - 1)
            return try loss.compute()
        }
        try point.restore()
        try loss.free()
        return Diagnosis.Ray(
            losses: losses, slope: try start.gradient.dot(point.origin) / weightNorm,
            firstNorm: firstWeightNorm, weightNorm: weightNorm,
            isCrossEntropy: state.model.loss.name.hasSuffix("cross_entropy"))
    }

    /// The error of mini-batches' gradients; throws where single examples have no gradients of their own. Collective.
    func gradientError(_ start: Start) throws -> GradientError {
        if objective.mode.usesBatchStatistics, state.model.usesBatchStatistics {
            throw TrainingError(
                .configuration,
                "examples have no gradients of their own where batch norm uses mini-batches' moments: measure the error of gradients with batch norm as in evaluation"
            )
        }
        guard state.model.loss.function.classWeights == nil else {
            throw TrainingError(
                .configuration,
                "the error of mini-batches' gradients is about means of examples, which the loss's class_weights are not: leave one of them out"
            )
        }
        return try progress.during("diagnosing: gradients of mini-batches") {
            try GradientError.measure(
                cluster: cluster, state: state, objective: objective, gradient: start.gradient,
                seed: options.seed)
        }
    }
}

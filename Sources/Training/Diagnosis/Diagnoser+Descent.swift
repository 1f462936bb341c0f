import DataParallel

/// The search for a lower loss along negative curvature.
extension Diagnoser {
    /// Searches along ± the direction of the most negative curvature for a lower loss, and leaves the parameters there
    /// if the options ask for an escape; collective over the cluster.
    func descend(_ outcome: Outcome) throws -> Diagnosis.Descent {
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

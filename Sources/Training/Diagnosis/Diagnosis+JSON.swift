import Graph

extension Diagnosis {
    /// The diagnosis as one JSON object on one line: no times, paths or numbers of ranks.
    package var json: String {
        var line = JSONLine()
        line.add("verdict", verdict.rawValue)
        line.add("verdict_because", because)
        line.add("loss", loss)
        line.add("gradient_norm", gradientNorm)
        line.add("gradient_noise", gradientNoise)
        line.add("weight_norm", weightNorm)
        if let decayedGradientNorm {
            line.add("decayed_gradient_norm", decayedGradientNorm)
            line.add("decided_by", isDecidedByDecay ? "decayed gradient" : "gradient")
        }
        line.add("zero_gradients", zeroGradients)
        line.add("critical_ratio", criticalRatio)
        line.add("tolerance", tolerance)
        line.add("lambda_max", lambdaMax.value)
        line.add("lambda_min", lambdaMin.value)
        line.add("residuals", [lambdaMax.residual, lambdaMin.residual])
        line.add("product_error", productError)
        line.add("epsilon", epsilon)
        line.add("minimum_ratio", minimumRatio.value)
        line.add("minimum_ratio_range", minimumRatio.range)
        line.add("zero_ratio", zeroRatio.value)
        line.add("zero_ratio_range", zeroRatio.range)
        line.add("negative_ratio", negativeRatio.value)
        line.add("negative_ratio_range", negativeRatio.range)
        if let index { line.add("index", index) } else { line.addNull("index") }
        line.add("miss_probability", missProbability)
        line.add("missed_curvature", missedCurvature)
        line.add("condition", condition)
        if largest.count > 1 {
            line.add("largest_eigenvalues", largest.map(\.value))
            line.add("largest_residuals", largest.map(\.residual))
            line.add("smallest_eigenvalues", smallest.map(\.value))
            line.add("smallest_residuals", smallest.map(\.residual))
        }
        if let trace {
            line.add("trace", trace.value)
            line.add("trace_error", trace.error)
        }
        line.add("gradient_curvature", gradientCurvature)
        if let stepping {
            line.add("learning_rate", stepping.rate)
            line.add("gradient_over_rate", stepping.gradientOverRate)
            line.add("stable_rate", stepping.stableRate)
        }
        if let descent {
            line.add("loss_after", descent.loss)
            line.add("distance", descent.distance)
            if let why = descent.why { line.add("no_descent_because", why) }
        }
        line.add("batch_norm", usesBatchStatistics ? "training" : "evaluation")
        line.add("dropout", dropsOut ? "on" : "off")
        if runPrecision != .float32 {
            line.add("precision", Precision.float32.rawValue)
            line.add("run_precision", runPrecision.rawValue)
        }
        line.add("data", data)
        line.add("examples", examples)
        line.add("parameters", parameters)
        line.add("products", products)
        line.add("spectrum", isDense ? "dense" : "lanczos")
        line.add("density", density.map { [$0.value, $0.weight] })
        line.addFurther(self)
        if let causes { line.add(causes) }
        return line.line
    }
}

extension JSONLine {
    /// Adds the findings, and the names of those that only a run's metrics can show.
    mutating func add(_ causes: FoundCauses) {
        add(
            "findings",
            causes.findings.map {
                [("finding", $0.name.rawValue), ("evidence", $0.evidence), ("key", $0.key)]
            })
        if !causes.needRun.isEmpty { add("findings_need_run", causes.needRun.map(\.rawValue)) }
    }

    fileprivate mutating func add(_ name: String, _ range: ClosedRange<Double>) {
        add(name, [range.lowerBound, range.upperBound])
    }
}

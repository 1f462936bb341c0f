import Messages

/// A diagnosis as text: the verdict and what to do first, then the numbers behind them.
package struct DiagnosisPage {
    let diagnosis: Diagnosis
    let output: String?

    /// - Parameter output: Where weights with a lower loss were written, if they were asked for.
    package init(_ diagnosis: Diagnosis, output: String? = nil) {
        self.diagnosis = diagnosis
        self.output = output
    }

    package var text: String {
        var lines = PageText.row("verdict", [Self.name(diagnosis.verdict), "since \(diagnosis.because)"])
        if let descent { lines += PageText.row("way out", [descent]) }
        lines += PageText.row("what next", advice)
        if let causes = diagnosis.causes { lines += PageText.row("findings", PageText.findings(causes)) }
        lines.append("")
        let precision = PageText.precision(ofRun: diagnosis.runPrecision).map { [$0] } ?? []
        lines += PageText.row("loss", [loss] + precision + diagnosis.notes)
        if !ray.isEmpty { lines += PageText.row("no minimum", ray) }
        lines += PageText.row("gradient", gradient)
        if !batches.isEmpty { lines += PageText.row("batches", batches) }
        lines += PageText.row("curvature", curvature)
        lines += PageText.row("eigenvalues", shares + symmetries)
        lines += PageText.row("density", histogram)
        if !steps.isEmpty { lines += PageText.row("steps", steps) }
        if !history.isEmpty { lines += PageText.row("the run", history) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func name(_ verdict: Diagnosis.Verdict) -> String {
        switch verdict {
        case .notCritical: "not a critical point"
        case .saddle: "saddle point"
        case .localMinimum: "local minimum"
        case .localMaximum: "local maximum"
        case .flat: "flat"
        case .undecided: "undecided"
        }
    }

    /// A number with four significant digits.
    func text(_ value: Double) -> String { ProgressReporter.significant(value, 4) }

    private func percent(_ share: Double) -> String { "\(ProgressReporter.significant(100 * share, 3)) %" }

    private var descent: String? {
        guard let descent = diagnosis.descent else { return nil }
        if let why = descent.why { return "none along the most negative curvature: \(why)" }
        let fall = PageText.pair(diagnosis.loss, descent.loss, digits: 4)
        let way =
            "along the most negative curvature the loss falls from \(fall.0) to \(fall.1), at the distance \(text(abs(descent.distance)))"
        return output.map {
            "\(way); such weights are in \($0): train on from them with --set init.weights=\($0)/weights.safetensors"
        } ?? way
    }

    /// The rate of the best plain step, where it is above the one in use and no more than the largest stable one; only a
    /// plain or heavy-ball step has such a rate.
    var usableRate: Double? {
        guard let stepping = diagnosis.stepping, let stable = stepping.stableRate else { return nil }
        return bestRate > stepping.rate && bestRate <= stable ? bestRate : nil
    }

    /// (gᵀg)² ÷ 2gᵀHg, what the best plain step gains by the quadratic model.
    var bestStepGain: Double? {
        guard let curvature = diagnosis.gradientCurvature, curvature > 0 else { return nil }
        let square = diagnosis.gradientNorm * diagnosis.gradientNorm
        return square * square / (2 * curvature)
    }

    /// How far the loss falls along the negative curvature; nil where it does not, or was not searched for.
    var descentGain: Double? {
        diagnosis.descent.flatMap { $0.why == nil ? diagnosis.loss - $0.loss : nil }
    }

    /// gᵀg ÷ gᵀHg.
    private var bestRate: Double {
        guard let curvature = diagnosis.gradientCurvature, curvature > 0 else { return .infinity }
        return diagnosis.gradientNorm * diagnosis.gradientNorm / curvature
    }

    private var loss: String {
        let set = ["train": "the training set", "validation": "the validation set", "test": "the test set"]
        return
            "\(text(diagnosis.loss)), the mean of \(counted(diagnosis.examples, "example")) of \(set[diagnosis.data] ?? diagnosis.data); batch norm as in \(diagnosis.usesBatchStatistics ? "training" : "evaluation"), dropout \(diagnosis.dropsOut ? "on" : "off"); \(counted(diagnosis.parameters, "parameter"))"
    }

    private var ratio: String {
        guard diagnosis.criticalRatio.isFinite else {
            return "‖θ‖ or all curvature is 0: critical where it is 0, too"
        }
        return
            "÷ (max |λ| · ‖θ‖) \(text(diagnosis.criticalRatio)), critical up to \(text(diagnosis.tolerance))"
    }

    private var gradient: [String] {
        var lines = [
            "norm \(text(diagnosis.gradientNorm)), of which rounding is \(text(diagnosis.gradientNoise)); \(ratio)"
        ]
        if let decayed = diagnosis.decayedGradientNorm {
            lines.append(
                "with the optimizer's weight decay \(text(diagnosis.decay)) \(text(decayed)); \(diagnosis.isDecidedByDecay ? "that" : "the one without") decided"
            )
        }
        return lines
    }

    private var curvature: [String] {
        func list(_ values: [Diagnosis.Eigenvalue]) -> String {
            values.map { "\(text($0.value)) (residual \(text($0.residual)))" }.joined(separator: ", ")
        }
        var lines = [
            "largest \(list(diagnosis.largest)); smallest \(list(diagnosis.smallest)); error of products \(text(diagnosis.productError))"
        ]
        if let condition = diagnosis.condition {
            lines.append(
                "condition \(diagnosis.isDense ? "" : "at least ")\(text(condition)): the largest ÷ the smallest above ε"
            )
        }
        if let trace = diagnosis.trace {
            lines.append("trace \(text(trace.value)) (standard error \(text(trace.error)))")
        }
        return lines
    }

    private var shares: [String] {
        func share(_ share: Diagnosis.Share) -> String {
            if share.range.upperBound - share.range.lowerBound > Diagnosis.Share.widestKnown {
                return "an unknown share"
            }
            return share.isExact
                ? percent(share.value)
                : "\(percent(share.value)) (\(percent(share.range.lowerBound)) to \(percent(share.range.upperBound)))"
        }
        let source =
            diagnosis.isDense
            ? "all \(diagnosis.parameters) were computed"
            : "from \(counted(diagnosis.products, "product")) with the Hessian"
        var lines = [
            "\(share(diagnosis.minimumRatio)) above ε = \(text(diagnosis.epsilon)) (the minimum ratio), \(share(diagnosis.zeroRatio)) zero, \(share(diagnosis.negativeRatio)) below −ε; \(source)"
        ]
        if let index = diagnosis.index { lines.append("index, the number of negative ones: \(index)") }
        return lines
    }

    /// The density by powers of ten of the largest |λ|, as rows of a bar chart.
    private var histogram: [String] {
        let scale = max(abs(diagnosis.lambdaMin.value), abs(diagnosis.lambdaMax.value))
        guard scale > 0 else { return ["all eigenvalues are 0"] }
        // Bins from the most negative on; the middle one holds what is nearest to zero.
        let most = Self.decades
        var weights = Array(repeating: 0.0, count: 2 * most + 1)
        for node in diagnosis.density {
            let share = abs(node.value) / scale
            var bin = most
            for decade in 0..<most where share > Self.power(decade + 1) {
                bin = node.value > 0 ? 2 * most - decade : decade
                break
            }
            weights[bin] += node.weight
        }
        return weights.indices.compactMap { bin in
            guard weights[bin] > 0 else { return nil }
            let decade = bin < most ? bin : 2 * most - bin
            let sign = bin < most ? "−" : bin > most ? "+" : "±"
            let range =
                bin == most
                ? "below \(text(scale * Self.power(most)))"
                : "\(text(scale * Self.power(decade + 1))) to \(text(scale * Self.power(decade)))"
            let bar = String(repeating: "█", count: Int((weights[bin] * 40).rounded()))
            return "\(sign) \(range.padding(24)) \(percent(weights[bin]).padding(10))\(bar)"
        }
    }

    private static let decades = 4

    /// 10^−exponent.
    private static func power(_ exponent: Int) -> Double {
        (0..<exponent).reduce(1.0) { power, _ in power / 10 }
    }

    private var steps: [String] {
        guard let stepping = diagnosis.stepping else { return [] }
        var lines = [
            "the plain step −ηg with η = \(text(stepping.rate)): gᵀHg \(text(stepping.gradientCurvature)), gᵀg/η \(text(stepping.gradientOverRate)): \(meaning(stepping.plainStep))"
        ]
        guard let stable = stepping.stableRate, let edge = stepping.edge else {
            lines.append(
                diagnosis.lambdaMax.value > 0
                    ? "the largest stable rate of \(stepping.optimizer) is not stated: it scales each weight by a state that weights alone do not hold"
                    : "there is no largest stable rate: no curvature is positive")
            return lines
        }
        let momentum = stepping.momentum > 0 ? " with momentum \(text(stepping.momentum))" : ""
        let place =
            edge > 1.1
            ? "above it: steps grow along the sharpest direction until the curvature falls"
            : edge > 0.8 ? "training sits at the edge of stability" : "well below it"
        lines.append(
            "largest stable rate of \(stepping.optimizer)\(momentum) \(text(stable)); the rate is \(text(edge)) of it: \(place)"
        )
        return lines
    }

    private func meaning(_ step: StepDiagnosis.PlainStep) -> String {
        switch step {
        case .falls: "it lowers the loss, short of the best such step"
        case .overshoots: "it lowers the loss, but overshoots the best such step"
        case .rises: "it raises the loss"
        }
    }

    private var history: [String] {
        guard let history = diagnosis.history else { return [] }
        var lines: [String] = []
        if let first = history.firstGradientNorm, let last = history.lastGradientNorm {
            let norms = PageText.pair(first, last, digits: 4)
            lines.append(
                "the gradient's norm went from \(norms.0) to \(norms.1) (mini-batches of the first and the last step logged)"
            )
        }
        if let first = history.losses.first, let last = history.losses.last, history.losses.count > 1 {
            let losses = PageText.pair(first, last, digits: 4)
            lines.append(
                "the last \(history.losses.count) steps logged took the mini-batches' loss from \(losses.0) to \(losses.1)\(last > 1.2 * first ? ": it rises" : "")"
            )
        }
        // The loss at these weights where it is known: an epoch's loss is a mean over weights that changed.
        let own = diagnosis.data == "train" && !diagnosis.isSample ? diagnosis.loss : nil
        if let training = own ?? history.trainingLoss, let test = history.testLoss ?? history.validationLoss {
            let set = history.testLoss == nil ? "validation" : "test"
            let ratio = test / training
            lines.append(
                "training loss \(text(training)), the last epoch's \(set) loss \(text(test))"
                    + (ratio > 1.5 ? ": the model fits the training set far better than the \(set) set" : ""))
        }
        return lines
    }
}

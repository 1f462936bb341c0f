import Messages

/// The page's advice on what to do next.
extension DiagnosisPage {
    var advice: [String] {
        var lines = generalAdvice
        // A loss of 0 has no gradient anywhere.
        if !diagnosis.zeroGradients.isEmpty, diagnosis.loss != 0 {
            let names = diagnosis.zeroGradients
            let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", ..." : "")
            lines.append(
                "The gradient is exactly 0 in \(counted(names.count, "tensor")): \(shown). Units behind them are dead (ReLUs that give 0 for every example, saturated sigmoids) or nothing tells them apart; other first values, a lower rate, or leaky_relu keep them alive."
            )
        }
        if diagnosis.data != "train" {
            lines.append(
                "All of this is about the \(diagnosis.data) set, whose loss has its minimum elsewhere than that of training."
            )
        } else if diagnosis.isSample {
            lines.append(
                "All of this is about a sample, whose loss has its minimum elsewhere than that of the whole training set."
            )
        }
        return lines
    }

    private var generalAdvice: [String] {
        switch diagnosis.verdict {
        case .notCritical: return adviceToGoOn
        case .saddle:
            var line = "this is no minimum: noise, momentum or a larger rate leave it slowly."
            if let gain = descentGain, let step = bestStepGain, gain < 2 * step {
                line +=
                    " Along the negative curvature \(text(gain)) is gained, by the best plain step \(text(step)): going on as before does as much."
            } else if output == nil {
                line +=
                    " dtrain diagnose --escape --output DIR moves the weights along the negative curvature at once, and training: {on_plateau: escape} does so by itself."
            }
            return [line]
        case .localMinimum:
            return [
                "optimization has done what it can from here. If the training loss is still high, compare it with a shallower model's: if that one's is lower, optimization has failed (start from other weights, with a larger rate or another initializer), else the model is too small. If only the test loss is high, the model fits too closely, or the test set is of another kind: more data, augmentation, weight decay, dropout, early stopping."
            ]
        case .localMaximum:
            return ["every direction leads down: any step, or --escape --output DIR, leaves it."]
        case .flat:
            return [
                "there is no curvature to tell a direction by: look for inputs without scale and weights that are all equal; start from other weights."
            ]
        case .undecided:
            return ["diagnose again as the reason says, or an earlier checkpoint."]
        }
    }

    /// Advice for a point that is not critical: on the rate, then on negative curvature if it gains more.
    private var adviceToGoOn: [String] {
        var lines = ["the gradient is large enough to go on along."]
        if let edge = diagnosis.stepping?.edge, let stable = diagnosis.stepping?.stableRate, edge > 1 {
            lines.append(
                "But the rate is \(text(edge)) of the largest stable one: steps grow along the sharpest direction. Lower it below \(text(stable)), warm it up, or clip gradients; weights that such a rate has thrown far off are better drawn anew."
            )
        } else {
            switch diagnosis.stepping?.plainStep {
            case .rises:
                lines.append(
                    "A plain step of this rate raises the loss (gᵀHg is above 2gᵀg/η): lower the rate, warm it up, or clip gradients."
                )
            case .overshoots:
                lines.append(
                    "A plain step of this rate goes beyond the best one (gᵀHg is above gᵀg/η): a lower rate, or one that decays, gets further."
                )
            case .falls, nil:
                lines.append(adviceOnTheRate)
            }
        }
        if let step = bestStepGain, step < 1e-3 * abs(diagnosis.loss),
            diagnosis.lambdaMin.value + diagnosis.productError < -diagnosis.epsilon
        {
            lines.append(
                "Yet the best plain step gains no more than \(text(step)), and there is negative curvature (\(text(diagnosis.lambdaMin.value))): a plateau beside a saddle. \(output == nil ? "dtrain diagnose --escape --output DIR, or training: {on_plateau: escape}, goes down along it." : "")"
            )
        }
        return lines
    }

    /// Advice on the rate if a plain step lowers the loss.
    private var adviceOnTheRate: String {
        let best = usableRate.map { "one of \(text($0)) would lower it most" }
        if let stepping = diagnosis.stepping, let schedule = stepping.spent {
            let step = best.map { " A plain step lowers the loss, and \($0)." } ?? ""
            return
                "The \(schedule.name) schedule has brought the rate down from \(text(schedule.highest)) to \(text(stepping.rate)), at which steps change next to nothing.\(step) A longer schedule, or training on from these weights under a new one, gets further."
        }
        guard let best else { return "More epochs get further." }
        let hasMomentum = diagnosis.stepping.map { $0.momentum > 0 } ?? false
        return
            "A plain step of this rate lowers the loss, and \(best): a higher rate\(hasMomentum ? "" : ", momentum") or more epochs get further."
    }
}

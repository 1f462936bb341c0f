import Optimizers
import Options

/// What `dtrain summary` says of a run's learning rate.
package enum RateSummary {
    /// The rate and its schedule, the sums of rates if the schedule went on without end, and for SGD with momentum the
    /// effective rate, which a gradient that does not change leads to; nothing for a rule without a rate.
    ///
    /// - Parameter batch: The examples of a mini-batch.
    package static func lines(_ settings: TrainingSettings, batch: Int) throws -> [String] {
        let rule = settings.optimizer.rule
        guard rule.takesLearningRate else { return [] }
        let schedule = try settings.schedule.schedule(
            baseRate: settings.optimizer.learningRate, batch: batch * settings.accumulate)
        let peak = schedule.scale * schedule.baseRate
        var lines = ["learning rate    \(text(peak)), schedule \(schedule.shape.name)"]
        if let sums = schedule.sums {
            lines.append("without end      \(sums)")
            let verdict =
                switch sums.meetsRobbinsMonro {
                case true?: "hold"
                case false?: "do not hold"
                case nil: "depend on the run"
                }
            lines.append("                 the Robbins-Monro conditions, Ση = ∞ and Ση² < ∞, \(verdict)")
        }
        guard rule.takesMomentum, let factor = rule.terminalFactor(momentum: nil) else { return lines }
        if schedule.movesMomentum {
            lines.append(
                "effective rate   lr / (1 - momentum) for a constant gradient, as the momentum moves")
        } else if factor.isFinite {
            lines.append(
                "effective rate   \(text(peak * factor)) for a constant gradient, \(text(factor)) times the rate"
            )
        } else {
            lines.append("effective rate   without bound for a constant gradient, as the momentum is 1")
        }
        return lines
    }

    /// Four digits hide the rounding of 1 - 0.9.
    private static func text(_ value: Double) -> String { ProgressReporter.significant(value, 4) }
}

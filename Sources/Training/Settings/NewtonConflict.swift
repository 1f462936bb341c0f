import Optimizers

extension TrainingSettings {
    /// The first setting that does not go together with steps of Newton's method; nil where all do, or there are none.
    var conflictWithNewton: SettingsConflict? {
        guard optimizer.rule.name == NewtonCG.name else { return nil }
        func conflict(_ key: String, _ problem: String, _ reason: String) -> SettingsConflict {
            SettingsConflict(key, "\(problem) beside optimizer \(NewtonCG.name), \(reason)")
        }
        if optimizer.lookahead != nil {
            return conflict(
                "optimizer.lookahead", "must be left out",
                "whose trust region knows the loss where a step ends, not where slow weights are")
        }
        if optimizer.isSharded {
            return conflict(
                "optimizer.sharded", "must be false",
                "which has no state to spread: its vectors lie in slices over all ranks anyway")
        }
        let isPlain = schedule.name == ConstantShape.name && !((try? rates())?.warmup.isLong ?? false)
        if !isPlain || schedule.scalesWithBatch || schedule.momentum != nil {
            return conflict(
                "schedule", "must be left out", "which has neither a learning rate nor a momentum to move")
        }
        if clipping != .off {
            return conflict(
                "training.clip", "must be left out",
                "whose steps are made of the whole gradient: optimizer.radius bounds their length")
        }
        if isDelayed {
            return conflict(
                "training.delayed", "must be false",
                "whose steps need gradient, curvature and loss at the same weights")
        }
        if exchange != .float32 {
            return conflict(
                "training.exchange", "must be float32",
                "whose conjugate gradients and decreases of the loss \(exchange.rawValue) would drown")
        }
        if precision != .float32 {
            return conflict(
                "training.precision", "must be float32",
                "whose conjugate gradients and decreases of the loss \(precision.rawValue) would drown")
        }
        if curvatureSteps != nil {
            return conflict(
                "logging.curvature", "must be left out",
                "which has no learning rate to compare curvature with, and logs the curvature it meets")
        }
        return nil
    }
}

import DataParallel

/// Trials of other rates than the run's.
extension CauseMeter {
    /// Tries lower rates from the run's first weights, and higher ones from its last; collective.
    func measureRates() throws {
        guard let course, measured.setup.rate > 0, let model = try scratch(data.model, ownTraining) else {
            return
        }
        if knowsFirstWeights { try tryLower(model, course) }
        if hasWeights, course.stillFalls, !course.isDiverged { try tryHigher(model) }
        try model.free()
    }

    /// Tries a tenth of the rate, a hundredth, ... until one does better than the run; collective.
    private func tryLower(_ model: ScratchModel, _ course: RunCourse) throws {
        let limit = options.causeSteps / 2
        let steps = course.isDiverged ? limit : min(limit, course.fullSteps)
        guard steps >= Self.fewestSteps else { return }
        let first = firstWeights
        var rate = measured.setup.rate
        // The rate of a run that diverged may be too high by any factor.
        for _ in 0..<(course.isDiverged ? 8 : 3) {
            rate /= 10
            work.expect(steps)
            measured.lowerRates.append(try trial(model, from: first, rate: rate, steps: steps))
            if RateTooHigh().finding(in: measured) != nil { break }
        }
    }

    /// Tries the run's own rate, then ten times it, a hundred times, ... until one does better; collective.
    private func tryHigher(_ model: ScratchModel) throws {
        let steps = max(Self.fewestSteps, options.causeSteps / 4)
        let rate = measured.setup.rate
        let start = try loss(model, at: weights)
        guard let start else { return }
        work.expect(steps)
        var trials = Measurements.HigherRates(
            start: start, own: try trial(model, from: weights, rate: rate, steps: steps), higher: [])
        var higher = rate
        for _ in 0..<7 {
            higher *= 10
            work.expect(steps)
            trials.higher.append(try trial(model, from: weights, rate: higher, steps: steps))
            measured.higherRates = trials
            if trials.higher.last?.loss == nil || RateTooLow().finding(in: measured) != nil { break }
        }
    }

    /// The fewest steps of a trial, and of the run that it is compared with.
    private static let fewestSteps = 10

    private func loss(_ model: ScratchModel, at values: [[Float]]?) throws -> Double? {
        try model.state.set(values)
        let loss = try model.totals().loss
        return loss.isFinite ? loss : nil
    }

    private func trial(
        _ model: ScratchModel, from values: [[Float]]?, rate: Double, steps: Int
    ) throws -> Measurements.RateTrial {
        let isFinite = try model.train(from: values, steps: steps, rate: { _ in rate })
        let loss = isFinite ? try model.totals().loss : nil
        return Measurements.RateTrial(
            rate: rate, steps: steps, loss: loss.flatMap { $0.isFinite ? $0 : nil })
    }
}

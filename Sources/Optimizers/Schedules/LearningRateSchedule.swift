/// The learning rate as a pure function of the optimizer step: a base rate, a shape, and a linear warm-up.
///
/// With s the index of the step, counted from 0, W the steps of the warm-up and shape(s) the shape's rate,
///
///     η(s) = shape(s) · (1/W + (1 − 1/W) s / W)    for s < W
///     η(s) = shape(s)                              for s ≥ W
///
/// so the first step takes 1/W of the rate and step W is the first to take all of it, as with
/// torch.optim.lr_scheduler.LinearLR(start_factor=1/W, total_iters=W). The warm-up always advances by step; a
/// warm-up of one step changes nothing.
///
/// The shape sees k and T counted behind the warm-up. By step, k = s − W and T is the steps of the run less
/// W. By epoch, k counts epochs from the one in which the warm-up ends (from the next, if it ends with an
/// epoch), which is k = 0, and T is the epochs from there to the last. During the warm-up k = 0.
///
/// The run's length is that of the configured epochs: a run that is stopped early or resumed follows the
/// same curve.
///
/// Defaults: constant, no warm-up, by step.
///
/// Reference for the warm-up: Goyal et al., "Accurate, Large Minibatch SGD", 2017, arXiv:1706.02677.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .cosine(), warmup: .epochs(0.4))
///     schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 44)    // 0.1: a quarter
///     schedule.rate(step: 2, stepsPerEpoch: 10, totalSteps: 44)    // 0.25: 5/8
///     schedule.rate(step: 4, stepsPerEpoch: 10, totalSteps: 44)    // 0.4
///     schedule.rate(step: 24, stepsPerEpoch: 10, totalSteps: 44)   // 0.2: halfway behind the warm-up
public struct LearningRateSchedule: Sendable {
    /// η₀, the rate at the end of the warm-up of a shape that starts at its full rate; at least 0.
    public let baseRate: Double
    /// How the rate moves behind the warm-up.
    public let shape: any ScheduleShape
    /// How long the rate rises at the start.
    public let warmup: LearningRateWarmup
    /// What the shape advances by.
    public let unit: ScheduleUnit

    /// Makes a schedule; throws on a base rate, shape or warm-up out of range.
    public init(
        baseRate: Double, shape: any ScheduleShape = .constant, warmup: LearningRateWarmup = .none,
        by unit: ScheduleUnit = .step
    ) throws(OptimizerError) {
        try AllowedNumbers.notNegative.check(baseRate, key: "lr")
        try shape.validate(baseRate: baseRate)
        switch warmup {
        case .epochs(let epochs): try AllowedNumbers.notNegative.check(epochs, key: warmup.key)
        case .steps(let steps): try AllowedNumbers.notNegative.check(Double(steps), key: warmup.key)
        }
        self.baseRate = baseRate
        self.shape = shape
        self.warmup = warmup
        self.unit = unit
    }

    /// Throws if the warm-up is longer than the run; to be asked once, before `rate`.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: optimizer steps per epoch, at least 1.
    ///   - totalSteps: optimizer steps of all configured epochs.
    public func validate(stepsPerEpoch: Int, totalSteps: Int) throws(OptimizerError) {
        let steps = warmup.steps(stepsPerEpoch: stepsPerEpoch)
        if steps > Double(totalSteps) {
            let run = "the run, which has \(totalSteps) steps of \(stepsPerEpoch) per epoch"
            throw OptimizerError(
                .conflict, key: warmup.key, value: warmup.value.description, allowed: "no longer than \(run)")
        }
    }

    /// W, the optimizer steps of the warm-up.
    ///
    /// - Precondition: `validate` accepts the run.
    public func warmupSteps(stepsPerEpoch: Int) -> Int {
        guard let steps = Int(exactly: warmup.steps(stepsPerEpoch: stepsPerEpoch)) else {
            preconditionFailure("a warm-up of \(warmup) at \(stepsPerEpoch) steps per epoch fits no run")
        }
        return steps
    }

    /// η of one optimizer step; evaluate it on one rank and send it, since libm differs by machine.
    ///
    /// - Parameters:
    ///   - step: s, the index of the step about to be taken, counted from 0 over the whole run.
    ///   - stepsPerEpoch: optimizer steps per epoch, at least 1.
    ///   - totalSteps: optimizer steps of all configured epochs, whether or not the run stops earlier.
    /// - Precondition: step < totalSteps, and `validate` accepts the run.
    public func rate(step: Int, stepsPerEpoch: Int, totalSteps: Int) -> Double {
        precondition(stepsPerEpoch >= 1, "an epoch has at least 1 step, not \(stepsPerEpoch)")
        precondition(
            step >= 0 && step < totalSteps, "step \(step) is outside a run of \(totalSteps) steps")
        let warm = warmupSteps(stepsPerEpoch: stepsPerEpoch)
        precondition(warm <= totalSteps, "a warm-up of \(warm) steps in a run of \(totalSteps)")

        let place = position(
            step: step, warmupSteps: warm, stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps)
        let full = shape.rate(baseRate: baseRate, at: place)
        guard step < warm else { return full }
        let start = 1 / Double(warm)
        return full * (start + (1 - start) * Double(step) / Double(warm))
    }

    private func position(
        step: Int, warmupSteps: Int, stepsPerEpoch: Int, totalSteps: Int
    ) -> SchedulePosition {
        let epoch = step / stepsPerEpoch
        switch unit {
        case .step:
            return SchedulePosition(
                index: max(0, step - warmupSteps), count: max(1, totalSteps - warmupSteps), epoch: epoch)
        case .epoch:
            let epochs = (totalSteps + stepsPerEpoch - 1) / stepsPerEpoch
            let first = warmupSteps / stepsPerEpoch
            return SchedulePosition(
                index: max(0, epoch - first), count: max(1, epochs - first), epoch: epoch)
        }
    }
}

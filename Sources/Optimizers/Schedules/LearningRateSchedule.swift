import Options

/// The learning rate as a pure function of the optimizer step: a base rate, a shape, and a linear warm-up.
///
/// With s the index of the step, counted from 0, W the steps of the warm-up and shape(s) the shape's rate,
///
///     η(s) = c f shape(s) · (1/W + (1 − 1/W) s / W)    for s < W
///     η(s) = c f shape(s)                              for s ≥ W
///
/// so the first step has 1/W of the rate and step W is the first with all of it, as with
/// torch.optim.lr_scheduler.LinearLR(start_factor=1/W, total_iters=W). The warm-up always advances by step; a warm-up
/// of one step changes nothing.
///
/// The shape is given k and T, counted from the end of the warm-up. By step, k = s − W and T is the run's steps less W.
/// By epoch, k = 0 is the epoch in which the warm-up ends (or the next, if it ends with an epoch), and T counts the
/// epochs from there to the last. During the warm-up k = 0.
///
/// c is the scale: 1, unless η grows with the batch. With B examples in a mini-batch and rates stated for a batch of
/// B₀, c = B/B₀. It multiplies every rate of the schedule, η₀ and the shape's own (`eta_min`, `base_lr`, `min_lr`,
/// ...), so that the curve keeps its form. If the batch grows during training, B is the first one.
///
/// f is the `PlateauState.factor` of a shape that watches a metric, and 1 for every other.
///
/// The length of the run is that of the configured epochs: a run that stops early or is resumed follows the same curve.
///
/// Defaults: constant, no warm-up, by step, scale 1, the update rule's own momentum.
///
/// Reference for the warm-up and the scale: Goyal et al., "Accurate, Large Minibatch SGD", 2017,
/// arXiv:1706.02677.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.4, shape: .cosine(), warmup: .epochs(0.4))
///     schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 44)    // 0.1: a quarter
///     schedule.rate(step: 2, stepsPerEpoch: 10, totalSteps: 44)    // 0.25: 5/8
///     schedule.rate(step: 4, stepsPerEpoch: 10, totalSteps: 44)    // 0.4
///     schedule.rate(step: 24, stepsPerEpoch: 10, totalSteps: 44)   // 0.2: halfway behind the warm-up
public struct LearningRateSchedule: Sendable {
    /// η₀, at least 0: the rate at the end of the warm-up, for shapes that start with the full rate.
    public let baseRate: Double
    /// The curve of the rate after the warm-up.
    public let shape: any ScheduleShape
    /// How long the rate rises at the start.
    public let warmup: LearningRateWarmup
    /// What the shape and a momentum schedule advance by, steps or epochs.
    public let unit: ScheduleUnit
    /// c, above 0: what every rate is multiplied by.
    public let scale: Double
    /// The schedule of the momentum; nil for the shape's own or the update rule's.
    public let momentum: MomentumSchedule?

    /// Makes a schedule; throws on a base rate, shape, warm-up or momentum out of range, and if a momentum is given
    /// with a shape that moves it itself.
    public init(
        baseRate: Double, shape: any ScheduleShape = .constant, warmup: LearningRateWarmup = .none,
        by unit: ScheduleUnit = .step, scale: Double = 1, momentum: MomentumSchedule? = nil
    ) throws(OptionError) {
        try AllowedNumbers.notNegative.check(baseRate, key: "lr")
        try shape.validate(baseRate: baseRate)
        switch warmup {
        case .epochs(let epochs): try AllowedNumbers.notNegative.check(epochs, key: warmup.key)
        case .steps(let steps): try AllowedNumbers.notNegative.check(Double(steps), key: warmup.key)
        }
        try AllowedNumbers.positive.check(scale, key: "scale_with_batch")
        try AllowedNumbers.notNegative.check(scale * baseRate, key: "scale_with_batch")
        try momentum?.validate()
        if momentum != nil && shape.momentum(at: .start) != nil {
            throw OptionError(
                .conflict, key: "cycle_momentum", value: "true",
                allowed: "false beside momentum, as \(shape.name) would move it, too")
        }
        self.baseRate = baseRate
        self.shape = shape
        self.warmup = warmup
        self.unit = unit
        self.scale = scale
        self.momentum = momentum
    }

    /// Throws if the warm-up is longer than the run, or if a rate of the run is outside Float32's range. Call it once,
    /// before `rate`.
    public func validate(_ run: RunShape) throws(OptionError) {
        if warmup.steps(in: run) > Double(run.totalSteps) {
            throw OptionError(
                .conflict, key: warmup.key, value: warmup.value.description,
                allowed: "no longer than the run, which has \(run)")
        }
        let last = rate(step: run.totalSteps - 1, in: run)
        guard Float(last).isFinite else {
            throw OptionError(
                .conflict, key: "name", value: shape.name,
                allowed: "a schedule whose rate stays finite; this one ends at \(last)")
        }
    }

    /// W, the optimizer steps of the warm-up.
    ///
    /// - Precondition: `validate` accepts the run.
    public func warmupSteps(in run: RunShape) -> Int {
        guard let steps = Int(exactly: warmup.steps(in: run)) else {
            preconditionFailure("a warm-up of \(warmup) fits no run of \(run)")
        }
        return steps
    }

    /// η of one optimizer step. Evaluate it on one rank and send it to the others, because libm differs between
    /// machines.
    ///
    /// - Parameters:
    ///   - step: s, the index of the step about to be taken, counted from 0 over the whole run.
    ///   - run: The configured run, whether or not it stops earlier.
    ///   - plateauFactor: f, the `PlateauState.factor` where the schedule has a `plateau`.
    /// - Precondition: step < run.totalSteps, and `validate` accepts the run.
    public func rate(step: Int, in run: RunShape, plateauFactor: Double = 1) -> Double {
        let warm = checkedWarmupSteps(step: step, in: run)
        let place = position(step: step, warmupSteps: warm, in: run)
        let full = scale * plateauFactor * shape.rate(baseRate: baseRate, at: place)
        guard step < warm else { return full }
        let start = 1 / Double(warm)
        return full * (start + (1 - start) * Double(step) / Double(warm))
    }

    /// The momentum of one optimizer step, or Adam's β₁; nil for the update rule's own. The arguments are those of
    /// `rate`.
    public func momentum(step: Int, in run: RunShape) -> Double? {
        let warm = checkedWarmupSteps(step: step, in: run)
        if let momentum { return momentum.momentum(step: step, in: run, by: unit) }
        return shape.momentum(at: position(step: step, warmupSteps: warm, in: run))
    }

    /// Whether `momentum` is ever not nil: the update rule must then take a momentum.
    public var movesMomentum: Bool { momentum != nil || shape.momentum(at: .start) != nil }

    /// The rule by which a metric lowers the rate; nil for schedules that watch no metric.
    public var plateau: PlateauRule? { (shape as? ReduceOnPlateauShape)?.rule }

    private func checkedWarmupSteps(step: Int, in run: RunShape) -> Int {
        precondition(
            step >= 0 && step < run.totalSteps, "step \(step) is outside a run of \(run.totalSteps) steps")
        let warm = warmupSteps(in: run)
        precondition(warm <= run.totalSteps, "a warm-up of \(warm) steps in a run of \(run.totalSteps)")
        return warm
    }

    private func position(step: Int, warmupSteps: Int, in run: RunShape) -> SchedulePosition {
        let epoch = run.epoch(of: step)
        switch unit {
        case .step:
            return SchedulePosition(
                index: max(0, step - warmupSteps), count: max(1, run.totalSteps - warmupSteps), epoch: epoch,
                epochs: step > warmupSteps ? run.epochs(from: warmupSteps, to: step) : 0,
                steps: max(0, step - warmupSteps), warmup: Double(warmupSteps))
        case .epoch:
            let first = run.epoch(of: warmupSteps)
            let index = max(0, epoch - first)
            return SchedulePosition(
                index: index, count: max(1, run.epochs - first), epoch: epoch, epochs: Double(index),
                steps: index > 0 ? run.firstStep(ofEpoch: epoch) - run.firstStep(ofEpoch: first) : 0,
                warmup: run.epochs(before: warmupSteps))
        }
    }
}

import Messages
import Options

extension LearningRateSchedule {
    /// The names of all shapes, in the order in which they are listed to a user.
    public static var names: [String] { ChoiceList.scheduleShapes.names }

    /// The option names of one shape and of every schedule; throws on an unknown shape.
    public static func optionNames(of name: String) throws(OptionError) -> [String] {
        try ChoiceList.scheduleShapes.choice(name).options.map(\.name)
    }

    /// Makes the schedule of this name; throws on an unknown name or option, a wrong type or a value out of range.
    ///
    /// Besides the shape's own options there are `warmup` (epochs) or `warmup_steps`, `by` (step, epoch), and
    /// `scale_with_batch`: the batch size that the rates are stated for, or 0 (the default) for no scaling.
    ///
    /// - Parameters:
    ///   - name: The name of the shape.
    ///   - options: The options that differ from their defaults.
    ///   - baseRate: η₀.
    ///   - batch: The number of examples in a mini-batch, for `scale_with_batch`.
    ///   - momentum: The schedule of the momentum, if it has one.
    ///
    /// Example:
    ///
    ///     let schedule = try LearningRateSchedule(
    ///         name: "step", options: ["step_size": .number(2), "warmup": .number(1)], baseRate: 0.1)
    ///     schedule.warmupSteps(stepsPerEpoch: 10)      // 10
    ///     LearningRateSchedule.names.prefix(2)         // ["constant", "step"]
    ///     let large = try LearningRateSchedule(
    ///         name: "constant", options: ["scale_with_batch": .number(256)], baseRate: 0.1, batch: 1024)
    ///     large.rate(step: 0, stepsPerEpoch: 10, totalSteps: 50)   // 0.4
    public init(
        name: String, options: [String: OptionValue] = [:], baseRate: Double, batch: Int? = nil,
        momentum: MomentumSchedule? = nil
    ) throws(OptionError) {
        self = try ScheduleConfiguration(name: name, options: options, momentum: momentum)
            .schedule(baseRate: baseRate, batch: batch)
    }
}

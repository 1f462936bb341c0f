extension LearningRateSchedule {
    /// The names of all shapes, in the order in which they are listed to a user.
    public static var names: [String] { choices.map { $0.name } }

    /// The option names of one shape and of every schedule; throws on an unknown shape.
    public static func optionNames(of name: String) throws(OptimizerError) -> [String] {
        (try choice(name).options + commonOptions).map(\.name)
    }

    /// Makes the schedule of this name, as a configuration states it; throws on an unknown name or option, a
    /// wrong type or a value out of range.
    ///
    /// Besides the shape's own options there are `warmup` (epochs) or `warmup_steps`, and `by` (step, epoch).
    ///
    /// Example:
    ///
    ///     let schedule = try LearningRateSchedule(
    ///         name: "step", options: ["step_size": .number(2), "warmup": .number(1)], baseRate: 0.1)
    ///     schedule.warmupSteps(stepsPerEpoch: 10)   // 10
    ///     LearningRateSchedule.names                // ["constant", "step", "cosine"]
    public init(
        name: String, options: [String: OptionValue] = [:], baseRate: Double
    ) throws(OptimizerError) {
        let resolved = try Self.resolve(name: name, options: options)
        let warmup: LearningRateWarmup
        let epochs = resolved.number("warmup")
        let steps = try resolved.whole("warmup_steps", atLeast: 0)
        if steps == 0 {
            warmup = .epochs(epochs)
        } else if epochs == 0 {
            warmup = .steps(steps)
        } else {
            throw OptimizerError(
                .conflict, key: "warmup_steps", value: "\(steps)",
                allowed: "left out beside warmup, which is \(OptionValue.number(epochs)) epochs")
        }
        let by = resolved.text("by")
        guard let unit = ScheduleUnit(rawValue: by) else {
            let units = ScheduleUnit.allCases.map(\.rawValue)
            throw OptimizerError(
                .outOfRange, key: "by", value: by, allowed: "one of \(units.joined(separator: ", "))",
                candidates: units)
        }
        try self.init(
            baseRate: baseRate, shape: try Self.choice(name).init(options: resolved), warmup: warmup,
            by: unit)
    }

    /// All options of the schedule of this name with their values, given or default, in the order in which
    /// they are listed to a user; throws as the initializer does on names and types.
    public static func resolvedOptions(
        name: String, options: [String: OptionValue] = [:]
    ) throws(OptimizerError) -> [NamedOption] {
        try resolve(name: name, options: options).values
    }

    private static let commonOptions: [OptionDeclaration] = [
        .optional("warmup", default: .number(0)),
        .optional("warmup_steps", default: .number(0)),
        .optional("by", default: .text(ScheduleUnit.step.rawValue)),
    ]

    /// Every shape a configuration can name.
    private static var choices: [any (ScheduleShape & Choice).Type] {
        [ConstantShape.self, StepShape.self, CosineShape.self]
    }

    private static func resolve(
        name: String, options: [String: OptionValue]
    ) throws(OptimizerError) -> ResolvedOptions {
        try ResolvedOptions(declared: try choice(name).options + commonOptions, given: options)
    }

    private static func choice(_ name: String) throws(OptimizerError) -> any (ScheduleShape & Choice).Type {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptimizerError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }
}

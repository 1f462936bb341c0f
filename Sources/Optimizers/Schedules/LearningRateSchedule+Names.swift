import Messages

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
    /// Besides the shape's own options there are `warmup` (epochs) or `warmup_steps`, `by` (step, epoch), and
    /// `scale_with_batch`: the batch that the rates are meant for, 0 (the default) to take them as they are.
    ///
    /// - Parameters:
    ///   - name: The shape.
    ///   - options: The options that were given.
    ///   - baseRate: η₀.
    ///   - batch: The examples of a mini-batch, for `scale_with_batch`.
    ///   - momentum: How the momentum moves.
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
    ) throws(OptimizerError) {
        let resolved = try Self.resolve(name: name, options: options, baseRate: baseRate)
        try self.init(
            baseRate: baseRate, shape: try Self.choice(name).init(options: resolved),
            warmup: try Self.warmup(resolved), by: try resolved.word("by"),
            scale: try Self.scale(resolved, batch: batch), momentum: momentum)
    }

    /// All options of the schedule of this name with their values, given or default, in the order in which
    /// they are listed to a user; throws as the initializer does on names and types.
    public static func resolvedOptions(
        name: String, options: [String: OptionValue] = [:], baseRate: Double
    ) throws(OptimizerError) -> [NamedOption] {
        try resolve(name: name, options: options, baseRate: baseRate).values
    }

    private static let commonOptions: [OptionDeclaration] = [
        .optional("warmup", default: .number(0)),
        .optional("warmup_steps", default: .number(0)),
        .optional("by", default: .text(ScheduleUnit.step.rawValue)),
        .optional("scale_with_batch", default: .number(0)),
    ]

    /// Every shape a configuration can name.
    private static var choices: [any NamedShape.Type] {
        [
            ConstantShape.self, StepShape.self, MultiStepShape.self, ExponentialShape.self, CosineShape.self,
            CosineRestartsShape.self, OneCycleShape.self, PolynomialShape.self, LinearShape.self,
            InverseShape.self, InverseSquareRootShape.self, CyclicalShape.self, ReduceOnPlateauShape.self,
        ]
    }

    private static func warmup(_ options: ResolvedOptions) throws(OptimizerError) -> LearningRateWarmup {
        let epochs = options.number("warmup")
        let steps = try options.whole("warmup_steps", atLeast: 0)
        if steps == 0 { return .epochs(epochs) }
        if epochs == 0 { return .steps(steps) }
        throw OptimizerError(
            .conflict, key: "warmup_steps", value: "\(steps)",
            allowed: "left out beside warmup, which is \(counted("\(OptionValue.number(epochs))", "epoch"))")
    }

    private static func scale(_ options: ResolvedOptions, batch: Int?) throws(OptimizerError) -> Double {
        let reference = try options.whole("scale_with_batch", atLeast: 0)
        guard reference > 0 else { return 1 }
        guard let batch else {
            throw OptimizerError(
                .conflict, key: "scale_with_batch", value: "\(reference)",
                allowed: "left out where no batch is given")
        }
        return Double(batch) / Double(reference)
    }

    private static func resolve(
        name: String, options: [String: OptionValue], baseRate: Double
    ) throws(OptimizerError) -> ResolvedOptions {
        let choice = try choice(name)
        // Names and types are checked against all options, values against those that apply beside the others.
        _ = try ResolvedOptions(declared: choice.options + commonOptions, given: options)
        let declared = choice.options(given: options, baseRate: baseRate) + commonOptions
        return try ResolvedOptions(declared: declared, given: options)
    }

    private static func choice(_ name: String) throws(OptimizerError) -> any NamedShape.Type {
        guard let choice = choices.first(where: { $0.name == name }) else {
            throw OptimizerError(
                .unknownName, key: "name", value: name, allowed: "one of \(names.joined(separator: ", "))",
                candidates: names)
        }
        return choice
    }
}

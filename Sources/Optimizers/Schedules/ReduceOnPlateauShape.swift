import Options

/// A learning rate that falls when a metric of the validation set stops improving.
///
/// The shape itself is constant. The caller passes the metric of each epoch to a `PlateauState`, and the state's factor
/// to `LearningRateSchedule.rate`. `PlateauRule` describes the decision and its defaults.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(
///         baseRate: 0.5, shape: .reduceOnPlateau(PlateauRule(patience: 0)))
///     schedule.plateau?.patience                                                          // 0
///     schedule.rate(step: 30, stepsPerEpoch: 10, totalSteps: 50)                          // 0.5
///     schedule.rate(step: 30, stepsPerEpoch: 10, totalSteps: 50, plateauFactor: 0.1)      // 0.05
public struct ReduceOnPlateauShape: ScheduleShape, Hashable {
    /// When and by how much the rate falls.
    public let rule: PlateauRule

    /// Makes the shape; `validate` checks the rule's values.
    public init(_ rule: PlateauRule = PlateauRule()) {
        self.rule = rule
    }

    /// The name in a configuration.
    public static let name = "reduce_on_plateau"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws on values of the rule out of range.
    public func validate(baseRate: Double) throws(OptionError) {
        try AllowedNumbers.properFraction.check(rule.factor, key: "factor")
        try checkWhole(rule.patience, key: "patience", atLeast: 0)
        try AllowedNumbers.notNegative.check(rule.threshold, key: "threshold")
        try checkWhole(rule.cooldown, key: "cooldown", atLeast: 0)
        try checkRate(rule.minimumRate, key: "min_lr", atMost: baseRate)
        try AllowedNumbers.notNegative.check(rule.epsilon, key: "eps")
    }

    /// η₀.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double { baseRate }

    /// Both infinite where min_lr or eps keeps the rate above 0; else it depends on the metric.
    public func sums(baseRate: Double) -> RateSums? {
        if rule.minimumRate > 0 { return .infinite("it never falls below min_lr, which is above 0") }
        if rule.epsilon > 0 {
            return .infinite("it stays above 0, as a fall by no more than eps does not happen")
        }
        return RateSums(
            rates: .undecided, squares: .undecided,
            because: "it falls when the metric stops improving, which no formula tells")
    }
}

extension ScheduleShape where Self == ReduceOnPlateauShape {
    /// A learning rate that falls when a metric stops improving.
    public static func reduceOnPlateau(_ rule: PlateauRule = PlateauRule()) -> ReduceOnPlateauShape {
        ReduceOnPlateauShape(rule)
    }
}

extension ReduceOnPlateauShape: NamedShape {
    public static let summary = "Falls when a metric of the validation set stops improving."
    public static let source = "PyTorch"

    public static let options: [OptionDeclaration] = options(mode: .none)

    /// The default of `mode` depends on the metric.
    public static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        guard case .text(let name) = given["metric"], let metric = WatchedMetric(rawValue: name) else {
            return options(mode: .text(PlateauRule.Mode.lower.rawValue))
        }
        return options(mode: .text(PlateauRule.mode(of: metric).rawValue))
    }

    private static func options(mode: OptionValue) -> [OptionDeclaration] {
        [
            .optional(
                "metric", .word("metric", WatchedMetric.allCases.map(\.rawValue)),
                default: .text(WatchedMetric.validationLoss.rawValue), "What is watched."),
            .optional(
                "mode", .word("mode", PlateauRule.Mode.allCases.map(\.rawValue)), default: mode,
                "Whether lower or higher is better; as the metric has it unless given."),
            .optional("factor", .number(.properFraction), default: .number(0.1), "The factor of each fall."),
            .optional(
                "patience", .whole(0...Int.max), default: .number(10),
                "Epochs without improvement that are waited for."),
            .optional(
                "threshold", .number(.notNegative), default: .number(1e-4),
                "How much better than the best counts as better."),
            .optional(
                "threshold_mode",
                .word("threshold mode", PlateauRule.ThresholdMode.allCases.map(\.rawValue)),
                default: .text(PlateauRule.ThresholdMode.relative.rawValue),
                "Whether the threshold is a part of the best, or in the metric's units."),
            .optional(
                "cooldown", .whole(0...Int.max), default: .number(0),
                "Epochs behind a fall that do not count."),
            .optional(
                "min_lr", .number(.notNegative), default: .number(0),
                "What the rate does not fall below, at most lr."),
            .optional(
                "eps", .number(.notNegative), default: .number(1e-8), "The least fall that is made."),
        ]
    }

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(
            PlateauRule(
                metric: try options.word("metric"), mode: try options.word("mode"),
                factor: options.number("factor"), patience: try options.whole("patience", atLeast: 0),
                threshold: options.number("threshold"), thresholdMode: try options.word("threshold_mode"),
                cooldown: try options.whole("cooldown", atLeast: 0), minimumRate: options.number("min_lr"),
                epsilon: options.number("eps")))
    }
}

/// A learning rate that falls when a metric of the validation set stops improving.
///
/// The shape itself is constant; whoever trains gives the metric of each epoch to a `PlateauState` and its factor to
/// `LearningRateSchedule.rate`. What decides is in `PlateauRule`, with the defaults.
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

    /// Makes the shape; the rule's values are checked when a schedule is made of it.
    public init(_ rule: PlateauRule = PlateauRule()) {
        self.rule = rule
    }

    /// "reduce_on_plateau".
    public static let name = "reduce_on_plateau"

    /// "reduce_on_plateau".
    public var name: String { Self.name }

    /// Throws on values of the rule out of range.
    public func validate(baseRate: Double) throws(OptimizerError) {
        try AllowedNumbers.properFraction.check(rule.factor, key: "factor")
        try checkWhole(rule.patience, key: "patience", atLeast: 0)
        try AllowedNumbers.notNegative.check(rule.threshold, key: "threshold")
        try checkWhole(rule.cooldown, key: "cooldown", atLeast: 0)
        try checkRate(rule.minimumRate, key: "min_lr", atMost: baseRate)
        try AllowedNumbers.notNegative.check(rule.epsilon, key: "eps")
    }

    /// η₀.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double { baseRate }
}

extension ScheduleShape where Self == ReduceOnPlateauShape {
    /// A learning rate that falls when a metric stops improving.
    public static func reduceOnPlateau(_ rule: PlateauRule = PlateauRule()) -> ReduceOnPlateauShape {
        ReduceOnPlateauShape(rule)
    }
}

extension ReduceOnPlateauShape: NamedShape {
    package static let options: [OptionDeclaration] = options(mode: .lower)

    /// The mode is the metric's unless given.
    package static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        guard case .text(let name) = given["metric"], let metric = WatchedMetric(rawValue: name) else {
            return options
        }
        return options(mode: PlateauRule.mode(of: metric))
    }

    private static func options(mode: PlateauRule.Mode) -> [OptionDeclaration] {
        [
            .optional("metric", default: .text(WatchedMetric.validationLoss.rawValue)),
            .optional("mode", default: .text(mode.rawValue)),
            .optional("factor", default: .number(0.1)),
            .optional("patience", default: .number(10)),
            .optional("threshold", default: .number(1e-4)),
            .optional("threshold_mode", default: .text(PlateauRule.ThresholdMode.relative.rawValue)),
            .optional("cooldown", default: .number(0)),
            .optional("min_lr", default: .number(0)),
            .optional("eps", default: .number(1e-8)),
        ]
    }

    package init(options: ResolvedOptions) throws(OptimizerError) {
        self.init(
            PlateauRule(
                metric: try options.word("metric"), mode: try options.word("mode"),
                factor: options.number("factor"), patience: try options.whole("patience", atLeast: 0),
                threshold: options.number("threshold"), thresholdMode: try options.word("threshold_mode"),
                cooldown: try options.whole("cooldown", atLeast: 0), minimumRate: options.number("min_lr"),
                epsilon: options.number("eps")))
    }
}

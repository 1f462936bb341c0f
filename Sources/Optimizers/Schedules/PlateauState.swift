/// What a learning rate that follows a metric remembers: how far it has fallen and the metrics it has seen. Checkpoints
/// save it.
///
/// The same metrics in the same order make the same state, wherever the run was interrupted.
///
/// Example:
///
///     let rule = PlateauRule(patience: 1)
///     var state = PlateauState()
///     for loss in [0.9, 0.8, 0.8] { state.observe(loss, by: rule, baseRate: 0.5) }
///     state.factor   // 1: one epoch without progress is allowed
///     state.observe(0.8, by: rule, baseRate: 0.5)
///     state.factor   // 0.1
public struct PlateauState: Sendable, Hashable, Codable {
    /// The factor of the rate after all falls, from 0 to 1; an argument of `LearningRateSchedule.rate`.
    public private(set) var factor = 1.0
    /// The best metric so far; nil before the first finite one.
    public private(set) var best: Double?
    /// Epochs in a row that were not better.
    public private(set) var badEpochs = 0
    /// How many more epochs do not count as worse.
    public private(set) var cooldown = 0

    /// The state before the first epoch.
    public init() {}

    /// Takes in the metric of one more epoch; `baseRate` is the schedule's η₀. Call it once per epoch.
    public mutating func observe(_ metric: Double, by rule: PlateauRule, baseRate: Double) {
        if rule.isBetter(metric, than: best) {
            best = metric
            badEpochs = 0
        } else {
            badEpochs += 1
        }
        if cooldown > 0 {
            cooldown -= 1
            badEpochs = 0
        }
        guard badEpochs > rule.patience else { return }
        let rate = baseRate * factor
        let reduced = max(rate * rule.factor, rule.minimumRate)
        if rate - reduced > rule.epsilon { factor = reduced / baseRate }
        cooldown = rule.cooldown
        badEpochs = 0
    }
}

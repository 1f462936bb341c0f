/// When and by how much the learning rate falls because a metric has stopped improving, as
/// torch.optim.lr_scheduler.ReduceLROnPlateau's.
///
/// After every epoch the metric m is compared with the best so far, b. It is better than b if
///
///     mode min, rel: m < b (1 − threshold)     abs: m < b − threshold
///     mode max, rel: m > b (1 + threshold)     abs: m > b + threshold
///
/// and then becomes b. The first metric is always better, one that is not finite never. After more than `patience`
/// epochs in a row that are not better the rate falls, η ← max(η · factor, min_lr), unless that changes it by no more
/// than eps; the next `cooldown` epochs then do not count as worse.
///
/// Defaults: metric validation_loss, mode by the metric, factor 0.1, patience 10, threshold 1e-4, threshold_mode
/// rel, cooldown 0, min_lr 0, eps 1e-8.
public struct PlateauRule: Sendable, Hashable {
    /// Which direction of a metric is better; raw values are those of the option `mode`.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Lower is better.
        case lower = "min"
        /// Higher is better.
        case higher = "max"
    }

    /// What the threshold measures; raw values are those of the option `threshold_mode`.
    public enum ThresholdMode: String, Sendable, Hashable, CaseIterable {
        /// A share of the best metric so far.
        case relative = "rel"
        /// A difference from the best metric so far.
        case absolute = "abs"
    }

    /// The metric that is watched.
    public let metric: WatchedMetric
    /// Which direction of the metric is better.
    public let mode: Mode
    /// The factor by which the rate falls, above 0 and below 1.
    public let factor: Double
    /// How many epochs in a row may be no better before the rate falls, at least 0.
    public let patience: Int
    /// By how much a metric must beat the best so far, at least 0: a share or a difference, by `thresholdMode`.
    public let threshold: Double
    /// What the threshold is.
    public let thresholdMode: ThresholdMode
    /// For how many epochs after a fall no epoch counts as worse, at least 0.
    public let cooldown: Int
    /// min_lr, from 0 to η₀: the lowest rate.
    public let minimumRate: Double
    /// eps, at least 0: a fall by no more than this does not happen.
    public let epsilon: Double

    /// Makes the rule, by default with the metric's own mode; its values are checked when a schedule is made.
    public init(
        metric: WatchedMetric = .validationLoss, mode: Mode? = nil, factor: Double = 0.1, patience: Int = 10,
        threshold: Double = 1e-4, thresholdMode: ThresholdMode = .relative, cooldown: Int = 0,
        minimumRate: Double = 0, epsilon: Double = 1e-8
    ) {
        self.metric = metric
        self.mode = mode ?? Self.mode(of: metric)
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.thresholdMode = thresholdMode
        self.cooldown = cooldown
        self.minimumRate = minimumRate
        self.epsilon = epsilon
    }

    /// The mode in which a metric improves.
    static func mode(of metric: WatchedMetric) -> Mode { metric.isBetterLower ? .lower : .higher }

    /// Whether a metric beats the best so far, which is nil before the first.
    func isBetter(_ metric: Double, than best: Double?) -> Bool {
        guard metric.isFinite else { return false }
        guard let best else { return true }
        return switch (mode, thresholdMode) {
        case (.lower, .relative): metric < best * (1 - threshold)
        case (.lower, .absolute): metric < best - threshold
        case (.higher, .relative): metric > best * (1 + threshold)
        case (.higher, .absolute): metric > best + threshold
        }
    }
}

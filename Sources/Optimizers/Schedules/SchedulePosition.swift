/// Where in a run an optimizer step stands, as a schedule's shape sees it; all counts from 0.
public struct SchedulePosition: Sendable, Hashable {
    /// k: how many units (optimizer steps, or epochs) behind the warm-up; 0 during the warm-up.
    public let index: Int
    /// T: how many units the run has behind the warm-up, at least 1; index < count.
    public let count: Int
    /// The epoch of the step, counted from the start of training whatever the warm-up and the unit.
    public let epoch: Int
    /// k measured in epochs: with a share of the epoch by step, whole by epoch; 0 during the warm-up.
    public let epochs: Double
    /// W measured in units; by epoch with the share of the epoch in which the warm-up ends.
    public let warmup: Double

    /// Where a run without warm-up starts, for what is asked of a shape without a run.
    static let start = SchedulePosition(index: 0, count: 1, epoch: 0, epochs: 0, warmup: 0)
}

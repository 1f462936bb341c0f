/// The place of an optimizer step in a run, as the shape of a schedule sees it; everything counts from 0.
public struct SchedulePosition: Sendable, Hashable {
    /// k: the units (optimizer steps or epochs) since the warm-up; 0 during the warm-up.
    public let index: Int
    /// T: the units of the run after the warm-up, at least 1; index < count.
    public let count: Int
    /// The step's epoch, counted from the start of training, whatever the warm-up and the unit.
    public let epoch: Int
    /// k in epochs: by step with the fraction of the current epoch, by epoch whole; 0 during the warm-up.
    public let epochs: Double
    /// k in optimizer steps: those since the warm-up, by epoch up to the start of the epoch; 0 during the warm-up.
    public let steps: Int
    /// W in units; by epoch with the fraction of the epoch in which the warm-up ends.
    public let warmup: Double

    /// The start of a run without warm-up, for questions about a shape that do not depend on the run.
    static let start = SchedulePosition(index: 0, count: 1, epoch: 0, epochs: 0, steps: 0, warmup: 0)
}

/// What a schedule advances by; raw values are those of the option `by`.
public enum ScheduleUnit: String, Sendable, Hashable, CaseIterable {
    /// The rate may change at every optimizer step.
    case step
    /// After the warm-up the rate changes only between epochs.
    case epoch
}

/// What a learning-rate schedule advances by; its raw values are those of the option `by`.
public enum ScheduleUnit: String, Sendable, Hashable, CaseIterable {
    /// The rate may change at every optimizer step.
    case step
    /// Behind the warm-up the rate changes between epochs only.
    case epoch
}

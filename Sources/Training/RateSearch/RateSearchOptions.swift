/// How a learning rate is searched for. The defaults are those of fastai's and Lightning's range tests, but for the
/// smoothing.
public struct RateSearchOptions: Sendable, Equatable {
    /// The rate of the first step, above 0.
    public var lowest = 1e-7
    /// The rate of the last step, above the lowest.
    public var highest = 10.0
    /// Optimizer steps, from 50 to 100,000; the rate rises by the same factor at each.
    public var steps = 100
    /// β of the smoothed loss, from 0 to below 1: the part of it that a step keeps. 0.98, as elsewhere, looks back over half
    /// of 100 steps: where a loss has stiff and flat directions, what it shows of the former comes beyond the largest
    /// stable rate. 0.9 looks back over ten steps.
    public var smoothing = 0.9

    /// The defaults.
    public init() {}

    /// The problem with a value; nil if there is none.
    package var problem: String? {
        guard lowest > 0, highest > lowest, Float(lowest) > 0, Float(highest).isFinite else {
            return "--max-lr must be above --min-lr, and both above 0: they are \(highest) and \(lowest)"
        }
        guard (50...100_000).contains(steps) else { return "--steps must be from 50 to 100000, is \(steps)" }
        guard smoothing >= 0, smoothing < 1 else {
            return "--smoothing must be at least 0 and below 1, is \(smoothing)"
        }
        return nil
    }
}

import Options

/// How long the learning rate rises linearly to the schedule's full rate.
///
/// There are two reasons for it. With SGD and a large batch, whose rate is high, the loss is curved most at the first
/// weights, so that the full rate would overshoot (Goyal et al. 2017). With an adaptive rule such as Adam, second
/// moments of a few gradients are unreliable, so that some weights would take far too large steps (Liu et al. 2020);
/// `RAdam` counts that in.
public enum LearningRateWarmup: Sendable, Hashable {
    /// This many epochs, at least 0; fractions are rounded to whole optimizer steps, halves upward.
    case epochs(Double)
    /// This many optimizer steps, at least 0.
    case steps(Int)

    /// No warm-up.
    public static let none = LearningRateWarmup.steps(0)

    /// Whether there is any warm-up.
    package var isLong: Bool { self != .epochs(0) && self != .none }

    /// The configuration name of the form used, "warmup" or "warmup_steps".
    var key: String {
        switch self {
        case .epochs: "warmup"
        case .steps: "warmup_steps"
        }
    }

    /// The length as a configuration would write it.
    var value: OptionValue {
        switch self {
        case .epochs(let epochs): .number(epochs)
        case .steps(let steps): .number(Double(steps))
        }
    }

    /// W, the optimizer steps of the warm-up; a Float64 because it may be larger than any Int.
    func steps(in run: RunShape) -> Double {
        switch self {
        case .epochs(let epochs): run.steps(inEpochs: epochs)
        case .steps(let steps): Double(steps)
        }
    }
}

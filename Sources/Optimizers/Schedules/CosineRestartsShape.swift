import Foundation
import Options

/// A learning rate that falls along half a cosine again and again, as
/// torch.optim.lr_scheduler.CosineAnnealingWarmRestarts':
///
///     η = η_min + (η₀ − η_min) (1 + cos(π t / Tᵢ)) / 2
///
/// Cycle i, from 0, is Tᵢ = T₀ T_multⁱ epochs long, and t counts epochs since it began; cycle 0 begins after the
/// warm-up. By step, t includes the fraction of the current epoch, as with PyTorch's step(epoch + i / iters); by epoch
/// it is whole, as with step(). A cycle starts at η₀ and comes close to η_min without reaching it.
///
/// Defaults: T_mult 1, η_min 0; T₀ has none, as in PyTorch.
///
/// Reference: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
/// arXiv:1608.03983.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(
///         baseRate: 0.1, shape: .cosineRestarts(first: 2, multiplier: 2, minimum: 0.02))
///     schedule.rate(step: 10, stepsPerEpoch: 10, totalSteps: 60)   // 0.06: halfway through cycle 0
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 60)   // 0.1: cycle 1 begins
///     schedule.rate(step: 40, stepsPerEpoch: 10, totalSteps: 60)   // 0.06: halfway through its 4 epochs
public struct CosineRestartsShape: ScheduleShape, Hashable {
    /// T₀, the epochs of the first cycle, at least 1.
    public let first: Int
    /// T_mult, at least 1: how many times longer each cycle is than the one before.
    public let multiplier: Int
    /// η_min, from 0 to η₀.
    public let minimum: Double

    /// Makes the shape; `validate` checks the values.
    public init(first: Int, multiplier: Int = 1, minimum: Double = 0) {
        self.first = first
        self.multiplier = multiplier
        self.minimum = minimum
    }

    /// The name in a configuration.
    public static let name = "cosine_restarts"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless T₀ and T_mult are at least 1 and η_min lies between 0 and η₀.
    public func validate(baseRate: Double) throws(OptionError) {
        try checkWhole(first, key: "t_0", atLeast: 1)
        try checkWhole(multiplier, key: "t_mult", atLeast: 1)
        try checkRate(minimum, key: "eta_min", atMost: baseRate)
    }

    /// η_min + (η₀ − η_min) (1 + cos(π t / Tᵢ)) / 2.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        var length = Double(first)
        var since = position.epochs
        if multiplier == 1 {
            since = since.truncatingRemainder(dividingBy: length)
        } else {
            // Each cycle is at least twice as long as the last, so there are few; subtraction keeps whole epochs exact.
            while since >= length {
                since -= length
                length *= Double(multiplier)
            }
        }
        return minimum + (baseRate - minimum) * (1 + cos(Double.pi * since / length)) / 2
    }

    /// Both infinite: the mean rate of every cycle is (η₀ + η_min)/2.
    public func sums(baseRate: Double) -> RateSums? {
        .infinite("every cycle has the same mean rate, above 0")
    }
}

extension ScheduleShape where Self == CosineRestartsShape {
    /// A learning rate that falls along half a cosine of `first` epochs, then of `multiplier` times as many, and so on.
    public static func cosineRestarts(
        first: Int, multiplier: Int = 1, minimum: Double = 0
    ) -> CosineRestartsShape {
        CosineRestartsShape(first: first, multiplier: multiplier, minimum: minimum)
    }
}

extension CosineRestartsShape: NamedShape {
    public static let summary = "Falls along half a cosine again and again."
    public static let source = "Loshchilov & Hutter 2017"

    public static let options: [OptionDeclaration] = [
        .required("t_0", .whole(1...Int.max), "The epochs of the first cycle."),
        .optional(
            "t_mult", .whole(1...Int.max), default: .number(1),
            "How many times longer each cycle is than the one before."),
        .optional(
            "eta_min", .number(.notNegative), default: .number(0),
            "The rate that a cycle falls to, at most lr."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(
            first: try options.whole("t_0", atLeast: 1), multiplier: try options.whole("t_mult", atLeast: 1),
            minimum: options.number("eta_min"))
    }
}

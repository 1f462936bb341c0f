import Foundation
import Options

/// A learning rate that falls by a factor with every step or every epoch, as
/// torch.optim.lr_scheduler.ExponentialLR's:
///
///     η = η₀ γᵏ
///
/// k counts the steps since the warm-up, or the epochs with `by: epoch`; γ is the factor of one of them.
///
/// Defaults: none; γ must be given, as in PyTorch.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.8, shape: .exponential(gamma: 0.5), by: .epoch)
///     schedule.rate(step: 9, stepsPerEpoch: 10, totalSteps: 50)    // 0.8: epoch 0
///     schedule.rate(step: 25, stepsPerEpoch: 10, totalSteps: 50)   // 0.2: epoch 2
public struct ExponentialShape: ScheduleShape, Hashable {
    /// γ, above 0: the factor of one step, or of one epoch.
    public let gamma: Double

    /// Makes the shape; `validate` checks the value.
    public init(gamma: Double) {
        self.gamma = gamma
    }

    /// The name in a configuration.
    public static let name = "exponential"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless γ is above 0; above 1 the rate grows, as in a search for the largest usable rate.
    public func validate(baseRate: Double) throws(OptionError) {
        try AllowedNumbers.positive.check(gamma, key: "gamma")
    }

    /// η₀ γᵏ.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        baseRate * pow(gamma, Double(position.index))
    }

    /// Those of a geometric series.
    public func sums(baseRate: Double) -> RateSums? {
        .geometric(gamma)
    }
}

extension ScheduleShape where Self == ExponentialShape {
    /// A learning rate that falls by the factor `gamma` with every step or epoch.
    public static func exponential(gamma: Double) -> ExponentialShape {
        ExponentialShape(gamma: gamma)
    }
}

extension ExponentialShape: NamedShape {
    public static let summary = "Falls by a factor at every step, with by: epoch at every epoch."
    public static let source = "PyTorch"

    public static let options: [OptionDeclaration] = [
        .required("gamma", .number(.positive), "The factor of one step, or of one epoch.")
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(gamma: options.number("gamma"))
    }
}

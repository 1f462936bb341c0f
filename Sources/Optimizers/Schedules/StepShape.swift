import Foundation
import Options

/// A learning rate that falls by a factor every few epochs, as torch.optim.lr_scheduler.StepLR's:
///
///     η = η₀ γ^⌊epoch / step_size⌋
///
/// Epochs count from the start of training, warm-up included. The rate changes only between epochs, so advancing by
/// step or by epoch is the same.
///
/// Defaults: γ 0.1; the size has none, as in PyTorch.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.8, shape: .step(size: 2, gamma: 0.5))
///     schedule.rate(step: 19, stepsPerEpoch: 10, totalSteps: 50)   // 0.8: epoch 1
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 50)   // 0.4: epoch 2
///     schedule.rate(step: 49, stepsPerEpoch: 10, totalSteps: 50)   // 0.2: epoch 4
public struct StepShape: ScheduleShape, Hashable {
    /// The epochs between two falls, at least 1.
    public let size: Int
    /// γ, above 0: the factor of each fall.
    public let gamma: Double

    /// Makes the shape; `validate` checks the values.
    public init(size: Int, gamma: Double = 0.1) {
        self.size = size
        self.gamma = gamma
    }

    /// The name in a configuration.
    public static let name = "step"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless the size is at least 1 and γ above 0.
    public func validate(baseRate: Double) throws(OptionError) {
        try checkWhole(size, key: "step_size", atLeast: 1)
        try AllowedNumbers.positive.check(gamma, key: "gamma")
    }

    /// η₀ γ^⌊epoch / size⌋.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        baseRate * pow(gamma, Double(position.epoch / size))
    }

    /// Those of a geometric series of epochs.
    public func sums(baseRate: Double) -> RateSums? {
        .geometric(gamma)
    }
}

extension ScheduleShape where Self == StepShape {
    /// A learning rate that falls by the factor `gamma` every `size` epochs.
    public static func step(size: Int, gamma: Double = 0.1) -> StepShape {
        StepShape(size: size, gamma: gamma)
    }
}

extension StepShape: NamedShape {
    public static let summary = "Falls by a factor every few epochs."
    public static let source = "PyTorch"

    public static let options: [OptionDeclaration] = [
        .required("step_size", .whole(1...Int.max), "The epochs between two falls."),
        .optional("gamma", .number(.positive), default: .number(0.1), "The factor of each fall."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(size: try options.whole("step_size", atLeast: 1), gamma: options.number("gamma"))
    }
}

import Foundation
import Options

/// A learning rate that falls by a factor at given epochs, as torch.optim.lr_scheduler.MultiStepLR's:
///
///     η = η₀ γ^(number of milestones ≤ epoch)
///
/// Epochs count from the start of training, warm-up included. The rate changes only between epochs, so advancing by
/// step or by epoch is the same.
///
/// Defaults: γ 0.1; the milestones have none, as in PyTorch.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(
///         baseRate: 0.8, shape: .multiStep(milestones: [2, 3], gamma: 0.5))
///     schedule.rate(step: 19, stepsPerEpoch: 10, totalSteps: 50)   // 0.8: epoch 1
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 50)   // 0.4: epoch 2
///     schedule.rate(step: 30, stepsPerEpoch: 10, totalSteps: 50)   // 0.2: epoch 3
public struct MultiStepShape: ScheduleShape, Hashable {
    /// The epochs before which the rate falls, at least one, from 1, each above the one before.
    public let milestones: [Int]
    /// γ, above 0: the factor of each fall.
    public let gamma: Double

    /// Makes the shape; `validate` checks the values.
    public init(milestones: [Int], gamma: Double = 0.1) {
        self.milestones = milestones
        self.gamma = gamma
    }

    /// The name in a configuration.
    public static let name = "multi_step"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless the milestones increase from at least 1 and γ is above 0.
    public func validate(baseRate: Double) throws(OptionError) {
        let increase = zip(milestones, milestones.dropFirst()).allSatisfy { $0 < $1 }
        guard let first = milestones.first, first >= 1, increase else {
            throw Self.badMilestones(milestones.map(Double.init))
        }
        try AllowedNumbers.positive.check(gamma, key: "gamma")
    }

    /// η₀ γ^(number of milestones ≤ epoch).
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let passed = milestones.count { $0 <= position.epoch }
        return baseRate * pow(gamma, Double(passed))
    }

    private static func badMilestones(_ milestones: [Double]) -> OptionError {
        OptionError(
            .outOfRange, key: "milestones", value: OptionValue.numbers(milestones).description,
            allowed: increasing)
    }

    private static let increasing = "a list of whole numbers of epochs from 1, each above the one before"

    /// Both infinite: the last milestone leaves a rate above 0.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: baseRate * pow(gamma, Double(milestones.count)))
    }
}

extension ScheduleShape where Self == MultiStepShape {
    /// A learning rate that falls by the factor `gamma` at each of the epochs `milestones`.
    public static func multiStep(milestones: [Int], gamma: Double = 0.1) -> MultiStepShape {
        MultiStepShape(milestones: milestones, gamma: gamma)
    }
}

extension MultiStepShape: NamedShape {
    public static let summary = "Falls by a factor at given epochs."
    public static let source = "PyTorch"

    public static let options: [OptionDeclaration] = [
        .required(
            "milestones",
            .numbers(
                AllowedNumbers("a whole number of epochs, at least 1", atLeast: 1), count: nil, increasing),
            "The epochs at whose start the rate falls."),
        .optional("gamma", .number(.positive), default: .number(0.1), "The factor of each fall."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        let numbers = options.numbers("milestones")
        let milestones = numbers.compactMap { Int(exactly: $0) }
        guard milestones.count == numbers.count else { throw Self.badMilestones(numbers) }
        self.init(milestones: milestones, gamma: options.number("gamma"))
    }
}

import Foundation
import Options

/// A learning rate that falls along a power of the rest of the run, as torch.optim.lr_scheduler.PolynomialLR's:
///
///     η = η_end + (η₀ − η_end) (1 − k / T)^p
///
/// T is the number of steps (or epochs) after the warm-up and k counts them from 0, so that the last step still learns
/// where η_end is 0. With η_end = 0 this is PyTorch's curve with total_iters = T.
///
/// Defaults: p (`power`) 1, η_end (`end`) 0.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .polynomial(power: 2))
///     schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 40)    // 0.1
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 40)   // 0.025
public struct PolynomialShape: ScheduleShape, Hashable {
    /// p, above 0.
    public let power: Double
    /// η_end, from 0 to η₀.
    public let end: Double

    /// Makes the shape; `validate` checks the values.
    public init(power: Double = 1, end: Double = 0) {
        self.power = power
        self.end = end
    }

    /// The name in a configuration.
    public static let name = "polynomial"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless p is above 0 and η_end lies between 0 and η₀.
    public func validate(baseRate: Double) throws(OptionError) {
        try AllowedNumbers.positive.check(power, key: "power")
        try checkRate(end, key: "end", atMost: baseRate)
    }

    /// η_end + (η₀ − η_end) (1 − k / T)^p.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let left = 1 - Double(position.index) / Double(position.count)
        return end + (baseRate - end) * pow(left, power)
    }

    /// Those of a rate that stays at η_end.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: end)
    }
}

extension ScheduleShape where Self == PolynomialShape {
    /// A learning rate that falls to `end` along a power of what is left of the run.
    public static func polynomial(power: Double = 1, end: Double = 0) -> PolynomialShape {
        PolynomialShape(power: power, end: end)
    }
}

extension PolynomialShape: NamedShape {
    public static let summary = "Falls along a power to an end value."
    public static let source = "PyTorch"

    public static let options: [OptionDeclaration] = [
        .optional("power", .number(.positive), default: .number(1), "The power; 1 for a line."),
        .optional(
            "end", .number(.notNegative), default: .number(0), "The rate at the end of the run, at most lr."),
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(power: options.number("power"), end: options.number("end"))
    }
}

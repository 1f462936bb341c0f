import Foundation
import Options

/// A learning rate that falls along half a cosine, as torch.optim.lr_scheduler.CosineAnnealingLR's:
///
///     η = η_min + (η₀ − η_min) (1 + cos(π k / T)) / 2
///
/// T is the number of steps (or epochs) after the warm-up and k counts them from 0. The run ends at k = T, where the
/// rate would be η_min; the last step, at k = T − 1, still learns. (If the last step had η_min = 0 it would be wasted.)
/// This is PyTorch's curve with T_max = T.
///
/// Defaults: η_min 0.
///
/// Reference: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
/// arXiv:1608.03983 (without restarts).
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .cosine(minimum: 0.02))
///     schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 40)    // 0.1
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 40)   // 0.06
public struct CosineShape: ScheduleShape, Hashable {
    /// η_min, from 0 to η₀.
    public let minimum: Double

    /// Makes the shape; `validate` checks the value.
    public init(minimum: Double = 0) {
        self.minimum = minimum
    }

    /// The name in a configuration.
    public static let name = "cosine"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless η_min lies between 0 and η₀.
    public func validate(baseRate: Double) throws(OptionError) {
        try checkRate(minimum, key: "eta_min", atMost: baseRate)
    }

    /// η_min + (η₀ − η_min) (1 + cos(π k / T)) / 2.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let phase = Double.pi * Double(position.index) / Double(position.count)
        return minimum + (baseRate - minimum) * (1 + cos(phase)) / 2
    }

    /// Those of a rate that stays at η_min.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: minimum)
    }
}

extension ScheduleShape where Self == CosineShape {
    /// A learning rate that falls along half a cosine towards `minimum`.
    public static func cosine(minimum: Double = 0) -> CosineShape {
        CosineShape(minimum: minimum)
    }
}

extension CosineShape: NamedShape {
    public static let summary = "Falls along half a cosine to the end of the run."
    public static let source = "Loshchilov & Hutter 2017"

    public static let options: [OptionDeclaration] = [
        .optional("eta_min", .number(.notNegative), default: .number(0), "The rate at the end, at most lr.")
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(minimum: options.number("eta_min"))
    }
}

import Options

/// A learning rate that falls as 1/k:
///
///     η = η₀ / (1 + k/τ)
///
/// k and τ are in epochs since the warm-up; by step k includes the fraction of the current epoch, by epoch it is whole.
/// At k = τ half of the rate is left. The rates sum to infinity and their squares do not, a condition for the
/// convergence of stochastic approximation (`sums`).
///
/// Defaults: τ (`tau`) 1 epoch.
///
/// Reference: Robbins and Monro, "A Stochastic Approximation Method", 1951.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.6, shape: .inverse(tau: 1))
///     schedule.rate(step: 10, stepsPerEpoch: 10, totalSteps: 50)   // 0.3
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 50)   // 0.2
public struct InverseShape: ScheduleShape, Hashable {
    /// τ in epochs, above 0.
    public let tau: Double

    /// Makes the shape; `validate` checks the value.
    public init(tau: Double = 1) {
        self.tau = tau
    }

    /// The name in a configuration.
    public static let name = "inverse"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless τ is above 0.
    public func validate(baseRate: Double) throws(OptionError) {
        try AllowedNumbers.positive.check(tau, key: "tau")
    }

    /// η₀ / (1 + k/τ).
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        baseRate / (1 + position.epochs / tau)
    }

    /// An infinite sum of rates and a finite one of squares.
    public func sums(baseRate: Double) -> RateSums? {
        RateSums(rates: .infinite, squares: .finite, because: "it falls as 1/k")
    }
}

extension ScheduleShape where Self == InverseShape {
    /// A learning rate that is η₀/2 after `tau` epochs, η₀/3 after twice as many, and so on.
    public static func inverse(tau: Double = 1) -> InverseShape {
        InverseShape(tau: tau)
    }
}

extension InverseShape: NamedShape {
    public static let summary = "As η₀/(1 + k/τ), k epochs behind the warm-up."
    public static let source = "Robbins & Monro 1951"

    public static let options: [OptionDeclaration] = [
        .optional(
            "tau", .number(.positive), default: .number(1), "The epochs after which half of the rate is left."
        )
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(tau: options.number("tau"))
    }
}

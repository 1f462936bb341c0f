import Messages
import Options

/// A learning rate that falls linearly until τ and then stays constant:
///
///     η = (1 − k/τ) η₀ + (k/τ) η_τ    for k < τ
///     η = η_τ                         for k ≥ τ
///
/// k and τ count from the end of the warm-up. τ is a number of epochs (`tau`, fractions allowed), of optimizer steps
/// (`tau_steps`), or a share of the run after the warm-up (`tau_fraction`); only one of the three is given. This is
/// torch.optim.lr_scheduler.LinearLR with start_factor 1, end_factor η_τ/η₀ and total_iters τ.
///
/// Defaults: τ all of the run (`tau_fraction` 1), η_τ (`eta_tau`) η₀/100.
///
/// Reference: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 8.3.1.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .linear(to: 0.02, over: .epochs(2)))
///     schedule.rate(step: 10, stepsPerEpoch: 10, totalSteps: 40)   // 0.06
///     schedule.rate(step: 20, stepsPerEpoch: 10, totalSteps: 40)   // 0.02
///     schedule.rate(step: 39, stepsPerEpoch: 10, totalSteps: 40)   // 0.02
public struct LinearShape: ScheduleShape, Hashable {
    /// How long the rate falls.
    public enum Length: Sendable, Hashable {
        /// This many epochs behind the warm-up, above 0.
        case epochs(Double)
        /// This many optimizer steps behind the warm-up, at least 1.
        case steps(Int)
        /// This share of the run behind the warm-up, above 0 and at most 1.
        case fraction(Double)
    }

    /// η_τ, from 0 to η₀; nil for η₀/100.
    public let final: Double?
    /// τ, after which the rate stays at η_τ.
    public let length: Length

    /// Makes the shape; `validate` checks the values.
    public init(to final: Double? = nil, over length: Length = .fraction(1)) {
        self.final = final
        self.length = length
    }

    /// The name in a configuration.
    public static let name = "linear"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless τ is above 0, a share at most 1, and η_τ lies between 0 and η₀.
    public func validate(baseRate: Double) throws(OptionError) {
        switch length {
        case .epochs(let epochs): try AllowedNumbers.positive.check(epochs, key: "tau")
        case .steps(let steps): try checkWhole(steps, key: "tau_steps", atLeast: 1)
        case .fraction(let fraction): try AllowedNumbers.positiveUpToOne.check(fraction, key: "tau_fraction")
        }
        if let final { try checkRate(final, key: "eta_tau", atMost: baseRate) }
    }

    /// (1 − k/τ) η₀ + (k/τ) η_τ until τ, then η_τ.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let end = final ?? Self.final(baseRate)
        let passed =
            switch length {
            case .epochs(let epochs): position.epochs / epochs
            case .steps(let steps): Double(position.steps) / Double(steps)
            case .fraction(let fraction): Double(position.index) / (fraction * Double(position.count))
            }
        return passed < 1 ? (1 - passed) * baseRate + passed * end : end
    }

    private static func final(_ baseRate: Double) -> Double { baseRate / 100 }

    /// Those of a rate that stays at η_τ.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: final ?? Self.final(baseRate))
    }
}

extension ScheduleShape where Self == LinearShape {
    /// A learning rate that falls linearly to `final`, or to a hundredth, over a part of the run, or all of it.
    public static func linear(
        to final: Double? = nil, over length: LinearShape.Length = .fraction(1)
    ) -> LinearShape {
        LinearShape(to: final, over: length)
    }
}

extension LinearShape: NamedShape {
    public static let summary = "Falls in a line to eta_tau at tau and stays there."
    public static let source = "Goodfellow et al. 2016, 8.3.1"

    public static let options = [epochs(.none), steps(.none), fraction, end(.none)]

    private static func epochs(_ standard: OptionValue) -> OptionDeclaration {
        .optional(
            "tau", .number(.positive), default: standard,
            "The epochs of the fall, fractions allowed; not beside tau_steps or tau_fraction.")
    }

    private static func steps(_ standard: OptionValue) -> OptionDeclaration {
        .optional(
            "tau_steps", .whole(1...Int.max), default: standard,
            "The optimizer steps of the fall; not beside tau or tau_fraction.")
    }

    private static let fraction = OptionDeclaration.optional(
        "tau_fraction", .number(.positiveUpToOne), default: .number(1),
        "The part of the run that the fall takes.")

    private static func end(_ standard: OptionValue) -> OptionDeclaration {
        .optional(
            "eta_tau", .number(.notNegative), default: standard,
            "The rate at the end of the fall, at most lr; a hundredth of lr unless given.")
    }

    /// Only that of `tau`, `tau_steps` and `tau_fraction` that is given; `tau_fraction` if none is.
    public static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        var declared: [OptionDeclaration] = []
        for option in [epochs(.number(1)), steps(.whole(1)), fraction]
        where given[option.name] != nil {
            declared.append(option)
        }
        if declared.isEmpty { declared.append(fraction) }
        return declared + [end(.number(final(baseRate)))]
    }

    public init(options: ResolvedOptions) throws(OptionError) {
        let lengths = options.values.prefix { $0.name != "eta_tau" }
        let final = options.number("eta_tau")
        if lengths.count > 1 {
            let (first, second) = (lengths[0], lengths[1])
            let length = first.name == "tau" ? counted("\(first.value)", "epoch") : "\(first.value)"
            throw OptionError(
                .conflict, key: second.name, value: second.value.description,
                allowed: "left out beside \(first.name), which is \(length)")
        }
        switch lengths[0].name {
        case "tau": self.init(to: final, over: .epochs(options.number("tau")))
        case "tau_steps":
            self.init(to: final, over: .steps(try options.whole("tau_steps", atLeast: 1)))
        default: self.init(to: final, over: .fraction(options.number("tau_fraction")))
        }
    }
}

import Foundation
import Options

/// One rise to η₀ and one long fall to almost nothing, as torch.optim.lr_scheduler.OneCycleLR's with max_lr = η₀.
///
/// With T the steps (or epochs) after the warm-up, k counting them from 0, and p = pct_start, the rate moves
///
///     from η₀/d to η₀          until k = p T − 1
///     from η₀ to η₀/(d f)      until k = T − 1
///
/// with d = div_factor and f = final_div_factor, each along half a cosine or a line (anneal_strategy). With three_phase
/// the fall mirrors the rise, down to η₀/d at k = 2 p T − 2, and a third phase leads from there to η₀/(d f).
///
/// The momentum moves against the rate: max_momentum where the rate is lowest, base_momentum at its peak; in a third
/// phase it stays at max_momentum. `cycle_momentum: false` leaves it to the update rule.
///
/// Defaults: pct_start 0.3, anneal_strategy cos, div_factor 25, final_div_factor 1e4, three_phase false,
/// cycle_momentum true, base_momentum 0.85, max_momentum 0.95.
///
/// Reference: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
/// Rates", 2017, arXiv:1708.07120.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 1, shape: .oneCycle(annealing: .linear))
///     schedule.rate(step: 0, stepsPerEpoch: 10, totalSteps: 20)       // 0.04
///     schedule.rate(step: 5, stepsPerEpoch: 10, totalSteps: 20)       // 1: 0.3 · 20 − 1
///     schedule.rate(step: 19, stepsPerEpoch: 10, totalSteps: 20)      // 4e-6
///     schedule.momentum(step: 5, stepsPerEpoch: 10, totalSteps: 20)   // 0.85
public struct OneCycleShape: ScheduleShape, Hashable {
    /// The curve of each phase; raw values are those of the option `anneal_strategy`.
    public enum Annealing: String, Sendable, Hashable, CaseIterable {
        /// Half a cosine.
        case cosine = "cos"
        /// A line.
        case linear
    }

    /// p, from 0 to 1: the share of the run in which the rate rises; at most 0.5 with three phases.
    public let rise: Double
    /// The curve of every phase.
    public let annealing: Annealing
    /// d, at least 1: the first rate is η₀/d.
    public let divisor: Double
    /// f, at least 1/d: the last rate is the first divided by f.
    public let finalDivisor: Double
    /// Whether the fall mirrors the rise and a third phase follows.
    public let hasThreePhases: Bool
    /// The range of the momentum; nil to leave it to the update rule.
    public let momentum: CycledMomentum?

    /// Makes the shape; `validate` checks the values.
    public init(
        rise: Double = 0.3, annealing: Annealing = .cosine, divisor: Double = 25, finalDivisor: Double = 1e4,
        hasThreePhases: Bool = false, momentum: CycledMomentum? = CycledMomentum(low: 0.85, high: 0.95)
    ) {
        self.rise = rise
        self.annealing = annealing
        self.divisor = divisor
        self.finalDivisor = finalDivisor
        self.hasThreePhases = hasThreePhases
        self.momentum = momentum
    }

    /// The name in a configuration.
    public static let name = "one_cycle"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless p fits the phases and η₀ is the highest rate.
    public func validate(baseRate: Double) throws(OptionError) {
        try AllowedNumbers.unitInterval.check(rise, key: "pct_start")
        if hasThreePhases && rise > 0.5 {
            throw OptionError(
                .conflict, key: "pct_start", value: OptionValue.number(rise).description,
                allowed: "at most 0.5 with three_phase, whose fall takes as long as the rise")
        }
        try AllowedNumbers.positive.check(divisor, key: "div_factor")
        if divisor < 1 {
            throw OptionError(
                .outOfRange, key: "div_factor", value: OptionValue.number(divisor).description,
                allowed: "a finite number, at least 1")
        }
        try AllowedNumbers.positive.check(finalDivisor, key: "final_div_factor")
        if finalDivisor < 1 / divisor {
            throw OptionError(
                .conflict, key: "final_div_factor", value: OptionValue.number(finalDivisor).description,
                allowed: "at least 1 / div_factor, which is \(OptionValue.number(1 / divisor))")
        }
        try momentum?.validate()
    }

    /// The rate, between the values at the ends of the current phase.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        let first = baseRate / divisor
        return value(at: position) { level in
            switch level {
            case .first: first
            case .peak: baseRate
            case .last: first / finalDivisor
            }
        }
    }

    /// The momentum, between the values at the ends of the current phase.
    public func momentum(at position: SchedulePosition) -> Double? {
        guard let momentum else { return nil }
        return value(at: position) { $0 == .peak ? momentum.low : momentum.high }
    }

    /// The ends of phases.
    private enum Level {
        case first, peak, last
    }

    private func value(at position: SchedulePosition, _ value: (Level) -> Double) -> Double {
        let step = Double(position.index)
        let count = Double(position.count)
        let peak = rise * count - 1
        let mirrored = 2 * rise * count - 2
        // The last phase is whatever the others leave.
        if step <= peak {
            return anneal(from: value(.first), to: value(.peak), step, between: 0, and: peak)
        }
        guard hasThreePhases else {
            return anneal(from: value(.peak), to: value(.last), step, between: peak, and: count - 1)
        }
        if step <= mirrored {
            return anneal(from: value(.peak), to: value(.first), step, between: peak, and: mirrored)
        }
        return anneal(from: value(.first), to: value(.last), step, between: mirrored, and: count - 1)
    }

    private func anneal(
        from start: Double, to end: Double, _ step: Double, between first: Double, and last: Double
    ) -> Double {
        // A phase without length is at its end.
        let share = last > first ? (step - first) / (last - first) : 1
        return switch annealing {
        case .cosine: end + (start - end) / 2 * (cos(Double.pi * share) + 1)
        case .linear: (end - start) * share + start
        }
    }

    /// Both infinite: the last rate, η₀/(d f), is small but above 0.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: baseRate / (divisor * finalDivisor))
    }
}

extension ScheduleShape where Self == OneCycleShape {
    /// One rise to the base rate and one long fall to almost nothing; by default the momentum moves the other way.
    public static func oneCycle(
        rise: Double = 0.3, annealing: OneCycleShape.Annealing = .cosine, divisor: Double = 25,
        finalDivisor: Double = 1e4, hasThreePhases: Bool = false,
        momentum: CycledMomentum? = CycledMomentum(low: 0.85, high: 0.95)
    ) -> OneCycleShape {
        OneCycleShape(
            rise: rise, annealing: annealing, divisor: divisor, finalDivisor: finalDivisor,
            hasThreePhases: hasThreePhases, momentum: momentum)
    }
}

extension OneCycleShape: NamedShape {
    public static let summary = "Rises once and falls to almost nothing, the momentum the other way."
    public static let source = "Smith & Topin 2017, Smith 2018"

    public static let options: [OptionDeclaration] =
        [
            .optional(
                "pct_start", .number(.unitInterval), default: .number(0.3),
                "The part of the run in which the rate rises."),
            .optional(
                "anneal_strategy", .word("annealing strategy", Annealing.allCases.map(\.rawValue)),
                default: .text(Annealing.cosine.rawValue),
                "What the rate moves along: half a cosine or a line."),
            .optional(
                "div_factor", .number(AllowedNumbers("a finite number, at least 1", atLeast: 1)),
                default: .number(25), "How many times lower than lr the first rate is."),
            .optional(
                "final_div_factor", .number(.positive), default: .number(1e4),
                "How many times lower than the first rate the last is."),
            .optional(
                "three_phase", default: .flag(false),
                "Whether the fall takes as long as the rise, with a third phase behind it."),
        ] + CycledMomentum.options(low: 0.85, high: 0.95)

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(
            rise: options.number("pct_start"), annealing: try options.word("anneal_strategy"),
            divisor: options.number("div_factor"), finalDivisor: options.number("final_div_factor"),
            hasThreePhases: options.flag("three_phase"), momentum: CycledMomentum(options: options))
    }
}

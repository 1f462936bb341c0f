import Foundation
import Options

/// A learning rate that rises and falls between two bounds again and again, as torch.optim.lr_scheduler.CyclicLR's with
/// max_lr = η₀:
///
///     η = η_base + (η₀ − η_base) x s
///
/// In a cycle x rises from 0 to 1 in step_size_up steps (or epochs) and falls back in step_size_down. s depends on the
/// mode, with c the number of completed cycles and k the number of steps since the warm-up:
///
///     triangular     s = 1
///     triangular2    s = 1/2ᶜ    each cycle half as high
///     exp_range      s = γᵏ
///
/// The momentum moves against the rate: m_max − (m_max − m_base) x s. `cycle_momentum: false` leaves it to the
/// update rule.
///
/// Defaults: step_size_up 2000, step_size_down the same, mode triangular, γ 1, cycle_momentum true, base_momentum
/// 0.8, max_momentum 0.9; η_base (`base_lr`) has none, as in PyTorch.
///
/// Reference: Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, arXiv:1506.01186.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.5, shape: .cyclical(from: 0.1, up: 4))
///     schedule.rate(step: 2, stepsPerEpoch: 10, totalSteps: 20)       // 0.3
///     schedule.rate(step: 4, stepsPerEpoch: 10, totalSteps: 20)       // 0.5
///     schedule.rate(step: 8, stepsPerEpoch: 10, totalSteps: 20)       // 0.1
///     schedule.momentum(step: 4, stepsPerEpoch: 10, totalSteps: 20)   // 0.8
public struct CyclicalShape: ScheduleShape, Hashable {
    /// How the height of the cycles changes over time.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// It stays the same.
        case triangular
        /// It halves with every cycle.
        case triangular2
        /// It falls by a factor with every step.
        case exponentialRange = "exp_range"
    }

    /// η_base, the lowest rate, from 0 to η₀.
    public let lowest: Double
    /// The steps (or epochs) of a rise, at least 1.
    public let up: Int
    /// The steps (or epochs) of a fall, at least 1.
    public let down: Int
    /// How the height of the cycles changes.
    public let mode: Mode
    /// γ of `exponentialRange`, above 0 and at most 1.
    public let gamma: Double
    /// The range of the momentum; nil to leave it to the update rule.
    public let momentum: CycledMomentum?

    /// Makes the shape, with falls as long as rises unless `down` is given; `validate` checks the values.
    public init(
        from lowest: Double, up: Int = 2000, down: Int? = nil, mode: Mode = .triangular, gamma: Double = 1,
        momentum: CycledMomentum? = CycledMomentum(low: 0.8, high: 0.9)
    ) {
        self.lowest = lowest
        self.up = up
        self.down = down ?? up
        self.mode = mode
        self.gamma = gamma
        self.momentum = momentum
    }

    /// The name in a configuration.
    public static let name = "cyclical"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Throws unless η_base lies between 0 and η₀, rises and falls take at least one step, and γ is above 0 and at most
    /// 1.
    public func validate(baseRate: Double) throws(OptionError) {
        try checkRate(lowest, key: "base_lr", atMost: baseRate)
        for (key, length) in [("step_size_up", up), ("step_size_down", down)] {
            guard (1...Self.longest).contains(length) else {
                throw OptionError(
                    .outOfRange, key: key, value: "\(length)",
                    allowed: "a whole number from 1 to \(Self.longest)")
            }
        }
        try AllowedNumbers.positiveUpToOne.check(gamma, key: "gamma")
        try momentum?.validate()
    }

    /// η_base + (η₀ − η_base) x s.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double {
        lowest + (baseRate - lowest) * height(at: position)
    }

    /// m_max − (m_max − m_base) x s.
    public func momentum(at position: SchedulePosition) -> Double? {
        momentum.map { $0.high - ($0.high - $0.low) * height(at: position) }
    }

    /// x s.
    private func height(at position: SchedulePosition) -> Double {
        let (cycle, place) = position.index.quotientAndRemainder(dividingBy: up + down)
        let share = place <= up ? Double(place) / Double(up) : Double(up + down - place) / Double(down)
        return switch mode {
        case .triangular: share
        case .triangular2: share * pow(0.5, Double(cycle))
        case .exponentialRange: share * pow(gamma, Double(position.index))
        }
    }

    /// The longest rise or fall, so that the length of a cycle cannot overflow an Int.
    private static let longest = 1_000_000_000_000

    /// Both infinite, unless η_base is 0 and the cycles become lower.
    public func sums(baseRate: Double) -> RateSums? {
        if lowest > 0 { return .infinite("it never falls below base_lr, which is above 0") }
        return switch mode {
        case .triangular: .infinite("every cycle has the same mean rate, above 0")
        case .triangular2: .finite("every cycle is half as high, and base_lr is 0")
        case .exponentialRange: .geometric(gamma)
        }
    }
}

extension ScheduleShape where Self == CyclicalShape {
    /// A learning rate that rises from `lowest` to the base rate and falls back, again and again.
    public static func cyclical(
        from lowest: Double, up: Int = 2000, down: Int? = nil, mode: CyclicalShape.Mode = .triangular,
        gamma: Double = 1, momentum: CycledMomentum? = CycledMomentum(low: 0.8, high: 0.9)
    ) -> CyclicalShape {
        CyclicalShape(from: lowest, up: up, down: down, mode: mode, gamma: gamma, momentum: momentum)
    }
}

extension CyclicalShape: NamedShape {
    public static let summary = "Rises and falls between two rates all the time, the momentum the other way."
    public static let source = "Smith 2017"

    public static let options: [OptionDeclaration] = options(fall: .none)

    /// `step_size_down` is by default what is given as `step_size_up`.
    public static func options(given: [String: OptionValue], baseRate: Double) -> [OptionDeclaration] {
        switch given["step_size_up"] {
        case .some(let rise) where rise != .none: options(fall: rise)
        default: options(fall: .number(2000))
        }
    }

    private static func options(fall: OptionValue) -> [OptionDeclaration] {
        [
            .required("base_lr", .number(.notNegative), "The lowest rate, at most lr."),
            .optional(
                "step_size_up", .whole(1...longest), default: .number(2000),
                "The steps of a rise, or its epochs with by: epoch."),
            .optional(
                "step_size_down", .whole(1...longest), default: fall,
                "The steps of a fall, or its epochs with by: epoch; as many as of a rise unless given."),
            .optional(
                "mode", .word("mode", Mode.allCases.map(\.rawValue)),
                default: .text(Mode.triangular.rawValue),
                "How the height of cycles changes: not, by half with each, or by gamma with each step."),
            .optional(
                "gamma", .number(.positiveUpToOne), default: .number(1),
                "The factor of the height at each step in the mode exp_range."),
        ] + CycledMomentum.options(low: 0.8, high: 0.9)
    }

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init(
            from: options.number("base_lr"), up: try options.whole("step_size_up", atLeast: 1),
            down: try options.whole("step_size_down", atLeast: 1), mode: try options.word("mode"),
            gamma: options.number("gamma"), momentum: CycledMomentum(options: options))
    }
}

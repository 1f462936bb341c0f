import Options

/// The range in which a cyclic schedule moves the momentum, against the learning rate: `high` where the rate is lowest,
/// `low` at its peak.
public struct CycledMomentum: Sendable, Hashable {
    /// The momentum at the peak of the rate, from 0 to `high`.
    public let low: Double
    /// The momentum where the rate is lowest, below 1.
    public let high: Double

    /// A range; it is checked when a schedule is made.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Throws unless 0 ≤ low ≤ high < 1.
    func validate() throws(OptionError) {
        try AllowedNumbers.belowOne.check(low, key: "base_momentum")
        try AllowedNumbers.belowOne.check(high, key: "max_momentum")
        if low > high {
            throw OptionError(
                .conflict, key: "base_momentum", value: OptionValue.number(low).description,
                allowed: "at most max_momentum, which is \(OptionValue.number(high))")
        }
    }

    /// The options of a shape that cycles the momentum, with its defaults.
    static func options(low: Double, high: Double) -> [OptionDeclaration] {
        [
            .optional(
                "cycle_momentum", default: .flag(true), "Whether the momentum moves against the rate."),
            .optional(
                "base_momentum", .number(.belowOne), default: .number(low),
                "The momentum where the rate is highest."),
            .optional(
                "max_momentum", .number(.belowOne), default: .number(high),
                "The momentum where the rate is lowest."),
        ]
    }

    /// The range that these options give; nil if the momentum is not cycled.
    init?(options: ResolvedOptions) {
        guard options.flag("cycle_momentum") else { return nil }
        self.init(low: options.number("base_momentum"), high: options.number("max_momentum"))
    }
}

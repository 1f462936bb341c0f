/// Whether the sums Ση and Ση² over all steps are finite, for a schedule that is continued without end.
///
/// Stochastic approximation converges, under the conditions of Robbins and Monro (1951), if Ση = ∞, so that any distance
/// can be covered, and Ση² < ∞, so that the noise of the gradients dies out. A shape whose length is that of the run is
/// continued at the rate that it ends with.
///
/// Example:
///
///     RateSums(rates: .infinite, squares: .finite, because: "").meetsRobbinsMonro   // true
public struct RateSums: Sendable, Hashable {
    /// What is known of a sum of infinitely many terms.
    public enum Sum: Sendable, Hashable {
        case finite
        case infinite
        /// It depends on what training measures.
        case undecided
    }

    /// Ση.
    public let rates: Sum
    /// Ση².
    public let squares: Sum
    /// The reason, as words that fit after "because".
    public let reason: String

    /// What is known of the two sums, with the reason.
    public init(rates: Sum, squares: Sum, because reason: String) {
        self.rates = rates
        self.squares = squares
        self.reason = reason
    }

    /// Whether Ση = ∞ and Ση² < ∞; nil if that is not known.
    public var meetsRobbinsMonro: Bool? {
        switch (rates, squares) {
        case (.infinite, .finite): true
        case (.finite, _), (_, .infinite): false
        default: nil
        }
    }

    /// Rates that stay above a bound, or come back to one again and again.
    static func infinite(_ reason: String) -> RateSums {
        RateSums(rates: .infinite, squares: .infinite, because: reason)
    }

    /// Rates that fall as a geometric series, or end at 0.
    static func finite(_ reason: String) -> RateSums {
        RateSums(rates: .finite, squares: .finite, because: reason)
    }

    /// The sums of a shape that stays at a last rate from some step on.
    static func staying(at last: Double) -> RateSums {
        last > 0 ? .infinite("it stays at a rate above 0") : .finite("it stays at 0")
    }

    /// The sums of η₀ γᵏ.
    static func geometric(_ gamma: Double) -> RateSums {
        gamma < 1
            ? .finite("it is a geometric series of a factor below 1")
            : .infinite("it is a geometric series of a factor that is not below 1")
    }
}

extension RateSums: CustomStringConvertible {
    /// Both sums and the reason in one line, such as "Ση = ∞, Ση² < ∞, because it falls as 1/k".
    public var description: String {
        "\(Self.text("Ση", rates)), \(Self.text("Ση²", squares)), because \(reason)"
    }

    private static func text(_ name: String, _ sum: Sum) -> String {
        switch sum {
        case .finite: "\(name) < ∞"
        case .infinite: "\(name) = ∞"
        case .undecided: "\(name) undecided"
        }
    }
}

extension LearningRateSchedule {
    /// Whether Ση and Ση² are finite if the schedule goes on without end; nil for a shape that does not say. Warm-up,
    /// scale and unit do not matter.
    public var sums: RateSums? { baseRate == 0 ? .staying(at: 0) : shape.sums(baseRate: baseRate) }
}

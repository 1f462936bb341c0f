/// The numbers that an option may take: an interval, with a phrase for error messages.
public struct AllowedNumbers: Sendable, Hashable {
    /// The set as a phrase that fits after "must be".
    public let phrase: String
    /// The least number, if it belongs to the set.
    public let minimum: Double?
    /// A bound that is not in the set: every number is above it.
    public let exclusiveMinimum: Double?
    /// The largest number, if it belongs to the set.
    public let maximum: Double?
    /// A bound that is not in the set: every number is below it.
    public let exclusiveMaximum: Double?

    /// The numbers between the given bounds; without bounds all that Float32 can hold.
    public init(
        _ phrase: String, atLeast minimum: Double? = nil, above exclusiveMinimum: Double? = nil,
        atMost maximum: Double? = nil, below exclusiveMaximum: Double? = nil
    ) {
        self.phrase = phrase
        self.minimum = minimum
        self.exclusiveMinimum = exclusiveMinimum
        self.maximum = maximum
        self.exclusiveMaximum = exclusiveMaximum
    }

    /// No limits: whoever uses the option checks the number.
    public static let all = AllowedNumbers("a number")
    /// (−∞, ∞), within the range of Float32.
    public static let finite = AllowedNumbers("a number that Float32 can hold")
    /// [0, ∞): rates, decays, epsilons.
    public static let notNegative = AllowedNumbers("a finite number, at least 0", atLeast: 0)
    /// (0, ∞): norms, factors.
    public static let positive = AllowedNumbers("a finite number above 0", above: 0)
    /// [0, 1): decay rates of running means, which would never forget at 1.
    public static let belowOne = AllowedNumbers("at least 0 and below 1", atLeast: 0, below: 1)
    /// [0, 1]: momentum, which would grow without bound above 1; probabilities.
    public static let unitInterval = AllowedNumbers("at least 0 and at most 1", atLeast: 0, atMost: 1)
    /// (0, 1): factors that shrink.
    public static let properFraction = AllowedNumbers("above 0 and below 1", above: 0, below: 1)
    /// (0, 1]: fractions of a run, factors that may be 1.
    public static let positiveUpToOne = AllowedNumbers("above 0 and at most 1", above: 0, atMost: 1)

    /// Whether a number belongs to the set; NaN and numbers beyond the range of Float32, in which training computes,
    /// never do.
    public func contains(_ value: Double) -> Bool {
        Float(value).isFinite && minimum.map { value >= $0 } ?? true
            && exclusiveMinimum.map { value > $0 } ?? true
            && maximum.map { value <= $0 } ?? true && exclusiveMaximum.map { value < $0 } ?? true
    }

    /// Throws an error that names the key unless `value` is allowed.
    public func check(_ value: Double, key: String) throws(OptionError) {
        guard contains(value) else {
            throw OptionError(
                .outOfRange, key: key, value: OptionValue.number(value).description, allowed: phrase)
        }
    }
}

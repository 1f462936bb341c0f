import Options

/// How far `Lookahead` looks ahead and how much of it it keeps; an option of every optimizer.
///
/// Example:
///
///     let options = try LookaheadOptions(k: 10)
///     options.alpha                                      // 0.5
///     options.wrap(try Adam()).stateNames                // ["exp_avg", "exp_avg_sq", "slow"]
public struct LookaheadOptions: Sendable, Hashable {
    /// The number of fast steps per slow one, at least 1.
    public let k: Int
    /// α, above 0 and at most 1: how far slow weights move towards fast ones; 1 changes nothing but by rounding.
    public let alpha: Double

    /// Checks the options; throws, with the key "k" or "alpha", on values out of range.
    public init(k: Int = 5, alpha: Double = 0.5) throws(OptionError) {
        guard k >= 1 else {
            throw OptionError(.outOfRange, key: "k", value: "\(k)", allowed: "a whole number, at least 1")
        }
        try AllowedNumbers.positiveUpToOne.check(alpha, key: "alpha")
        self.k = k
        self.alpha = alpha
    }

    /// The rule with these options, measured if the rule is.
    public func wrap(_ rule: some UpdateRule) -> any UpdateRule { Lookahead(rule, options: self) }
}

import Options

/// The options k and α of `Lookahead`, which any optimizer may have.
///
/// Example:
///
///     let options = try LookaheadOptions(k: 10)
///     options.alpha                                      // 0.5
///     options.wrap(try Adam()).stateNames                // ["exp_avg", "exp_avg_sq", "slow"]
public struct LookaheadOptions: Sendable, Hashable {
    /// k, at least 1: every k-th step updates the slow weights.
    public let k: Int
    /// α, above 0 and at most 1: the share of the way that slow weights move towards fast ones; 1 changes nothing but
    /// rounding.
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

    /// `rule` wrapped in `Lookahead`; a `MeasuredRule` if `rule` is one.
    public func wrap(_ rule: some UpdateRule) -> any UpdateRule { Lookahead(rule, options: self) }
}

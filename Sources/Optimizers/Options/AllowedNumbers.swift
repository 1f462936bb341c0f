/// A set of numbers that an option may take, with the words that say so in an error.
package struct AllowedNumbers: Sendable {
    /// The set as a phrase that fits behind "must be".
    package let phrase: String
    private let contains: @Sendable (Double) -> Bool

    /// [0, ∞): rates, decays, epsilons.
    package static let notNegative = AllowedNumbers(phrase: "a finite number, at least 0") { $0 >= 0 }
    /// (0, ∞): norms, factors.
    package static let positive = AllowedNumbers(phrase: "a finite number above 0") { $0 > 0 }
    /// [0, 1): decay rates of running means, which would never forget at 1.
    package static let belowOne = AllowedNumbers(phrase: "at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    /// [0, 1]: momentum, which would grow without bound above 1.
    package static let unitInterval = AllowedNumbers(phrase: "at least 0 and at most 1") {
        $0 >= 0 && $0 <= 1
    }

    /// (0, 1): factors that shrink.
    package static let properFraction = AllowedNumbers(phrase: "above 0 and below 1") { $0 > 0 && $0 < 1 }
    /// (0, 1]: parts of a way.
    package static let positiveUpToOne = AllowedNumbers(phrase: "above 0 and at most 1") {
        $0 > 0 && $0 <= 1
    }

    /// Throws an error that names the key unless `value` is allowed; NaN and whatever overflows Float32, in
    /// which updates are computed, never are.
    package func check(_ value: Double, key: String) throws(OptimizerError) {
        guard Float(value).isFinite, contains(value) else {
            throw OptimizerError(
                .outOfRange, key: key, value: OptionValue.number(value).description, allowed: phrase)
        }
    }
}

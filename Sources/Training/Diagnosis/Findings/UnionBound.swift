import Foundation

/// What Hoeffding's inequality and a union bound over all possible networks say of a gap in accuracy.
///
/// Of N examples drawn alike, some network's accuracy among |H| networks is off by more than ε with a probability of at
/// most 2|H|exp(−2Nε²). P weights of Float32 are |H| = 2^(32P) networks, far more than training can reach, so the bound is
/// too loose to be used literally.
///
/// Reference: Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963.
struct UnionBound: Sendable, Equatable {
    /// P: the number of Float32 weights.
    var parameters: Int
    /// ε: the gap in accuracy, above 0.
    var gap: Double

    /// ln |H|.
    private var logarithmOfNetworks: Double { 32 * Double(parameters) * log(2) }

    /// ln(2|H|exp(−2Nε²)) for N examples; at or above 0 the bound says nothing.
    func logarithm(examples: Int) -> Double {
        log(2) + logarithmOfNetworks - 2 * Double(examples) * gap * gap
    }

    /// The least N ≥ ln(2|H|/δ) ÷ 2ε², at which the bound is no more than δ.
    func examples(forProbability delta: Double) -> Double {
        ((log(2) + logarithmOfNetworks - log(delta)) / (2 * gap * gap)).rounded(.up)
    }
}

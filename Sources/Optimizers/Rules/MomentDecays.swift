import Foundation

/// The decay rates β₁ and β₂ of two running means with their bias corrections, and ε: what Adam and its
/// descendants have in common.
struct MomentDecays: Sendable, Hashable {
    /// β₁ and β₂, each from 0 to below 1.
    let beta1, beta2: Double
    /// ε, at least 0.
    let epsilon: Double

    /// Checks the ranges, with PyTorch's option names in errors.
    init(betas: (Double, Double), epsilon: Double) throws(OptimizerError) {
        // A beta that Float32 rounds to 1 would make the bias correction 0.
        let spelled = OptionValue.numbers([betas.0, betas.1]).description
        for beta in [betas.0, betas.1] where !(beta >= 0 && Float(beta) < 1) {
            throw OptimizerError(
                .outOfRange, key: "betas", value: spelled,
                allowed: "two numbers, each \(AllowedNumbers.belowOne.phrase)")
        }
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        (beta1, beta2) = betas
        self.epsilon = epsilon
    }

    /// β₁ of a step for which `momentum` may have been given.
    ///
    /// - Precondition: a given momentum is below 1, as a β₁ must be.
    func beta1(_ momentum: Double?) -> Double {
        guard let momentum else { return beta1 }
        precondition(Float(momentum) < 1, "momentum \(momentum) as a decay rate, which must be below 1")
        return momentum
    }

    /// 1 − βᵗ.
    static func correction(_ beta: Double, step: Int) -> Double { 1 - pow(beta, Double(step)) }
}

import Foundation
import Options

/// The options that Adam and its descendants share: the decay rates of two running means, ε and the weight decay.
public struct Moments: Sendable, Hashable {
    /// β₁ and β₂, each from 0 to below 1.
    let beta1, beta2: Double
    /// ε, at least 0.
    let epsilon: Double
    /// λ, at least 0.
    private(set) var weightDecay: Double

    /// The numbers of a step of Adam, in the order in which `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// β₁.
        case beta1
        /// 1 − β₁ᵗ.
        case biasCorrection1
        /// √(1 − β₂ᵗ).
        case biasCorrection2Root
    }

    /// Throws on values out of range, under PyTorch's option names.
    public init(
        betas: (Double, Double), epsilon: Double, weightDecay: Double
    ) throws(OptionError) {
        // A beta that Float32 rounds to 1 would make the bias correction 0.
        let spelled = OptionValue.numbers([betas.0, betas.1]).description
        for beta in [betas.0, betas.1] where !(beta >= 0 && Float(beta) < 1) {
            throw OptionError(
                .outOfRange, key: "betas", value: spelled,
                allowed: "two numbers, each \(AllowedNumbers.belowOne.phrase)")
        }
        try AllowedNumbers.notNegative.check(epsilon, key: "eps")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        (beta1, beta2) = betas
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// The same without weight decay.
    var withoutWeightDecay: Moments {
        var moments = self
        moments.weightDecay = 0
        return moments
    }

    /// β₁ of a step: `momentum` if it is given.
    ///
    /// - Precondition: a given momentum is below 1, as a β₁ must be.
    func beta1(_ momentum: Double?) -> Double {
        guard let momentum else { return beta1 }
        precondition(Float(momentum) < 1, "momentum \(momentum) as a decay rate, which must be below 1")
        return momentum
    }

    /// The numbers of a step of Adam; `step` counts from 1.
    func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        let beta1 = beta1(momentum)
        return Scalar.values([
            .learningRate: learningRate,
            .beta1: beta1,
            .biasCorrection1: Self.correction(beta1, step: step),
            .biasCorrection2Root: Self.correction(beta2, step: step).squareRoot(),
        ])
    }

    /// 1 − βᵗ.
    static func correction(_ beta: Double, step: Int) -> Double { 1 - pow(beta, Double(step)) }
}

extension Moments {
    /// The options of a rule with these moments, with the rule's own defaults.
    ///
    /// - Parameter decay: What the rule's weight decay does, in one sentence.
    static func options(
        rate: Double, epsilon: Double, weightDecay: Double,
        decay: String = "The factor λ of the penalty ½ λ ‖θ‖²."
    ) -> [OptionDeclaration] {
        [
            .optional("lr", .number(.notNegative), default: .number(rate), "The learning rate."),
            .optional(
                "betas", .numbers(.belowOne, count: 2), default: .numbers([0.9, 0.999]),
                "The decay rates of the running means of the gradient and of its size."),
            .optional(
                "eps", .number(.notNegative), default: .number(epsilon),
                "What is added to the root that the mean gradient is divided by."),
            .optional(
                "weight_decay", .number(.notNegative), default: .number(weightDecay), decay),
        ]
    }

    /// Reads these options; throws on values out of range.
    init(_ options: ResolvedOptions) throws(OptionError) {
        let betas = options.numbers("betas")
        try self.init(
            betas: (betas[0], betas[1]), epsilon: options.number("eps"),
            weightDecay: options.number("weight_decay"))
    }
}

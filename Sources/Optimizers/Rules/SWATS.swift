import CKernels
import Options

/// SWATS: Adam, until an estimate of the learning rate for SGD settles; then SGD with that rate for good.
///
/// With learning rate η, decay rates β₁ and β₂, ε, a tolerance and weight decay λ, at step t from 1; p and g are the
/// vectors of all weights together (m is "exp_avg", v is "exp_avg_sq"):
///
///     g ← g + λ θ
///     Adam:  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
///            p = −η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε);  θ ← θ + p
///            unless pᵀg = 0:  γ = pᵀp / −pᵀg;  ℓ ← β₂ ℓ + (1 − β₂) γ
///            switch if t > 1 and |ℓ / (1 − β₂ᵗ) − γ| < tolerance:  Λ = ℓ / (1 − β₂ᵗ);  m ← 0
///     SGD:   m ← β₁ m + g;  θ ← θ − (1 − β₁) Λ m
///
/// γ is the rate at which an SGD step, projected on Adam's step, has the same length. Two things differ from the paper:
/// if Λ is not above 0 there is no switch, and after the switch Λ is multiplied by η / (η at the switch), so that a
/// schedule goes on (the paper's η is constant). A momentum given for a step replaces β₁.
///
/// Defaults: betas 0.9 and 0.999, ε 1e-9, tolerance 1e-9, weight decay 0, and as an optimizer's `lr` 1e-3.
///
/// Reference: Keskar and Socher, "Improving Generalization Performance by Switching from Adam to SGD", 2017,
/// arXiv:1712.07628, algorithm 1, whose ε is both ε and the tolerance here.
///
/// Example:
///
///     let rule = try SWATS(betas: (0.5, 0.75))
///     rule.stateNames                                           // ["exp_avg", "exp_avg_sq"]
///     rule.products                                             // [.direction, .gradientDirection, .weightsDirection]
///     rule.memoryCount                                          // 4
///     rule.scalars(step: 1, learningRate: 0.1, momentum: nil)   // [0.1, 0.5, 0.5, 0.25, 1]
public struct SWATS: MomentRule, MeasuredRule, Hashable {
    public var moments: Moments
    /// The difference between γ and its running mean below which SGD takes over, above 0, in the units of a learning
    /// rate.
    public let tolerance: Double

    /// Makes the rule; throws on values out of range.
    public init(
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-9, tolerance: Double = 1e-9,
        weightDecay: Double = 0
    ) throws(OptionError) {
        try self.init(
            Moments(betas: betas, epsilon: epsilon, weightDecay: weightDecay), tolerance: tolerance)
    }

    private init(_ moments: Moments, tolerance: Double) throws(OptionError) {
        self.moments = moments
        try AllowedNumbers.positive.check(tolerance, key: "tolerance")
        self.tolerance = tolerance
    }

    /// The name in a configuration.
    public static let name = "swats"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// m, which is SGD's velocity after the switch, and v.
    public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }

    /// The numbers of a step, as `scalars` returns them.
    public enum Scalar: Int, ScalarName {
        /// η.
        case learningRate
        /// β₁.
        case beta1
        /// 1 − β₁ᵗ.
        case biasCorrection1
        /// 1 − β₂ᵗ.
        case biasCorrection2
        /// 1 at the first step, 0 afterwards.
        case isFirstStep
    }

    /// uᵀu, gᵀu and θᵀu, with u = m / (√v + ε) in Adam's phase.
    public var products: [TensorProduct] { Self.products }

    private static let products: [TensorProduct] = [.direction, .gradientDirection, .weightsDirection]

    /// The number that `factors` returns for each tensor.
    public enum Factor: Int, ScalarName {
        /// The rate along u, the same for all tensors.
        case rate
    }

    /// The numbers that outlive a step.
    public enum Memory: Int, ScalarName {
        /// 0 in Adam's phase, 1 after the switch until SGD's first step, 2 from then on.
        case phase
        /// ℓ.
        case rateMean
        /// Λ.
        case switchedRate
        /// η at the switch.
        case learningRateAtSwitch
    }

    /// The values of `Memory.phase`.
    private enum Phase {
        static let adam = 0.0
        /// Before SGD's first step, which starts from velocity 0.
        static let switched = 1.0
        static let sgd = 2.0
    }

    /// The numbers of step t, from 1, in the order of `Scalar`.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        let beta1 = moments.beta1(momentum)
        return Scalar.values([
            .learningRate: learningRate,
            .beta1: beta1,
            .biasCorrection1: Moments.correction(beta1, step: step),
            .biasCorrection2: Moments.correction(moments.beta2, step: step),
            .isFirstStep: step == 1 ? 1 : 0,
        ])
    }

    /// Updates m and v and writes the phase's direction u into `gradient`.
    public func prepare(
        scalars: NamedScalars<Scalar>,
        weights: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars, then: Memory.self)
        let phase = scalars.rest(as: Memory.self)[.phase]
        let step = dt_swats(
            beta1: scalars[.beta1], beta2: moments.beta2, epsilon: epsilon, weight_decay: weightDecay,
            sgd: phase != Phase.adam, restart: phase == Phase.switched)
        kernels.pointee.swats_direction(step, Int64(count), weights, gradient, state[0], state[1])
    }

    /// The rate along u, the same for every tensor; records in `memory` whether the next step is SGD's.
    public func factors(
        scalars: NamedScalars<Scalar>, sums: [Double], decays: [Bool], memory: inout [Double]
    ) -> [Double] {
        guard memory[Memory.phase] == Phase.adam else {
            memory[Memory.phase] = Phase.sgd
            let schedule = scalars[.learningRate] / memory[Memory.learningRateAtSwitch]
            let rate = (1 - scalars[.beta1]) * (memory[Memory.switchedRate] * schedule)
            return Array(repeating: rate, count: decays.count)
        }
        let rate = scalars[.learningRate] * scalars[.biasCorrection2].squareRoot() / scalars[.biasCorrection1]
        var directions = 0.0
        var gradients = 0.0
        for tensor in decays.indices {
            directions += sums[3 * tensor]
            gradients += sums[3 * tensor + 1]
            if decays[tensor] { gradients += weightDecay * sums[3 * tensor + 2] }
        }
        settle(
            step: rate * rate * directions, descent: rate * gradients, correction2: scalars[.biasCorrection2],
            isFirst: scalars[.isFirstStep] != 0, learningRate: scalars[.learningRate], memory: &memory)
        return Array(repeating: rate, count: decays.count)
    }

    /// Updates ℓ with γ and switches when γ has settled; `step` is pᵀp and `descent` is −pᵀg.
    private func settle(
        step: Double, descent: Double, correction2: Double, isFirst: Bool, learningRate: Double,
        memory: inout [Double]
    ) {
        let gamma = step / descent
        guard descent != 0, gamma.isFinite else { return }
        memory[Memory.rateMean] = moments.beta2 * memory[Memory.rateMean] + (1 - moments.beta2) * gamma
        let settled = memory[Memory.rateMean] / correction2
        guard !isFirst, (settled - gamma).magnitude < tolerance, settled > 0 else { return }
        memory[Memory.phase] = Phase.switched
        memory[Memory.switchedRate] = settled
        memory[Memory.learningRateAtSwitch] = learningRate
    }

    /// Applies one step to a run of elements, as `UpdateRule` says.
    public func update(
        scalars: NamedScalars<Scalar>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars, then: Factor.self)
        kernels.pointee.step(
            scalars.rest(as: Factor.self)[.rate], along: gradient, weights: weights, count: count)
    }
}

extension SWATS: Choice {
    public static let summary = "Starts as adam, goes over to sgd when its rate has settled."
    public static let source = "Keskar & Socher 2017"

    public static let options =
        Moments.options(rate: 1e-3, epsilon: 1e-9, weightDecay: 0) + [
            .optional(
                "tolerance", .number(.positive), default: .number(1e-9),
                "How near the rate of sgd must come to its running mean.")
        ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(Moments(options), tolerance: options.number("tolerance"))
    }
}

import CKernels
import Options

/// Newton's method by conjugate gradients, in a trust region that keeps it from being drawn to saddles.
///
/// With the gradient g and the Hessian H of the mini-batch's mean loss at the weights θ, and a radius Δ:
///
///     p ≈ argmin gᵀp + ½ pᵀHp,  ‖p‖ ≤ Δ        Steihaug and Toint: conjugate gradients from p = 0, at most `iterations`, until
///                                              ‖g + Hp‖ ≤ min(tolerance, √‖g‖) ‖g‖, or the boundary is met; along a
///                                              direction d with dᵀHd < 0 they go to the boundary
///     θ ← θ + p, Δ ← ...                       as `TrustRegion` says
///
/// Where the decrease that p promises is below the rounding of the loss, as at a saddle itself, Lanczos's method looks
/// for negative curvature: p = ± Δ v for the eigenvector v of the least eigenvalue, if that is below 0.
///
/// `negativeCurvature: .ignore` takes the full step p = −H⁻¹g, however long it is and whatever it does to the loss.
/// Such steps go to the nearest critical point, saddles and maxima among them.
///
/// The rule does not find p itself: the caller, which has the loss, its gradient and products with H, passes −p in the
/// place of the gradient. There is no learning rate. Weight decay λ adds ½ λ ‖θ‖² to the loss, and so λ θ to g and λ to
/// H.
///
/// Defaults: radius 1, at most 100, 50 iterations, tolerance 0.1, weight decay 0.
///
/// Reference: Steihaug, "The Conjugate Gradient Method and Trust Regions in Large Scale Optimization", SIAM J. Numer. Anal. 20,
/// 1983; Toint, "Towards an Efficient Sparsity Exploiting Newton Method for Minimization", 1981; Nocedal and Wright, "Numerical
/// Optimization", algorithms 4.1 and 7.2, and (7.3) for √‖g‖; Dauphin et al., "Identifying and Attacking the Saddle Point
/// Problem", NIPS 2014, arXiv:1406.2572, for the attraction to saddles.
///
/// Example:
///
///     let rule = try NewtonCG(radius: 0.5)
///     rule.stateNames                // []
///     rule.memoryCount               // 1
///     rule.takesLearningRate         // false
///     rule.region([0]).radius        // 0.5, before the first step
public struct NewtonCG: UpdateRule, Hashable {
    /// What to do about directions of negative curvature.
    public enum NegativeCurvature: String, Sendable, Hashable, CaseIterable {
        /// They are followed, as far as the trust region goes.
        case follow
        /// They are treated like all others: the full Newton step is taken.
        case ignore
    }

    /// Δ of the first step, above 0.
    public let radius: Double
    /// The largest Δ.
    public let maximumRadius: Double
    /// The most products with the Hessian in a step, for conjugate gradients and for Lanczos's method each.
    public let iterations: Int
    /// The part of the gradient that conjugate gradients may leave, between 0 and 1.
    public let tolerance: Double
    /// Whether negative curvature is followed or ignored.
    public let negativeCurvature: NegativeCurvature
    /// λ of the penalty ½ λ ‖θ‖², at least 0.
    public private(set) var weightDecay: Double

    /// Makes the rule; throws on values out of range.
    public init(
        radius: Double = 1, maximumRadius: Double = 100, iterations: Int = 50, tolerance: Double = 0.1,
        negativeCurvature: NegativeCurvature = .follow, weightDecay: Double = 0
    ) throws(OptionError) {
        try AllowedNumbers.positive.check(radius, key: "radius")
        try AllowedNumbers.positive.check(maximumRadius, key: "max_radius")
        try AllowedNumbers.properFraction.check(tolerance, key: "tolerance")
        try AllowedNumbers.notNegative.check(weightDecay, key: "weight_decay")
        guard Self.allowedIterations.contains(iterations) else {
            throw OptionError(
                .outOfRange, key: "cg_iterations", value: "\(iterations)",
                allowed: OptionForm.phrase(Self.allowedIterations))
        }
        guard radius <= maximumRadius else {
            throw OptionError(
                .conflict, key: "radius", value: OptionValue.number(radius).description,
                allowed: "at most max_radius, which is \(OptionValue.number(maximumRadius))")
        }
        self.radius = radius
        self.maximumRadius = maximumRadius
        self.iterations = iterations
        self.tolerance = tolerance
        self.negativeCurvature = negativeCurvature
        self.weightDecay = weightDecay
    }

    private static let allowedIterations = 1...10_000

    /// "newton_cg".
    public static let name = "newton_cg"

    /// "newton_cg".
    public var name: String { Self.name }

    /// Empty: the rule keeps no state arrays.
    public var stateNames: [String] { [] }

    /// A step has no scalars.
    public typealias Scalar = NoScalar

    /// False: Δ limits the length of steps.
    public var takesLearningRate: Bool { false }

    /// λ of the penalty ½ λ ‖θ‖².
    public var penalty: Double { weightDecay }

    /// The same rule without the penalty.
    public var withoutWeightDecay: NewtonCG {
        var rule = self
        rule.weightDecay = 0
        return rule
    }

    /// The numbers kept between steps.
    public enum Memory: Int, ScalarName {
        /// Δ of the next step; 0 before the first.
        case radius
    }

    /// 1, for Δ.
    public var memoryCount: Int { Memory.allCases.count }

    /// The trust region of the next step, from the rule's memory.
    public func region(_ memory: [Double]) -> TrustRegion {
        let known = memory[Memory.radius]
        return TrustRegion(radius: known > 0 ? known : radius, maximum: maximumRadius)
    }

    /// Empty: a step has no scalars.
    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        checkStep(step, momentum: momentum)
        return []
    }

    /// θ ← θ − u over a run of elements, with u = −p in the place of the gradient.
    public func update(
        scalars: NamedScalars<Scalar>,
        weights: UnsafeMutablePointer<Float>,
        gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>,
        count: Int,
        kernels: UnsafePointer<dt_kernels>
    ) {
        checkScalars(scalars)
        kernels.pointee.step(1, along: gradient, weights: weights, count: count)
    }
}

extension NewtonCG: Choice {
    public static let summary =
        "Second-order steps by conjugate gradients in a trust region, which follow negative curvature out of saddles; for full or large batches."
    public static let source = "Steihaug 1983, Toint 1981"

    public static let options: [OptionDeclaration] = [
        .optional(
            "radius", .number(.positive), default: .number(1),
            "The length that the first step may have."),
        .optional(
            "max_radius", .number(.positive), default: .number(100), "The length that no step exceeds."),
        .optional(
            "cg_iterations", .whole(allowedIterations), default: .whole(50),
            "Products with the Hessian that conjugate gradients may take in a step, and Lanczos's method where there is no gradient."
        ),
        .optional(
            "tolerance", .number(.properFraction), default: .number(0.1),
            "The part of the gradient at which conjugate gradients end, or its norm's root where that is less."
        ),
        .optional(
            "negative_curvature", .word("way", NegativeCurvature.allCases.map(\.rawValue)),
            default: .text(NegativeCurvature.follow.rawValue),
            "Whether it is followed, or ignored by plain Newton steps that no trust region bounds."),
        .optional(
            "weight_decay", .number(.notNegative), default: .number(0),
            "The factor λ of the penalty ½ λ ‖θ‖²."),
    ]

    public static let lacks = [
        "lr": "newton_cg has no learning rate: the curvature and the trust region say how long a step is",
        "momentum": "newton_cg has no momentum: the steps before say nothing of the loss's curvature",
    ]

    public init(options: ResolvedOptions) throws(OptionError) {
        try self.init(
            radius: options.number("radius"), maximumRadius: options.number("max_radius"),
            iterations: options.whole("cg_iterations"), tolerance: options.number("tolerance"),
            negativeCurvature: options.word("negative_curvature"),
            weightDecay: options.number("weight_decay"))
    }
}

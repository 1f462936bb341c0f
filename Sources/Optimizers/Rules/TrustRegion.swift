/// How far from the weights a quadratic model of the loss is trusted, and how a trial step changes that.
///
/// With the decrease m that the model predicted of a step p, and the decrease f that the loss showed:
///
///     ρ = f / m
///     ρ > 1e-4                       the step is taken
///     ρ < ¼                          Δ ← ¼ ‖p‖
///     ρ > ¾ and ‖p‖ = Δ              Δ ← min(2 Δ, Δ_max)
///
/// A loss that is not finite counts as ρ = −∞.
///
/// Near a minimum both decreases fall below the rounding of the loss and ρ is noise: a rule that went by it would shrink Δ to
/// nothing, or walk at random. Where neither is above the rounding the verdict is left to what can still be told, the gradient
/// (Conn, Gould and Toint, "Trust-Region Methods", 2000, section 17.4.2, name the difficulty and set ρ to 1; Hager and Zhang,
/// SIAM J. Optim. 16, 2005, section 4, go over to gradients there, as here). Δ does not shrink then, and doubles where it is
/// what kept the step small.
///
/// Reference: Nocedal and Wright, "Numerical Optimization", 1999, algorithm 4.1, whose ¼ ‖p‖ (the second edition has ¼ Δ) saves
/// trials of the same step where a rejected one did not reach the boundary.
public struct TrustRegion: Sendable, Hashable {
    /// Δ, above 0.
    public private(set) var radius: Double
    /// Δ_max.
    public let maximum: Double

    /// The verdict on a trial step.
    public enum Verdict: Sendable, Hashable {
        /// The step is taken.
        case accepted
        /// The step is not taken.
        case rejected
        /// Neither decrease is larger than the loss's rounding.
        case tooSmallToTell
    }

    /// A region of radius Δ, above 0 and at most `maximum`.
    public init(radius: Double, maximum: Double) {
        precondition(radius > 0 && radius <= maximum, "a radius of \(radius), at most \(maximum)")
        self.radius = radius
        self.maximum = maximum
    }

    /// Judges a trial and sets the next radius.
    ///
    /// - Parameters:
    ///   - predicted: m.
    ///   - actual: f, not finite where the loss at the trial is not.
    ///   - rounding: By how much two evaluations of the loss may differ for no reason, at least 0.
    ///   - length: ‖p‖.
    ///   - isAtBoundary: Whether Δ kept the step from going further.
    public mutating func judge(
        predicted: Double, actual: Double, rounding: Double, length: Double, isAtBoundary: Bool
    ) -> Verdict {
        if actual.isFinite, abs(actual) <= rounding, predicted <= rounding {
            if isAtBoundary { grow() }
            return .tooSmallToTell
        }
        let ratio = actual.isFinite && predicted > 0 ? actual / predicted : -.infinity
        if ratio < 0.25 {
            // The bound keeps the radius from becoming 0.
            radius = max(0.25 * length, 1e-300)
        } else if ratio > 0.75, isAtBoundary {
            grow()
        }
        return ratio > 1e-4 ? .accepted : .rejected
    }

    private mutating func grow() { radius = min(2 * radius, maximum) }
}

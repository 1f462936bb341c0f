import DataParallel
import Foundation

/// The gradient noise scale, smoothed over measurements: B = tr(Σ)/‖G‖², in examples.
///
/// A mini-batch much smaller than B gives gradients that are mostly noise, and doubling it nearly halves the steps of a
/// run; a much larger one wastes examples. Both terms are exponential means with bias correction, since single
/// measurements are noisy.
///
/// Reference: McCandlish, Kaplan, Amodei, "An Empirical Model of Large-Batch Training", 2018, arXiv:1812.06162.
package struct NoiseScale: Codable, Sendable, Equatable {
    private var variance = 0.0
    private var squaredNorm = 0.0
    private var weight = 0.0

    /// The weight that earlier measurements keep when a new one is added.
    private static let decay = 0.9

    package init() {}

    /// Adds a step's measurement.
    package mutating func observe(_ noise: GradientNoise) {
        guard noise.variance.isFinite, noise.squaredNorm.isFinite else { return }
        variance = Self.decay * variance + (1 - Self.decay) * noise.variance
        squaredNorm = Self.decay * squaredNorm + (1 - Self.decay) * noise.squaredNorm
        weight = Self.decay * weight + (1 - Self.decay)
    }

    /// ‖G‖², the squared norm of the gradient over the whole distribution; nil before the first measurement.
    ///
    /// The mean of unbiased estimates, so it may be negative where noise is large. The squared norm of a mini-batch's own
    /// gradient is larger by tr(Σ)/B, which does not vanish at a minimum.
    package var unbiasedSquaredNorm: Double? { weight > 0 ? squaredNorm / weight : nil }

    /// B in examples; infinite if no gradient stands out from the noise, nil before the first measurement.
    package var examples: Double? {
        guard weight > 0 else { return nil }
        if variance <= 0 { return 0 }
        return squaredNorm > 0 ? variance / squaredNorm : .infinity
    }
}

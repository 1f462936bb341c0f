import Glibc

/// A normal distribution restricted to a ... b, sampled by the inverse of its distribution function.
struct TruncatedNormal {
    private let mean: Double
    private let deviation: Double
    private let a: Double
    private let b: Double
    private let lower: Double
    private let upper: Double

    init(mean: Double, deviation: Double, a: Double, b: Double) {
        precondition(deviation > 0 && a < b, "a truncated normal of deviation \(deviation) in \(a) ... \(b)")
        (self.mean, self.deviation, self.a, self.b) = (mean, deviation, a, b)
        lower = Self.distribution((a - mean) / deviation)
        upper = Self.distribution((b - mean) / deviation)
    }

    /// The value below which the share `u` in [0, 1) of the distribution lies, found by bisection.
    func value(_ u: Double) -> Double {
        let target = lower + u * (upper - lower)
        var (low, high) = ((a - mean) / deviation, (b - mean) / deviation)
        // After 60 halvings the error is below Float32's rounding, whatever the interval.
        for _ in 0..<60 {
            let middle = low + (high - low) / 2
            if Self.distribution(middle) < target { low = middle } else { high = middle }
        }
        return min(max(mean + deviation * (low + high) / 2, a), b)
    }

    /// Φ(x) of the standard normal distribution.
    private static func distribution(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
}

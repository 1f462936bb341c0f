import Glibc

/// The normal distribution without what lies outside a ... b, by the inverse of its distribution function.
struct TruncatedNormal {
    private let mean: Double
    private let deviation: Double
    private let a: Double
    private let b: Double
    private let lower: Double
    private let upper: Double

    /// N(mean, deviation²) between `a` and `b`.
    init(mean: Double, deviation: Double, a: Double, b: Double) {
        precondition(deviation > 0 && a < b, "a truncated normal of deviation \(deviation) in \(a) ... \(b)")
        (self.mean, self.deviation, self.a, self.b) = (mean, deviation, a, b)
        lower = Self.distribution((a - mean) / deviation)
        upper = Self.distribution((b - mean) / deviation)
    }

    /// The value below which a share `u` in [0, 1) of the distribution lies, by bisection.
    func value(_ u: Double) -> Double {
        let target = lower + u * (upper - lower)
        var (low, high) = ((a - mean) / deviation, (b - mean) / deviation)
        // 60 halvings leave less than Float32's rounding of any interval.
        for _ in 0..<60 {
            let middle = low + (high - low) / 2
            if Self.distribution(middle) < target { low = middle } else { high = middle }
        }
        return min(max(mean + deviation * (low + high) / 2, a), b)
    }

    /// Φ(x).
    private static func distribution(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
}

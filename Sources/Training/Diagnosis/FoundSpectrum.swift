import DataParallel
import Spectrum

/// What was found of the Hessian's spectrum.
struct FoundSpectrum {
    /// All eigenvalues, ascending, where they are known.
    var all: [Double]?
    /// The vectors of the smallest eigenvalues, from the lowest on.
    var lowest: [SlicedVector<Float>]
    /// The vectors of the largest eigenvalues, from the highest on.
    var highest: [SlicedVector<Float>]
    /// The tridiagonal matrix of Lanczos's method from a random start vector.
    var tridiagonal = Tridiagonal()
    /// Whether everything was found that the start vector can show.
    var isComplete = false
    /// The Ritz values, ascending.
    var ritz: [Double] = []
    /// Trainable elements.
    var dimension = 0

    /// The number of products, for bounds on what was missed.
    var steps: Int { tridiagonal.count }

    /// The shares of eigenvalues above ε, from −ε to ε, and below −ε.
    func shares(_ epsilon: Double, in space: HessianSpace) throws -> (
        positive: Diagnosis.Share, zero: Diagnosis.Share, negative: Diagnosis.Share
    ) {
        if let all {
            func share(_ isIn: (Double) -> Bool) -> Diagnosis.Share {
                let value = Double(all.filter(isIn).count) / Double(all.count)
                return Diagnosis.Share(value: value, range: value...value)
            }
            return (
                share { $0 > epsilon }, share { abs($0) <= epsilon }, share { $0 < -epsilon }
            )
        }
        let upTo = try tridiagonal.measure(below: epsilon, in: space)
        let below = try tridiagonal.measure(below: -epsilon, in: space)
        // The node nearest to ε may stand for eigenvalues on both sides of it, so the middle is the best guess.
        func share(_ lower: Double, _ upper: Double, _ estimate: Double) -> Diagnosis.Share {
            // (v·u)² of a random unit vector sums to a Beta variable over a set of eigenvectors.
            let deviation = (2 * estimate * (1 - estimate) / Double(dimension + 2)).squareRoot()
            let low = max(0, lower - 2 * deviation)
            return Diagnosis.Share(value: estimate, range: low...max(low, min(1, upper + 2 * deviation)))
        }
        func middle(_ range: ClosedRange<Double>) -> Double { (range.lowerBound + range.upperBound) / 2 }
        let (positive, negative) = (1 - middle(upTo), middle(below))
        return (
            share(1 - upTo.upperBound, 1 - upTo.lowerBound, positive),
            share(
                max(0, upTo.lowerBound - below.upperBound), max(0, upTo.upperBound - below.lowerBound),
                max(0, 1 - positive - negative)),
            share(below.lowerBound, below.upperBound, negative)
        )
    }

    /// The density of the spectrum: each eigenvalue with its share, or the nodes of a quadrature.
    func density(in space: HessianSpace) throws -> [Diagnosis.DensityNode] {
        if let all {
            return all.map { Diagnosis.DensityNode(value: $0, weight: 1 / Double(all.count)) }
        }
        return try tridiagonal.nodes(in: space).map {
            Diagnosis.DensityNode(value: $0.value, weight: $0.weight)
        }
    }

    /// The smallest eigenvalue above `epsilon`; a Ritz value where not all eigenvalues are known.
    func smallest(above epsilon: Double) -> Double? { (all ?? ritz).first { $0 > epsilon } }
}

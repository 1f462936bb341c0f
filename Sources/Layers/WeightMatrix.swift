import Randomness

/// A weight as a matrix with one row per output, in Float64, from which weight norm and spectral norm take first
/// values.
struct WeightMatrix {
    private let values: [Double]
    private let rows: Int
    private let columns: Int

    /// Steps of the power method before training; torch's number.
    private static let powerSteps = 15
    /// The least divisor of a vector that is normalized.
    private static let epsilon = 1e-12

    /// The matrix (first extent, product of the others) of a weight's elements.
    init(_ values: [Float], shape: [Int]) {
        self.values = values.map(Double.init)
        rows = shape.first ?? 1
        columns = shape.dropFirst().reduce(1, *)
    }

    var rowNorms: [Float] {
        (0..<rows).map { row in
            let elements = values[row * columns..<(row + 1) * columns]
            return Float(elements.reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
    }

    /// Estimates of the singular vectors of the largest singular value, after 15 steps of the power method from a
    /// random start: u ← W v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖.
    func singularVectors(random: CounterRandom) -> (left: [Float], right: [Float]) {
        // Random numbers that the weight's own elements do not use.
        var v = Self.normalized((0..<columns).map { random.normal(at: UInt64(values.count + $0)) })
        var u: [Double] = []
        for _ in 0..<Self.powerSteps {
            u = Self.normalized(
                (0..<rows).map { row in
                    v.indices.reduce(0) { $0 + values[row * columns + $1] * v[$1] }
                })
            var product = Array(repeating: 0.0, count: columns)
            for row in 0..<rows {
                for column in 0..<columns { product[column] += values[row * columns + column] * u[row] }
            }
            v = Self.normalized(product)
        }
        return (u.map { Float($0) }, v.map { Float($0) })
    }

    private static func normalized(_ x: [Double]) -> [Double] {
        let norm = max(epsilon, x.reduce(0) { $0 + $1 * $1 }.squareRoot())
        return x.map { $0 / norm }
    }
}

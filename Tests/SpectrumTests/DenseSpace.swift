import Randomness
import Spectrum

/// A symmetric matrix on vectors in memory, rounded to Float32 where a basis holds them.
final class DenseSpace: ConjugateSpace {
    typealias Vector = DiagonalSpace.Box<Double>
    typealias BasisVector = DiagonalSpace.Box<Float>

    let size: Int
    /// Rows one after another.
    let matrix: [Double]
    private let plain: DiagonalSpace
    private(set) var products = 0

    /// A matrix of these eigenvalues, whose eigenvectors are random.
    init(eigenvalues: [Double], seed: UInt64) {
        let size = eigenvalues.count
        let random = CounterRandom(seed: seed, purpose: .test)
        // Gram and Schmidt on random rows, twice each.
        var rows: [[Double]] = []
        for row in 0..<size {
            var vector = (0..<size).map { random.normal(at: UInt64(row * size + $0)) }
            for _ in 0..<2 {
                for other in rows {
                    let along = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
                    vector = zip(vector, other).map { $0 - along * $1 }
                }
            }
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            rows.append(vector.map { $0 / norm })
        }
        var matrix = Array(repeating: 0.0, count: size * size)
        for (value, vector) in zip(eigenvalues, rows) {
            for row in 0..<size {
                for column in 0...row {
                    let part: Double = value * vector[row] * vector[column]
                    matrix[row * size + column] += part
                    if column < row { matrix[column * size + row] += part }
                }
            }
        }
        self.size = size
        self.matrix = matrix
        plain = DiagonalSpace(eigenvalues)
    }

    var dimension: Int { size }

    /// H · v in Float64.
    func image(_ vector: [Double]) -> [Double] {
        (0..<size).map { row in
            zip(matrix[row * size..<(row + 1) * size], vector).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    /// gᵀp + ½ pᵀHp.
    func model(_ gradient: [Double], _ step: [Double]) -> Double {
        Self.dot(gradient, step) + Self.dot(step, image(step)) / 2
    }

    static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    func product(_ vector: BasisVector) -> Vector {
        products += 1
        return Vector(image(vector.values.map(Double.init)))
    }

    func normal(_ number: Int) -> Vector { plain.normal(number) }
    func dots(_ basis: [BasisVector], _ vector: Vector) -> [Double] { plain.dots(basis, vector) }
    func squaredNorm(_ vector: Vector) -> Double { plain.squaredNorm(vector) }
    func subtract(_ coefficients: [Double], _ basis: [BasisVector], from vector: Vector) {
        plain.subtract(coefficients, basis, from: vector)
    }
    func basisVector(_ vector: Vector, times factor: Double) -> BasisVector {
        plain.basisVector(vector, times: factor)
    }
    func combination(_ coefficients: [Double], _ basis: [BasisVector]) -> Vector {
        plain.combination(coefficients, basis)
    }
    func rotate(_ basis: [BasisVector], _ rows: [[Double]]) { plain.rotate(basis, rows) }
    func decided(_ body: () -> [Double]?) -> [Double]? { body() }

    func zero() -> Vector { Vector(Array(repeating: 0, count: size)) }
    func dot(_ a: Vector, _ b: Vector) -> Double { Self.dot(a.values, b.values) }
    func add(_ factor: Double, _ vector: Vector, to sum: Vector) {
        for place in 0..<size { sum.values[place] += factor * vector.values[place] }
    }
    func scale(_ vector: Vector, by factor: Double) {
        for place in 0..<size { vector.values[place] *= factor }
    }
}

import Foundation
import Randomness
import Spectrum

/// A diagonal operator on vectors in memory, rounded to Float32 where a basis holds them.
final class DiagonalSpace: KrylovSpace {
    typealias Vector = Box<Double>
    typealias BasisVector = Box<Float>

    /// Elements that can be changed in place.
    final class Box<Scalar> {
        var values: [Scalar]
        init(_ values: [Scalar]) { self.values = values }
    }

    let eigenvalues: [Double]
    /// The most basis vectors that were alive in one call.
    private(set) var largestBasis = 0
    private(set) var products = 0

    init(_ eigenvalues: [Double]) { self.eigenvalues = eigenvalues }

    var dimension: Int { eigenvalues.count }

    func product(_ vector: Box<Float>) -> Box<Double> {
        products += 1
        return Box(zip(eigenvalues, vector.values).map { $0 * Double($1) })
    }

    func normal(_ number: Int) -> Box<Double> {
        let random = CounterRandom(seed: 3, purpose: .test, stream: UInt64(number))
        return Box((0..<dimension).map { random.normal(at: UInt64($0)) })
    }

    func dots(_ basis: [Box<Float>], _ vector: Box<Double>) -> [Double] {
        largestBasis = max(largestBasis, basis.count)
        return basis.map { other in zip(other.values, vector.values).reduce(0) { $0 + Double($1.0) * $1.1 } }
    }

    func squaredNorm(_ vector: Box<Double>) -> Double { vector.values.reduce(0) { $0 + $1 * $1 } }

    func subtract(_ coefficients: [Double], _ basis: [Box<Float>], from vector: Box<Double>) {
        for (coefficient, other) in zip(coefficients, basis) {
            for place in vector.values.indices {
                vector.values[place] -= coefficient * Double(other.values[place])
            }
        }
    }

    func basisVector(_ vector: Box<Double>, times factor: Double) -> Box<Float> {
        Box(vector.values.map { Float($0 * factor) })
    }

    func combination(_ coefficients: [Double], _ basis: [Box<Float>]) -> Box<Double> {
        let sum = Box(Array(repeating: 0.0, count: dimension))
        subtract(coefficients.map { -$0 }, basis, from: sum)
        return sum
    }

    func rotate(_ basis: [Box<Float>], _ rows: [[Double]]) {
        let rotated = rows.map { combination($0, basis).values.map { Float($0) } }
        for (vector, values) in zip(basis, rotated) { vector.values = values }
    }

    func decided(_ body: () -> [Double]?) -> [Double]? { body() }
}

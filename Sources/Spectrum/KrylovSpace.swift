/// A symmetric operator H and the vectors it acts on, as Krylov methods need them. No method reads single elements, so
/// a process may hold only a part of each vector.
///
/// Every process of a run makes the same calls in the same order and gets the same numbers.
package protocol KrylovSpace: AnyObject {
    /// A vector to compute with, in Float64.
    associatedtype Vector
    /// A basis vector, in the precision that the operator takes.
    associatedtype BasisVector

    /// The number of elements of a vector.
    var dimension: Int { get }
    /// H · v.
    func product(_ vector: BasisVector) throws -> Vector
    /// Independent standard normal numbers, different for each `number`.
    func normal(_ number: Int) throws -> Vector
    /// The inner product of each basis vector with `vector`.
    func dots(_ basis: [BasisVector], _ vector: Vector) throws -> [Double]
    /// ‖vector‖².
    func squaredNorm(_ vector: Vector) throws -> Double
    /// vector ← vector − Σ coefficients · basis.
    func subtract(_ coefficients: [Double], _ basis: [BasisVector], from vector: Vector)
    /// factor · vector, rounded to the precision of a basis vector.
    func basisVector(_ vector: Vector, times factor: Double) throws -> BasisVector
    /// Σ coefficients · basis.
    func combination(_ coefficients: [Double], _ basis: [BasisVector]) throws -> Vector
    /// Replaces the first vectors of `basis` by combinations of all of them, one for each row of coefficients.
    func rotate(_ basis: [BasisVector], _ rows: [[Double]])
    /// Numbers that `body` computes on one process, given to all; nil if it returns nil.
    func decided(_ body: () -> [Double]?) throws -> [Double]?
}

extension KrylovSpace {
    /// The eigenvalues of a symmetric matrix (n, n), ascending, and its unit eigenvectors as rows in that order; throws
    /// if they cannot be computed, as with numbers that are not finite.
    func eigen(_ matrix: [Double], size: Int) throws -> (values: [Double], vectors: [[Double]]) {
        guard size > 0 else { return ([], []) }
        let packed = try decided {
            SymmetricEigen(matrix, size: size).map { $0.values + $0.vectors }
        }
        guard let packed else { throw SpectrumError.notFinite }
        let vectors = (0..<size).map { row in
            Array(packed[size + row * size..<size + (row + 1) * size])
        }
        return (Array(packed[..<size].reversed()), vectors.reversed())
    }

    /// Makes `vector` orthogonal to the basis, twice so that it holds to working precision.
    ///
    /// - Returns: The inner product of each basis vector with the original vector.
    func orthogonalize(_ vector: Vector, against basis: [BasisVector]) throws -> [Double] {
        guard !basis.isEmpty else { return [] }
        let first = try dots(basis, vector)
        subtract(first, basis, from: vector)
        let second = try dots(basis, vector)
        subtract(second, basis, from: vector)
        return zip(first, second).map(+)
    }
}

/// Why a spectrum cannot be computed.
package enum SpectrumError: Error, CustomStringConvertible {
    /// The operator gave numbers that are not finite.
    case notFinite

    package var description: String {
        "products with the Hessian are not finite: there is no curvature at a point where the loss has none"
    }
}

import Glibc

/// The extreme eigenvalues of a symmetric operator by Lanczos's method with full re-orthogonalization.
///
/// When the basis has reached its capacity, a thick restart keeps the Ritz vectors of both ends in it (Wu and Simon,
/// "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems", SIAM J. Matrix Anal. Appl. 22, 2000). From a
/// random start every eigenvalue is found with probability 1, but a multiple one only once. When the operator maps the
/// basis into itself, the method continues with a new random vector and so finds multiple eigenvalues again.
package struct Lanczos<Space: KrylovSpace> {
    /// An eigenvalue of the operator on the basis.
    package struct RitzValue: Sendable, Equatable {
        /// θ, near an eigenvalue.
        package let value: Double
        /// ‖H x − θ x‖ of its Ritz vector x, according to the recurrence: an eigenvalue lies within this distance of θ.
        package let residual: Double
    }

    private let space: Space
    /// The most vectors of the basis.
    private let capacity: Int
    private var basis: [Space.BasisVector] = []
    /// The vector that is multiplied next; nil if none is left.
    private var next: Space.BasisVector?
    /// The operator on the basis; the row of a vector is added when the vector is multiplied.
    private var projected: [[Double]] = []
    /// How the next vector couples to the basis: its row of `projected` without the diagonal element.
    private var coupling: [Double] = []
    /// The number of the next random vector.
    private var draws: Int
    /// The number of products so far.
    package private(set) var products = 0
    /// T, the tridiagonal matrix that the start vector alone gives until the first restart.
    package private(set) var tridiagonal = Tridiagonal()
    private var isFirstCycle = true
    /// Whether the operator mapped a basis into itself, so that what can be seen from one start vector is known
    /// exactly.
    package private(set) var isInvariant = false

    /// Starts with the random vector of number `start`.
    ///
    /// - Parameter capacity: The most vectors of the basis, at least 4.
    package init(_ space: Space, start: Int = 0, capacity: Int) throws {
        precondition(capacity >= 4, "a basis of \(capacity) vectors")
        self.space = space
        self.capacity = capacity
        draws = start
        next = try draw()
    }

    /// Whether the basis spans the whole space, up to rounding, so that it has every eigenvalue.
    package var isComplete: Bool { next == nil }

    /// Makes one more product; throws if the operator gives numbers that are not finite.
    package mutating func step() throws {
        guard let vector = next else { return }
        if basis.count == capacity { try restart() }
        basis.append(vector)
        let image = try space.product(vector)
        products += 1
        let scale = try space.squaredNorm(image).squareRoot()
        guard scale.isFinite else { throw SpectrumError.notFinite }
        let along = try space.orthogonalize(image, against: basis)
        let last = basis.count - 1
        for place in 0..<last { projected[place].append(coupling[place]) }
        projected.append(coupling + [along[last]])
        let rest = try space.squaredNorm(image).squareRoot()
        // A rest as small as the rounding of a product is no new direction.
        let isNew = rest > Self.roundingOfProduct * max(scale, projected.joined().lazy.map(abs).max() ?? 0)
        if isFirstCycle {
            tridiagonal.diagonal.append(along[last])
            tridiagonal.beside.append(isNew ? rest : 0)
        }
        coupling = Array(repeating: 0, count: basis.count)
        if isNew, basis.count < space.dimension {
            coupling[last] = rest
            next = try space.basisVector(image, times: 1 / rest)
        } else {
            isInvariant = true
            isFirstCycle = false
            next = basis.count < space.dimension ? try draw() : nil
        }
    }

    /// The eigenvalues of the operator on the basis, ascending.
    package func ritzValues() throws -> [RitzValue] {
        let (values, vectors) = try decomposed()
        return zip(values, vectors).map { RitzValue(value: $0, residual: residual($1)) }
    }

    /// The unit Ritz vectors at `places` among the ascending Ritz values.
    package func ritzVectors(_ places: [Int]) throws -> [Space.BasisVector] {
        let vectors = try decomposed().vectors
        return try places.map { place in
            let sum = try space.combination(vectors[place], basis)
            return try space.basisVector(sum, times: 1 / space.squaredNorm(sum).squareRoot())
        }
    }

    private func decomposed() throws -> (values: [Double], vectors: [[Double]]) {
        try space.eigen(Array(projected.joined()), size: basis.count)
    }

    /// The coupling applied to `vector`; between steps only the coupling's last element can be other than zero.
    private func residual(_ vector: [Double]) -> Double {
        zip(coupling, vector).reduce(0) { $0 + $1.0 * $1.1 }.magnitude
    }

    /// A random unit vector orthogonal to the basis; nil if rounding leaves none.
    private mutating func draw() throws -> Space.BasisVector? {
        let vector = try space.normal(draws)
        draws += 1
        let before = try space.squaredNorm(vector).squareRoot()
        _ = try space.orthogonalize(vector, against: basis)
        let norm = try space.squaredNorm(vector).squareRoot()
        guard norm > Self.roundingOfProduct * before else { return nil }
        return try space.basisVector(vector, times: 1 / norm)
    }

    /// Keeps the Ritz vectors of both ends, and the next vector, to which all of them are coupled.
    private mutating func restart() throws {
        let (values, vectors) = try decomposed()
        let kept = capacity / 2
        let low = kept / 2
        let places = Array(0..<low) + Array(values.count - (kept - low)..<values.count)
        space.rotate(basis, places.map { vectors[$0] })
        basis.removeLast(basis.count - kept)
        coupling = places.map { place in
            zip(coupling, vectors[place]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        projected = places.indices.map { row in
            places.indices.map { $0 == row ? values[places[row]] : 0 }
        }
        isFirstCycle = false
    }

    private static var roundingOfProduct: Double { Space.roundingOfProduct }

    /// A bound on the probability that, after a random start and `products` steps, the smallest eigenvalue is below the
    /// smallest Ritz value by more than `share` of the spectrum's width. The same bound holds for the largest.
    ///
    /// 1.648 √n · exp(−√share · (2k − 1)): Kuczyński and Woźniakowski, "Estimating the largest eigenvalue by the power and
    /// Lanczos algorithms with a random start", SIAM J. Matrix Anal. Appl. 13, 1992, theorem 4.2.
    package static func probabilityOfMissing(share: Double, dimension: Int, products: Int) -> Double {
        guard share > 0, products > 0 else { return 1 }
        let bound =
            1.648 * Double(dimension).squareRoot() * exp(-share.squareRoot() * Double(2 * products - 1))
        return min(1, bound)
    }

    /// The share of the spectrum's width that is exceeded with probability `probability` at most; see
    /// `probabilityOfMissing`.
    package static func shareMissed(probability: Double, dimension: Int, products: Int) -> Double {
        guard products > 0 else { return 1 }
        let root =
            log(1.648 * Double(dimension).squareRoot() / probability) / Double(2 * products - 1)
        return min(1, max(0, root) * max(0, root))
    }
}

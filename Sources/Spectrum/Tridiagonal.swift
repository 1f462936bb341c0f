/// What k Lanczos steps tell about the operator as seen from the start vector v: Gauss quadrature for the measure μ = Σ
/// (v·u_i)² at the eigenvalues λ_i (Golub and Welsch, "Calculation of Gauss Quadrature Rules", Math. Comp. 23, 1969).
///
/// For a random v the expected measure of a set is the share of eigenvalues in it.
package struct Tridiagonal: Sendable, Equatable {
    /// The k numbers α.
    package internal(set) var diagonal: [Double] = []
    /// The k numbers β: the last one couples to the next vector, which is not multiplied yet; 0 if there is none.
    package internal(set) var beside: [Double] = []

    /// A node of the quadrature.
    package struct Node: Sendable, Equatable {
        package let value: Double
        /// Its share of the measure.
        package let weight: Double
    }

    /// The number k of products.
    package var count: Int { diagonal.count }

    /// The nodes of the Gauss quadrature, ascending.
    package func nodes(in space: some KrylovSpace) throws -> [Node] {
        try Self.nodes(diagonal, beside.dropLast(), in: space)
    }

    /// Bounds on the measure of (−∞, x): the lower one for (−∞, x) and the upper one for (−∞, x], whatever the rest of
    /// the operator is.
    ///
    /// They come from the quadrature with a node at x (Gauss and Radau): the weight of the nodes below x, and that
    /// weight with the weight of x (Chebyshev, Markov and Stieltjes; Golub and Meurant, "Matrices, Moments and
    /// Quadrature", chapter 6).
    package func measure(below x: Double, in space: some KrylovSpace) throws -> ClosedRange<Double> {
        guard let last = beside.last else { return 0...1 }
        guard last > 0 else {
            // The quadrature is the measure itself.
            let nodes = try nodes(in: space)
            let below = nodes.reduce(0) { $0 + ($1.value < x ? $1.weight : 0) }
            let within = nodes.reduce(0) { $0 + ($1.value <= x ? $1.weight : 0) }
            return min(below, 1)...min(max(below, within), 1)
        }
        var pivot = diagonal[0] - x
        for place in diagonal.indices.dropFirst() {
            pivot = diagonal[place] - x - beside[place - 1] * beside[place - 1] / pivot
        }
        let corner = x + last * last / pivot
        // x is a node of the quadrature without the last step.
        guard corner.isFinite else { return try Tridiagonal(shortened: self).measure(below: x, in: space) }
        let nodes = try Self.nodes(diagonal + [corner], beside, in: space)
        guard let own = nodes.indices.min(by: { abs(nodes[$0].value - x) < abs(nodes[$1].value - x) })
        else { return 0...1 }
        let below = nodes[..<own].reduce(0) { $0 + $1.weight }
        return min(below, 1)...min(below + nodes[own].weight, 1)
    }

    private init(shortened other: Tridiagonal) {
        diagonal = other.diagonal.dropLast()
        beside = other.beside.dropLast()
    }

    package init() {}

    private static func nodes(
        _ diagonal: [Double], _ beside: some Collection<Double>, in space: some KrylovSpace
    ) throws -> [Node] {
        let size = diagonal.count
        var matrix = Array(repeating: 0.0, count: size * size)
        for (place, value) in diagonal.enumerated() { matrix[place * size + place] = value }
        for (place, value) in beside.enumerated() {
            matrix[place * size + place + 1] = value
            matrix[(place + 1) * size + place] = value
        }
        let (values, vectors) = try space.eigen(matrix, size: size)
        return zip(values, vectors).map { Node(value: $0, weight: $1[0] * $1[0]) }
    }
}

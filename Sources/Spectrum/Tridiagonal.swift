/// What k steps of Lanczos's method know of the operator from the start vector v: Gauss quadrature for the measure
/// μ = Σ (v·u_i)² at the eigenvalues λ_i (Golub and Welsch, "Calculation of Gauss Quadrature Rules", Math. Comp. 23, 1969).
///
/// For a random v the measure of a set is, in the mean, the share of eigenvalues in it.
package struct Tridiagonal: Sendable, Equatable {
    /// α, k numbers.
    package internal(set) var diagonal: [Double] = []
    /// β, k numbers: the last couples to the vector that was not multiplied, 0 where there is none.
    package internal(set) var beside: [Double] = []

    /// A node of the quadrature.
    package struct Node: Sendable, Equatable {
        /// Where it lies.
        package let value: Double
        /// Its share of the measure.
        package let weight: Double
    }

    /// Products it is made of.
    package var count: Int { diagonal.count }

    /// The nodes of the Gauss quadrature, ascending.
    package func nodes(in space: some KrylovSpace) throws -> [Node] {
        try Self.nodes(diagonal, beside.dropLast(), in: space)
    }

    /// Between what bounds the measure of (−∞, x) and that of (−∞, x] lie, whatever the rest of the operator is.
    ///
    /// The quadrature with a node at x (Gauss and Radau) has the weight of lower nodes as the lower bound, and with x's own
    /// as the upper one (Chebyshev, Markov and Stieltjes; Golub and Meurant, "Matrices, Moments and Quadrature", chapter 6).
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
        // x is a node already.
        guard corner.isFinite else { return try Tridiagonal(shortened: self).measure(below: x, in: space) }
        let nodes = try Self.nodes(diagonal + [corner], beside, in: space)
        guard let own = nodes.indices.min(by: { abs(nodes[$0].value - x) < abs(nodes[$1].value - x) })
        else { return 0...1 }
        let below = nodes[..<own].reduce(0) { $0 + $1.weight }
        return min(below, 1)...min(below + nodes[own].weight, 1)
    }

    /// The same without the last step.
    private init(shortened other: Tridiagonal) {
        diagonal = other.diagonal.dropLast()
        beside = other.beside.dropLast()
    }

    /// Nothing known yet.
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

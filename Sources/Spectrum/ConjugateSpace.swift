/// A Krylov space with the vector arithmetic of methods that solve equations with the operator.
package protocol ConjugateSpace: KrylovSpace {
    /// A vector of zeros.
    func zero() throws -> Vector
    /// The inner product of two vectors.
    func dot(_ a: Vector, _ b: Vector) throws -> Double
    /// sum ← sum + factor · vector.
    func add(_ factor: Double, _ vector: Vector, to sum: Vector)
    /// vector ← factor · vector.
    func scale(_ vector: Vector, by factor: Double)
}

extension ConjugateSpace {
    /// factor · vector, in memory of its own.
    func copy(_ vector: Vector, times factor: Double = 1) throws -> Vector {
        let copy = try zero()
        add(factor, vector, to: copy)
        return copy
    }
}

extension KrylovSpace {
    /// Products are computed in Float32: what is below this share of a vector's norm is rounding.
    static var roundingOfProduct: Double { 1e-6 }
}

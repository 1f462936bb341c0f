extension ConjugateSpace {
    /// The x of least residual ‖b − Hx‖ among those that `iterations` products reach, for any symmetric H, definite or not.
    ///
    /// - Parameters:
    ///   - right: b.
    ///   - iterations: The most products.
    ///   - tolerance: The part of ‖b‖ at which the residual is small enough.
    ///
    /// Reference: Paige and Saunders, "Solution of Sparse Indefinite Systems of Linear Equations", SIAM J. Numer. Anal. 12,
    /// 1975, in the form of Choi, Paige and Saunders, SIAM J. Sci. Comput. 33, 2011, section 2.
    package func minres(_ right: Vector, iterations: Int, tolerance: Double) throws -> Vector {
        let solution = try zero()
        let start = try squaredNorm(right).squareRoot()
        guard start.isFinite else { throw SpectrumError.notFinite }
        guard start > 0 else { return solution }
        // Lanczos's vectors, each times its β: the one to multiply next, and the one before.
        var (current, before) = (try copy(right), try zero())
        var (beta, lastBeta) = (start, 0.0)
        // The rotations that make H on the basis triangular: c and s of the last, and what they leave of the next
        // column.
        var (cosine, sine, delta, epsilon) = (-1.0, 0.0, 0.0, 0.0)
        var residual = start
        // The directions of the last two updates.
        var (direction, lastDirection) = (try zero(), try zero())
        var scale = 0.0
        for _ in 0..<iterations {
            let unit = try basisVector(current, times: 1 / beta)
            let image = try product(unit)
            let alpha = try dots([unit], image)[0]
            if lastBeta > 0 { add(-beta / lastBeta, before, to: image) }
            add(-alpha / beta, current, to: image)
            (before, current) = (current, image)
            lastBeta = beta
            beta = try squaredNorm(current).squareRoot()
            guard beta.isFinite, alpha.isFinite else { throw SpectrumError.notFinite }
            scale = max(scale, (alpha * alpha + beta * beta).squareRoot())

            let above = epsilon
            let beside = cosine * delta + sine * alpha
            let corner = sine * delta - cosine * alpha
            epsilon = sine * beta
            delta = -cosine * beta
            let gamma = (corner * corner + beta * beta).squareRoot()
            // H is singular on the basis: the residual cannot become smaller.
            guard gamma > Self.roundingOfProduct * scale else { break }
            (cosine, sine) = (corner / gamma, beta / gamma)
            let next = try zero()
            subtract([-1 / gamma], [unit], from: next)
            add(-above / gamma, lastDirection, to: next)
            add(-beside / gamma, direction, to: next)
            (lastDirection, direction) = (direction, next)
            add(cosine * residual, next, to: solution)
            residual *= sine
            // The residual is small enough, or the basis is all that products can reach from b.
            guard residual > tolerance * start, beta > Self.roundingOfProduct * scale else { break }
        }
        return solution
    }
}

/// A step p of bounded length for the quadratic model m(p) = gᵀp + ½ pᵀHp.
package struct TrustRegionStep<Vector> {
    /// How the search for it ended.
    package enum End: Sendable, Equatable {
        /// Within the region: the model's gradient was small enough, or there were no iterations left.
        case inside
        /// On the boundary, where the curvature along the last direction was positive, or 0 up to the error of
        /// products.
        case boundary
        /// On the boundary, along a unit direction d with dᵀHd, a number below 0.
        case negativeCurvature(Double)
    }

    /// p.
    package let vector: Vector
    /// ‖p‖.
    package let length: Double
    /// −m(p).
    package let decrease: Double
    /// How the search ended.
    package let end: End

    /// Whether the region kept the step from going further.
    package var isAtBoundary: Bool { end != .inside }
}

extension ConjugateSpace {
    /// The step of Steihaug's and Toint's conjugate gradients: they minimize the model as if it were convex, and where the next
    /// iterate would leave the region, or curvature along the next direction is not positive, they go along it to the boundary.
    ///
    /// The step is never worse than the best one along −g within the region. The iterates grow in length, so a path
    /// that has left the region would not come back.
    ///
    /// - Parameters:
    ///   - gradient: g.
    ///   - radius: How long the step may be.
    ///   - iterations: The most products.
    ///   - tolerance: The part of ‖g‖ at which ‖g + Hp‖ is small enough.
    ///
    /// Reference: Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.2.
    package func steihaugTointStep(
        _ gradient: Vector, radius: Double, iterations: Int, tolerance: Double
    ) throws -> TrustRegionStep<Vector> {
        let step = try zero()
        let residual = try copy(gradient)
        let direction = try copy(gradient, times: -1)
        var square = try squaredNorm(residual)
        guard square.isFinite else { throw SpectrumError.notFinite }
        let target = tolerance * square.squareRoot()
        var end = TrustRegionStep<Vector>.End.inside
        for _ in 0..<iterations where square > 0 {
            let norm = try squaredNorm(direction).squareRoot()
            guard norm > 0 else { break }
            // The step follows the rounded vector that was multiplied, so that step and residual agree.
            let unit = try basisVector(direction, times: 1 / norm)
            let image = try product(unit)
            let size = try squaredNorm(image).squareRoot()
            guard size.isFinite else { throw SpectrumError.notFinite }
            let curvature = try dots([unit], image)[0]
            let slope = try dots([unit], residual)[0]
            // Because of rounding the direction descends no more.
            guard slope < 0 else { break }
            let isCurved = curvature > Self.roundingOfProduct * size
            let wanted = isCurved ? -slope / curvature : .infinity
            let room = try distance(from: step, along: unit, toBoundary: radius)
            let length = min(wanted, room)
            subtract([-length], [unit], from: step)
            add(length, image, to: residual)
            guard wanted < room else {
                end = curvature < -Self.roundingOfProduct * size ? .negativeCurvature(curvature) : .boundary
                break
            }
            let next = try squaredNorm(residual)
            guard next.squareRoot() > target else { break }
            scale(direction, by: next / square)
            add(-1, residual, to: direction)
            square = next
        }
        // pᵀHp = pᵀ(r − g).
        let decrease = try -(dot(gradient, step) + dot(residual, step)) / 2
        return TrustRegionStep(
            vector: step, length: try squaredNorm(step).squareRoot(), decrease: decrease, end: end)
    }

    /// The step to the boundary along the eigenvector of the least eigenvalue, to the side where the loss falls at first; nil
    /// where Lanczos's method finds none that is surely below 0.
    ///
    /// - Parameters:
    ///   - gradient: g.
    ///   - radius: How long the step is.
    ///   - products: The most products.
    package func negativeCurvatureStep(
        _ gradient: Vector, radius: Double, products: Int
    ) throws -> TrustRegionStep<Vector>? {
        var lanczos = try Lanczos(self, capacity: max(4, products))
        while lanczos.products < products, !lanczos.isComplete {
            try lanczos.step()
            guard let lowest = try lanczos.ritzValues().first, lowest.value < 0 else { continue }
            // The eigenvector need not be accurate, as long as its curvature is surely negative.
            if lowest.residual <= 0.1 * -lowest.value { break }
        }
        let values = try lanczos.ritzValues()
        guard let lowest = values.first, let highest = values.last,
            -lowest.value > 1e-5 * max(-lowest.value, highest.value)
        else { return nil }
        let direction = try lanczos.ritzVectors([0])[0]
        let slope = try dots([direction], gradient)[0]
        let length = slope > 0 ? -radius : radius
        let step = try zero()
        subtract([-length], [direction], from: step)
        return TrustRegionStep(
            vector: step, length: radius,
            decrease: abs(length * slope) - lowest.value * radius * radius / 2,
            end: .negativeCurvature(lowest.value))
    }

    /// How far it is from a vector within the region to its boundary along a unit vector.
    private func distance(
        from vector: Vector, along unit: BasisVector, toBoundary radius: Double
    ) throws -> Double {
        let along = try dots([unit], vector)[0]
        let gap = max(0, try radius * radius - squaredNorm(vector))
        let root = (along * along + gap).squareRoot()
        // In the form without cancellation.
        return along > 0 ? gap / (along + root) : root - along
    }
}

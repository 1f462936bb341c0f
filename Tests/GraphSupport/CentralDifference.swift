/// Numerical derivatives: (f(x + h) − f(x − h)) / 2h, whose error is O(h²) + rounding / h.
package enum CentralDifference {
    /// The derivative of `function` in every element of `point`.
    package static func gradient(
        at point: ReferenceTensor, step: Double = 1e-5, of function: (ReferenceTensor) -> Double
    ) -> ReferenceTensor {
        var derivative = point
        for index in point.values.indices {
            var (above, below) = (point, point)
            above.values[index] += step
            below.values[index] -= step
            // The step really taken, which rounding makes differ from 2h.
            let distance = above.values[index] - below.values[index]
            derivative.values[index] = (function(above) - function(below)) / distance
        }
        return derivative
    }
}

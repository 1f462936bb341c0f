/// Looks for a lower value along a line on which a function has negative curvature at 0.
struct LineSearch {
    /// |λ|: near 0 the function falls by half of it times the distance squared, to both sides.
    let curvature: Double
    /// The function's value at 0.
    let value: Double
    /// How much rounding may change a value.
    let noise: Double

    /// The lowest point found and the value there; nil where none is lower than `value` by more than rounding.
    ///
    /// From the distance at which the fall should show, both sides are tried, then shorter and longer distances; the side
    /// that falls is followed by doubling as long as it falls further.
    func run(_ function: (Double) throws -> Double) rethrows -> (distance: Double, value: Double)? {
        let wanted = max(64 * noise, 1e-4 * abs(value), 1e-12)
        let start = (2 * wanted / curvature).squareRoot()
        for exponent in [0, 1, -1, 2, -2, 3, -3, 4, 5, 6, 7, 8] {
            let distance = start * Self.power(of: 4, exponent)
            // A shorter step would fall by less than rounding.
            guard exponent >= 0 || curvature * distance * distance / 2 > 2 * noise else { continue }
            var best = (distance: 0.0, value: value)
            for sign in [1.0, -1.0] {
                let there = try function(sign * distance)
                if there < best.value { best = (sign * distance, there) }
            }
            guard value - best.value > 2 * noise else { continue }
            for _ in 0..<Self.mostDoublings {
                let there = try function(2 * best.distance)
                guard there < best.value else { break }
                best = (2 * best.distance, there)
            }
            return best
        }
        return nil
    }

    private static let mostDoublings = 40

    private static func power(of base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<abs(exponent) { result *= base }
        return exponent < 0 ? 1 / result : result
    }
}

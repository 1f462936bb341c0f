extension ReferenceTensor {
    /// Where this tensor strays furthest from `expected`, or nil where every element is within
    /// relative · |expected| + absolute · max(1, largest |expected|).
    package func mismatch(
        with expected: ReferenceTensor, relative: Double = 1e-10, absolute: Double = 1e-11
    ) -> String? {
        guard shape == expected.shape else { return "shape \(shape) instead of \(expected.shape)" }
        let floor = absolute * max(1, expected.values.map(\.magnitude).max() ?? 0)
        var worst: (excess: Double, index: Int)?
        for (index, value) in expected.values.enumerated() where values[index] != value {
            let excess = (values[index] - value).magnitude / (relative * value.magnitude + floor)
            // A NaN is never within a tolerance.
            let strayed = excess.isNaN ? Double.infinity : excess
            if strayed > 1, strayed > worst?.excess ?? 0 { worst = (strayed, index) }
        }
        return worst.map {
            "element \($0.index) of \(shape) is \(values[$0.index]) instead of \(expected.values[$0.index])"
        }
    }
}

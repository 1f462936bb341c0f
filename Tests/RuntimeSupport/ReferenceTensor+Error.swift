import GraphSupport

extension ReferenceTensor {
    /// The largest absolute difference from `expected` over `expected`'s largest absolute element; infinite where
    /// shapes differ or a number is not finite, and where `expected` is all zeros and this is not.
    package func error(against expected: ReferenceTensor) -> Double {
        guard shape == expected.shape else { return .infinity }
        let differences = zip(values, expected.values).map { $0 == $1 ? 0 : ($0 - $1).magnitude }
        guard differences.allSatisfy(\.isFinite) else { return .infinity }
        let worst = differences.max() ?? 0
        return worst == 0 ? 0 : worst / (expected.values.map(\.magnitude).max() ?? 0)
    }

    /// Every element rounded to the Float32 that a program gets.
    package var rounded: ReferenceTensor { map { Double(Float($0)) } }
}

import Randomness

extension ReferenceTensor {
    /// Distinct numbers of (−2, 2) in a seeded order, each at least 1/count from 0 and 4/count from the others:
    /// finite differences near them meet no kink of ReLUs or maxima.
    package static func distinct(_ shape: [Int], seed: UInt64) -> ReferenceTensor {
        spread(shape, seed: seed) { 4 * $0 - 2 }
    }

    /// Distinct numbers of (0.5, 2) in a seeded order.
    package static func positive(_ shape: [Int], seed: UInt64) -> ReferenceTensor {
        spread(shape, seed: seed) { 0.5 + 1.5 * $0 }
    }

    /// Numbers uniform in (−bound, bound).
    package static func uniform(_ shape: [Int], bound: Double = 1, seed: UInt64) -> ReferenceTensor {
        let random = CounterRandom(seed: seed, purpose: .test)
        let values = (0..<shape.reduce(1, *)).map { (2 * random.uniform(at: UInt64($0)) - 1) * bound }
        return ReferenceTensor(shape, values)
    }

    private static func spread(
        _ shape: [Int], seed: UInt64, _ place: (Double) -> Double
    ) -> ReferenceTensor {
        let count = shape.reduce(1, *)
        let order = Permutation.shuffled(count: count, random: CounterRandom(seed: seed, purpose: .test))
        // A quarter keeps 4 (k + ¼)/n − 2 from being 0 for any whole n.
        return ReferenceTensor(shape, order.map { place((Double($0) + 0.25) / Double(count)) })
    }
}

import Randomness
import Testing

@Suite struct PermutationTests {
    @Test(arguments: [0, 1, 2, 3, 10, 1000, 60_000]) func isAPermutation(count: Int) {
        let order = Permutation.shuffled(count: count, random: CounterRandom(seed: 5, purpose: .shuffle))
        #expect(order.sorted() == Array(0..<Int32(count)))
    }

    @Test func isAFunctionOfSeedAndEpoch() {
        func order(_ seed: UInt64, _ epoch: UInt64) -> [Int32] {
            Permutation.shuffled(
                count: 100, random: CounterRandom(seed: seed, purpose: .shuffle, stream: epoch))
        }
        #expect(order(1, 0) == order(1, 0))
        #expect(order(1, 0) != order(1, 1))
        #expect(order(1, 0) != order(2, 0))
        #expect(order(1, 0) != Array(0..<100))
    }

    /// All 24 orders of four elements come about equally often.
    @Test func ordersAreEquallyLikely() {
        var counts: [[Int32]: Int] = [:]
        let n = 24_000
        for stream in 0..<UInt64(n) {
            let random = CounterRandom(seed: 11, purpose: .test, stream: stream)
            counts[Permutation.shuffled(count: 4, random: random), default: 0] += 1
        }
        #expect(counts.count == 24)
        // Six deviations of a binomial count of mean 1000.
        #expect(counts.values.allSatisfy { abs(Double($0) - 1000) < 6 * (1000 * 23.0 / 24).squareRoot() })
    }
}

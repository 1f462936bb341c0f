import CKernels
import Randomness
import Testing

@Suite struct CounterRandomTests {
    @Test func counterHoldsElementThenStream() {
        let random = CounterRandom(seed: 9, purpose: .test, stream: 0x0123_4567_89ab_cdef)
        let block = dt_philox(
            random.key, dt_philox_block(word: (0x7654_3210, 0xfedc_ba98, 0x89ab_cdef, 0x0123_4567)))
        #expect(random.words(at: 0xfedc_ba98_7654_3210) == block.word)
    }

    @Test func seedsPurposesStreamsAndElementsDiffer() {
        var seen: Set<UInt64> = []
        var draws = 0
        for seed in [0, 1, 2, 1 << 32, UInt64.max] {
            for purpose in RandomPurpose.allCases {
                for stream in [0, 1, 1 << 32] as [UInt64] {
                    let random = CounterRandom(seed: seed, purpose: purpose, stream: stream)
                    for element in [0, 1, 2, 1 << 32] as [UInt64] {
                        seen.insert(random.bits(at: element))
                        draws += 1
                    }
                }
            }
        }
        #expect(seen.count == draws)
    }

    @Test func purposesKeepTheirNumbers() {
        let numbers: [RandomPurpose] = [
            .shuffle, .initialization, .dropout, .augmentation, .validationSplit, .probe, .test,
            .exampleLimit, .replacement, .search,
        ]
        #expect(numbers.map(\.rawValue) == Array(1...10))
    }

    /// A fixed value of each kind: changing the derivation changes every run and must be deliberate.
    @Test func drawsAreFrozen() {
        let random = CounterRandom(seed: 7, purpose: .initialization, stream: 3)
        #expect(random.bits(at: 12) == 0x218d6f694e93ec07)
        #expect(random.below(1000, at: 12) == 131)
        #expect(random.uniform(at: 12) == Double(random.bits(at: 12) >> 11) / 0x1p53)
    }

    @Test func uniformsFillTheUnitInterval() {
        let random = CounterRandom(seed: 1, purpose: .test)
        let n = 100_000
        var bins = [Int](repeating: 0, count: 20)
        var mean = 0.0
        for i in 0..<UInt64(n) {
            let u = random.uniform(at: i)
            let f = random.uniformFloat(at: i)
            #expect(u >= 0 && u < 1 && f >= 0 && f < 1)
            bins[Int(u * 20)] += 1
            mean += u / Double(n)
        }
        // Six deviations: of the mean 1/√(12 n), of a bin's count √(n·p·(1−p)).
        #expect(abs(mean - 0.5) < 6 / (12 * Double(n)).squareRoot())
        for bin in bins { #expect(abs(Double(bin) - 5000) < 6 * (5000 * 0.95).squareRoot()) }
    }

    @Test func normalsHaveNormalMoments() {
        let random = CounterRandom(seed: 2, purpose: .test)
        let n = 200_000.0
        let values = (0..<UInt64(n)).map { random.normal(at: $0) }
        let moments = (1...4).map { power in
            values.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { product, _ in product * x } } / n
        }
        // Var(x^p) = E[x^2p] − E[x^p]²: 1, 2, 15, 96.
        for (p, (expected, variance)) in [(0, 1), (1, 2), (0, 15), (3, 96)].enumerated() {
            #expect(abs(moments[p] - Double(expected)) < 6 * (Double(variance) / n).squareRoot())
        }
        #expect(values.allSatisfy { $0.isFinite })
    }

    @Test(arguments: [1, 2, 3, 10, 1 << 40, UInt64.max] as [UInt64]) func belowStaysBelow(n: UInt64) {
        let random = CounterRandom(seed: 3, purpose: .test)
        #expect((0..<1000).allSatisfy { random.below(n, at: $0) < n })
    }
}

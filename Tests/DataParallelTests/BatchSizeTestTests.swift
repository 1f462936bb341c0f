import Testing

@testable import DataParallel

/// The norm test and the inner product test against their definitions.
@Suite struct BatchSizeTestTests {
    /// Gradients of the shards' own mean losses, with examples, and the tests of the mini-batch.
    private func test(_ gradients: [[Double]], _ counts: [Int]) -> BatchSizeTest? {
        let batch = Double(counts.reduce(0, +))
        let parts = zip(gradients, counts).map { gradient, count in
            gradient.map { $0 * Double(count) / batch }
        }
        let whole = parts[0].indices.map { place in parts.reduce(0) { $0 + $1[place] } }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        return BatchSizeTest(
            shardSquares: parts.map { dot($0, $0) }, shardProducts: parts.map { dot($0, whole) },
            shardCounts: counts, square: dot(whole, whole))
    }

    /// Of equal shards both are the sample variance of the shards' numbers, divided by their number and by the gradient's.
    @Test func equalShards() throws {
        let tests = try #require(test([[3, 0], [1, 2], [2, 1]], [4, 4, 4]))
        // g = (2, 1), ‖g‖² = 5; ‖g_s − g‖² = 2, 2, 0; ⟨g_s, g⟩ = 6, 4, 5.
        #expect(abs(tests.norm - (2.0 + 2) / 2 / 3 / 5) < 1e-12)
        #expect(abs(tests.innerProduct - (1.0 + 1) / 2 / 3 / 25) < 1e-12)
        #expect(abs(tests.signalToNoise - 7.5) < 1e-12)
    }

    /// Shards without examples do not count, larger ones count more.
    @Test func unequalShards() throws {
        let tests = try #require(test([[2], [9], [5]], [1, 0, 2]))
        // g = 4 of 3 examples: tr Σ = 1 · 4 + 2 · 1 = 6.
        #expect(abs(tests.norm - 6.0 / 3 / 16) < 1e-12)
        #expect(abs(tests.innerProduct - 6.0 / 3 / 16) < 1e-12)
    }

    @Test func extremes() throws {
        #expect(test([[2], [9]], [4, 0]) == nil)
        let certain = try #require(test([[2, 1], [2, 1]], [4, 3]))
        #expect(certain.norm < 1e-15 && certain.innerProduct < 1e-15 && certain.signalToNoise > 1e15)
        // No gradient and no noise: nothing to tell.
        let none = try #require(test([[0], [0]], [1, 1]))
        #expect(none.norm.isNaN && none.innerProduct.isNaN && none.signalToNoise.isNaN)
        let broken = try #require(test([[.nan], [1]], [1, 1]))
        #expect(broken.norm.isNaN && broken.signalToNoise.isNaN)
    }

    /// Gradients of known mean and variance: the means of many estimates come to them.
    @Test func withoutBias() throws {
        var state: UInt64 = 7
        func normal() -> Double {
            // The sum of twelve uniform numbers has variance 1.
            (0..<12).reduce(-6.0) { sum, _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sum + Double(state >> 11) * 0x1p-53
            }
        }
        let counts = [2, 8, 8, 14]
        let rounds = 4000
        var (norm, inner) = (0.0, 0.0)
        for _ in 0..<rounds {
            // Mean (2, 0, 0), variances 1, 4 and 4 of single examples; products with (2, 0, 0) have the first.
            let shards = counts.map { count in
                [
                    2 + normal() / Double(count).squareRoot(), 2 * normal() / Double(count).squareRoot(),
                    2 * normal() / Double(count).squareRoot(),
                ]
            }
            let parts = zip(shards, counts).map { shard, count in shard.map { $0 * Double(count) / 32 } }
            let whole = (0..<3).map { place in parts.reduce(0) { $0 + $1[place] } }
            let square = whole.reduce(0) { $0 + $1 * $1 }
            let tests = try #require(
                BatchSizeTest(
                    shardSquares: parts.map { $0.reduce(0) { $0 + $1 * $1 } },
                    shardProducts: parts.map { $0[0] * 2 }, shardCounts: counts, square: square))
            norm += tests.norm * square / Double(rounds)
            inner += tests.innerProduct * square * square / Double(rounds)
        }
        #expect(abs(norm - 9.0 / 32) < 0.02 * 9 / 32)
        #expect(abs(inner - 4.0 / 32) < 0.05 * 4 / 32)
    }
}

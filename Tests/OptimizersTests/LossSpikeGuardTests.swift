import Optimizers
import Testing

/// Which losses are spikes.
@Suite struct LossSpikeGuardTests {
    /// numpy: mean([2, 1, 4, 3]) + 2 · std([2, 1, 4, 3], ddof=1).
    @Test func meanAndDeviations() throws {
        let spikes = LossSpikeGuard(sigma: 2, window: 4)
        let limit = try #require(spikes.limit(after: [2, 1, 4, 3]))
        #expect(abs(limit - 5.081988897471611) < 1e-14)
        // Older losses do not count.
        #expect(spikes.limit(after: [1000, -7, 2, 1, 4, 3]) == limit)
    }

    @Test func tooFewLosses() {
        let spikes = LossSpikeGuard(sigma: 3, window: 9)
        #expect(spikes.limit(after: []) == nil)
        #expect(spikes.limit(after: [1, 2, 3]) == nil)
        #expect(spikes.limit(after: [1, 2, 3, 4]) != nil)
        #expect(LossSpikeGuard(window: 4).limit(after: [1]) == nil)
    }

    @Test func equalLosses() {
        #expect(LossSpikeGuard(window: 4).limit(after: [2, 2, 2, 2]) == nil)
    }

    /// A loss that has risen for good is soon no spike any more.
    @Test func aNewLevel() {
        let spikes = LossSpikeGuard(window: 16)
        var losses = (0..<16).map { 1 + Double($0 % 3) / 100 }
        var skipped = 0
        while let limit = spikes.limit(after: losses), 5 > limit {
            losses.append(5)
            skipped += 1
        }
        #expect((1...3).contains(skipped))
    }
}

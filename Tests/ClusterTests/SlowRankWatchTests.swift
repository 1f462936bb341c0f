import Cluster
import Testing

/// Which rank of a run that goes on is many times slower than the others.
@Suite struct SlowRankWatchTests {
    /// The finding within `seconds` of four samples a second; `busy` is each rank's busy share in percent, `rates` the
    /// examples it computes between samples.
    private func finding(
        busy: [Int], rates: [Int], seconds: Double = 62, operation: RankOperation = .computing
    ) -> SlowRankWatch.Finding? {
        var watch = SlowRankWatch(seconds: 30)
        var sightings = Array(repeating: Sighting(), count: busy.count)
        for sample in 0...Int(seconds * 4) {
            for rank in busy.indices {
                var state = RankState()
                state.heartbeat = UInt64(sample + 1)
                state.step = UInt64(sample + 1)
                state.examples = UInt64(sample * rates[rank])
                state.operation = sample * 37 % 100 < busy[rank] ? operation : .gradients
                sightings[rank].look(at: state, elapsed: 0.25)
            }
            if let found = watch.sample(sightings, elapsed: 0.25) { return found }
        }
        return nil
    }

    @Test func slowRankIsFound() throws {
        let found = try #require(finding(busy: [10, 95, 12], rates: [32, 32, 32]))
        #expect(found.rank == 1 && (7...11).contains(found.factor), "\(found)")
        let text = found.text(Array(repeating: Sighting(), count: 3), hosts: ["a", "b", "c"])
        #expect(text.hasPrefix("rank 1 on host b takes ") && text.contains(" times as long per example"))
    }

    @Test func evenRanksAreNot() {
        #expect(finding(busy: [90, 95, 85], rates: [32, 32, 32]) == nil)
        #expect(finding(busy: [40, 95], rates: [32, 32]) == nil)
    }

    /// Who has many times the examples takes many times as long.
    @Test func timeCountsPerExample() {
        #expect(finding(busy: [95, 20, 20], rates: [96, 16, 16]) == nil)
        #expect(finding(busy: [95, 20, 0], rates: [32, 0, 0]) == nil)
    }

    /// Nobody waits for a rank that waits most of the time itself, and short looks say nothing.
    @Test func littleEvidenceIsNone() {
        #expect(finding(busy: [12, 2, 2], rates: [32, 32, 32]) == nil)
        #expect(finding(busy: [10, 95, 12], rates: [32, 32, 32], seconds: 50) == nil)
    }

    /// A process without processor time is stopped in its waits, too: then it is behind.
    @Test func ranksBehindCount() throws {
        var watch = SlowRankWatch(seconds: 30)
        var sightings = Array(repeating: Sighting(), count: 2)
        var found: SlowRankWatch.Finding?
        for sample in 0..<260 {
            for rank in sightings.indices {
                var state = RankState()
                state.heartbeat = UInt64(sample + 1)
                state.step = UInt64(sample + 1)
                state.examples = UInt64(sample * 32)
                state.operation = rank == 0 && sample % 8 > 0 ? .meeting : .gradients
                sightings[rank].look(at: state, elapsed: 0.25)
            }
            found = watch.sample(sightings, elapsed: 0.25) ?? found
        }
        #expect(try #require(found).rank == 1)
    }

    /// One rank's checkpoint is not the others' speed.
    @Test func onlyStepsCount() {
        #expect(finding(busy: [95, 10, 12], rates: [32, 32, 32], operation: .checkpoint) == nil)
    }
}

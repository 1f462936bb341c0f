import Cluster
import Testing

/// Whom a job that stands still waits for.
@Suite struct StallVerdictTests {
    /// A rank seen for `seconds` in the same state; `beats` says for how long of these its watchdog went on.
    private static func sighting(
        _ operation: RankOperation, step: Int = 7, still seconds: Double = 10, beats: Double = 10,
        works: Double = 0, waits: UInt64 = 0
    ) -> Sighting {
        var sighting = Sighting()
        var state = RankState()
        state.step = UInt64(step)
        state.operation = operation
        state.waits = waits
        state.heartbeat = 1
        sighting.look(at: state, elapsed: 0.5)
        for tick in 1...max(1, Int(seconds * 2)) {
            if Double(tick) / 2 <= beats { state.heartbeat += 1 }
            if Double(tick) / 2 <= works { state.activity += 1 }
            sighting.look(at: state, elapsed: 0.5)
        }
        return sighting
    }

    private func judge(_ sightings: [Sighting], _ limit: Double = 3) -> StallVerdict? {
        StallVerdict.judge(sightings, limit: limit)
    }

    @Test func agesCountFromTheLastChange() {
        let rank = Self.sighting(.computing, still: 10, beats: 4, works: 6)
        #expect(rank.heartbeatAge == 6 && rank.activityAge == 4 && rank.progressAge == 10)
        #expect(rank.isKnown && !rank.isLive && !rank.isOver)
        #expect(!Sighting().isKnown && !Sighting().isLive)
    }

    @Test func progressIsNoStall() {
        let moving = Self.sighting(.computing, still: 1)
        #expect(judge([moving, Self.sighting(.gradients), Self.sighting(.gradients)]) == nil)
    }

    @Test func stoppedRankIsNamed() {
        let verdict = judge([
            Self.sighting(.gradients), Self.sighting(.gradients, beats: 0), Self.sighting(.meeting),
        ])
        #expect(verdict == StallVerdict(kind: .silent, ranks: [1], seconds: 10, waiting: 2))
        #expect(verdict?.isCertain == true)
    }

    /// A rank that was stopped while it waited, and others that wait with it for one at work.
    @Test func stoppedRankIsNamedBesideOneAtWork() {
        let verdict = judge([
            Self.sighting(.checkpoint, works: 10), Self.sighting(.checkpoint, beats: 0, waits: 1),
        ])
        #expect(verdict?.kind == .silent && verdict?.ranks == [1])
    }

    /// One rank moves: whoever is stopped is not waited for yet.
    @Test func stoppedRankIsLeftAloneWhileOthersMove() {
        #expect(judge([Self.sighting(.evaluating, still: 0.5), Self.sighting(.evaluating, beats: 0)]) == nil)
    }

    @Test func ranksThatStoppedTogether() {
        let verdict = judge([
            Self.sighting(.gradients), Self.sighting(.computing, beats: 0),
            Self.sighting(.computing, beats: 0), Self.sighting(.gradients),
        ])
        #expect(verdict?.ranks == [1, 2] && verdict?.waiting == 2)
    }

    /// A heartbeat that has just stopped points at the culprit, so the verdict waits for it.
    @Test func doubtWaits() {
        #expect(judge([Self.sighting(.gradients), Self.sighting(.gradients, beats: 8)]) == nil)
        #expect(judge([Self.sighting(.gradients), Self.sighting(.gradients, beats: 9)])?.kind == .deadlock)
    }

    @Test func rankThatDoesNotWaitHangs() {
        let verdict = judge([
            Self.sighting(.gradients), Self.sighting(.updating), Self.sighting(.meeting),
        ])
        #expect(verdict == StallVerdict(kind: .hanging, ranks: [1], seconds: 10, waiting: 2))
    }

    /// An MPI call counts as waiting, whatever the operation is.
    @Test func collectivesWait() {
        let verdict = judge([
            Self.sighting(.loading), Self.sighting(.loading, waits: 5), Self.sighting(.loading, waits: 3),
        ])
        #expect(verdict?.kind == .hanging && verdict?.ranks == [0])
        #expect(judge([Self.sighting(.loading, waits: 4), Self.sighting(.loading, waits: 3)])?.ranks == [0])
    }

    @Test func earlierStepIsBehind() {
        let hanging = judge([
            Self.sighting(.computing, step: 8), Self.sighting(.computing, step: 7),
            Self.sighting(.gradients, step: 6),
        ])
        #expect(hanging?.ranks == [1])
        let behind = judge([Self.sighting(.meeting, step: 8), Self.sighting(.gradients, step: 7)])
        #expect(behind?.kind == .hanging && behind?.ranks == [1])
        // In the same step, too: the sums are done where the node's ranks wait for one another.
        let sums = judge([Self.sighting(.meeting), Self.sighting(.gradients), Self.sighting(.meeting)])
        #expect(sums?.kind == .hanging && sums?.ranks == [1])
    }

    @Test func allWaitIsADeadlock() {
        let verdict = judge([Self.sighting(.gradients), Self.sighting(.gradients)])
        #expect(verdict == StallVerdict(kind: .deadlock, ranks: [0, 1], seconds: 10, waiting: 0))
        #expect(verdict?.isCertain == false)
    }

    /// A checkpoint of many gigabytes: one rank uses its processor or its disk, the others wait.
    @Test func workIsNoStall() {
        let waiting = Self.sighting(.checkpoint, still: 1000, beats: 1000, waits: 1)
        let writing = Self.sighting(.checkpoint, still: 1000, beats: 1000, works: 1000)
        #expect(judge([writing, waiting, waiting], 300) == nil)
        let idle = Self.sighting(.checkpoint, still: 1000, beats: 1000, works: 600)
        #expect(judge([idle, waiting, waiting], 300)?.ranks == [0])
    }

    @Test func rankNeverHeardOf() {
        let verdict = judge([Self.sighting(.starting, step: 0), Sighting()])
        #expect(verdict == StallVerdict(kind: .absent, ranks: [1], seconds: 10, waiting: 1))
        // Who hangs is known, who is absent may only be out of reach.
        #expect(judge([Self.sighting(.loading, step: 0), Sighting()])?.kind == .hanging)
        // Before ranks know of one another, only those of this host are judged.
        let known = StallVerdict.judge(
            [Self.sighting(.starting, step: 0), Sighting()], limit: 3, among: [0])
        #expect(known?.kind == .deadlock)
        #expect(judge([Sighting(), Sighting()]) == nil)
    }

    /// A rank that ends takes the job with it, which may take a moment; it is no suspect itself.
    @Test func endedRanks() {
        let ended = Self.sighting(.ended, beats: 0)
        #expect(judge([ended, Self.sighting(.gradients, still: 7)]) == nil)
        #expect(judge([ended, Self.sighting(.gradients, still: 8)])?.kind == .deadlock)
        #expect(judge([ended, ended]) == nil)
    }

    @Test func texts() {
        let sightings = [
            Self.sighting(.gradients), Self.sighting(.computing, step: 1234, beats: 0),
            Self.sighting(.gradients),
        ]
        let hosts: [String?] = ["a", "node7", nil]
        let silent = StallVerdict(kind: .silent, ranks: [1], seconds: 300.2, waiting: 2)
        #expect(
            silent.text(sightings, hosts: hosts, advice: silent.advice("--resume auto")).hasPrefix(
                "rank 1 on host node7 has not moved since step 1234 (computing) for 300 s while 2 other ranks wait (summing gradients, bucket 0): the process is stopped or its host is gone;"
            ))
        #expect(
            silent.text(sightings, hosts: hosts, advice: "the run is given up after 600 s").hasSuffix(
                "while 2 other ranks wait (summing gradients, bucket 0): the run is given up after 600 s"))
        // Its last words are of step 3; the others wait in step 7.
        let late = [sightings[0], Self.sighting(.updating, step: 3, beats: 0), sightings[2]]
        #expect(
            silent.text(late, hosts: hosts, advice: silent.advice("--resume auto")).hasPrefix(
                "rank 1 on host node7 has not moved since step 7 for 300 s while 2 other ranks wait (summing")
        )
        let two = StallVerdict(kind: .hanging, ranks: [0, 2], seconds: 4, waiting: 1)
        #expect(
            two.text(sightings, hosts: hosts, advice: two.advice("--resume auto")).hasPrefix(
                "rank 0 on host a and rank 2 have not moved since step 7 (summing gradients, bucket 0) for 4 s while 1 other rank waits"
            ))
        let all = StallVerdict(kind: .deadlock, ranks: [0, 1, 2], seconds: 4, waiting: 0)
        #expect(
            all.text(sightings, hosts: hosts, advice: all.advice("--resume auto")).hasPrefix(
                "all 3 ranks wait for one another since step 7 (summing gradients, bucket 0) for 4 s: "))
        let absent = StallVerdict(kind: .absent, ranks: [0, 1, 2], seconds: 4, waiting: 0)
        #expect(
            absent.text(sightings, hosts: hosts, advice: absent.advice("--resume auto")).hasPrefix(
                "rank 0 on host a and 2 others have not been heard of for 4 s: "))
    }
}

/// Decides which ranks a job that stands still waits for, from what a watchdog knows of the ranks.
///
/// With a limit of `limit` seconds, the first rule that applies decides:
/// 1. If the heartbeat of a rank has stopped for `limit`, and no rank has moved for as long, the rank is *silent*: it is
///    stopped, or its host is gone.
/// 2. If no rank has moved or been seen at work for `limit`, and all beat, those ranks *hang* that do not wait and are
///    furthest behind.
/// 3. Else a rank that was never heard of is *absent*.
/// 4. Else the ranks that wait in an earlier phase than others hang. If all wait in the same phase, no rank can be
///    blamed: *deadlock*.
///
/// A rank is seen at work if it uses processor time or waits for a disk while it does not wait for ranks; its watchdog
/// counts that for as long as `Watchdog` says. Ranks that have ended are not suspected, and the job gets five seconds
/// more to end with them.
package struct StallVerdict: Sendable, Equatable {
    package enum Kind: Sendable { case silent, hanging, absent, deadlock }

    package let kind: Kind
    /// The ranks that all others wait for, in ascending order; all ranks in a deadlock.
    package let ranks: [Int]
    /// Seconds for which they have not moved.
    package let seconds: Double
    /// The number of ranks that wait for them.
    package let waiting: Int

    package init(kind: Kind, ranks: [Int], seconds: Double, waiting: Int) {
        self.kind = kind
        self.ranks = ranks
        self.seconds = seconds
        self.waiting = waiting
    }

    /// Whether no other watchdog can know better.
    package var isCertain: Bool { kind == .silent || kind == .hanging }

    /// Seconds that a job gets to end by itself after one of its ranks has.
    static let grace = 5.0

    /// The verdict on a job; nil while it moves or has not stood still for `limit` seconds.
    ///
    /// - Parameter ranks: The ranks to judge; nil for all.
    package static func judge(
        _ sightings: [Sighting], limit: Double, among ranks: [Int]? = nil
    ) -> StallVerdict? {
        let all = ranks ?? Array(sightings.indices)
        let watched = all.filter { !sightings[$0].isOver }
        let known = watched.filter { sightings[$0].isKnown }
        guard !known.isEmpty else { return nil }
        let limit = watched.count < all.count ? limit + grace : limit
        func least(_ ranks: [Int], _ age: (Sighting) -> Double) -> Double {
            ranks.map { age(sightings[$0]) }.min() ?? 0
        }
        func verdict(_ kind: Kind, _ ranks: [Int], _ seconds: Double) -> StallVerdict {
            StallVerdict(kind: kind, ranks: ranks, seconds: seconds, waiting: watched.count - ranks.count)
        }

        let silent = known.filter { sightings[$0].heartbeatAge >= max(limit, Sighting.patience) }
        if !silent.isEmpty, least(known, \.progressAge) >= limit {
            return verdict(.silent, silent, least(silent, \.heartbeatAge))
        }
        let stalled = least(known, \.activityAge)
        // A heartbeat that has stopped only recently will be judged as silent later.
        guard stalled >= limit, known.allSatisfy({ sightings[$0].isLive }) else { return nil }
        let hanging = furthestBehind(known.filter { !sightings[$0].state.isWaiting }, sightings)
        if !hanging.isEmpty { return verdict(.hanging, hanging, stalled) }
        let absent = watched.filter { !sightings[$0].isKnown }
        if !absent.isEmpty { return verdict(.absent, absent, stalled) }
        let behind = furthestBehind(known, sightings)
        return behind.count < known.count
            ? verdict(.hanging, behind, stalled) : verdict(.deadlock, known, stalled)
    }

    /// Those of `ranks` that are in the earliest phase of the earliest step.
    private static func furthestBehind(_ ranks: [Int], _ sightings: [Sighting]) -> [Int] {
        let first = ranks.map { sightings[$0].state.place }.min() ?? 0
        return ranks.filter { sightings[$0].state.place == first }
    }
}

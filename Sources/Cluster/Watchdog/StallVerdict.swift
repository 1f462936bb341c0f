/// Whom a job that stands still waits for, decided from what a watchdog knows of the ranks.
///
/// In this order, where `limit` is a number of seconds:
/// 1. A rank whose heartbeat has stopped for `limit`, while no rank has moved for as long, is *silent*: stopped, or its
///    host is gone.
/// 2. Where no rank has moved or been seen at work for `limit`, and all beat: ranks that do not wait *hang*, those
///    furthest behind.
/// 3. Else a rank that was never heard of is *absent*.
/// 4. Else those that wait in an earlier phase than others hang, and where all wait in the same phase nobody can be told
///    from the others: *deadlock*.
///
/// A rank is seen at work where it uses processor time or waits for a disk outside of waiting for ranks; its watchdog
/// counts that as long as `Watchdog` says. Ranks that have ended are no suspects, and give the job five seconds to end
/// with them.
package struct StallVerdict: Sendable, Equatable {
    /// What is wrong with the ranks.
    package enum Kind: Sendable { case silent, hanging, absent, deadlock }

    /// What is wrong.
    package let kind: Kind
    /// The ranks that all wait for, in ascending order; in a deadlock all.
    package let ranks: [Int]
    /// Seconds for which they have not moved.
    package let seconds: Double
    /// Ranks that wait for them.
    package let waiting: Int

    /// A verdict on `ranks`.
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

    /// The verdict on a job; nil where it moves, or has not stood still for `limit` seconds.
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
        // A heartbeat that has stopped only lately decides, but not yet.
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

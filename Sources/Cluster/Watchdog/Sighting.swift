/// What a watchdog knows of one rank: its last state, and how long it has looked the same.
///
/// Ages are counted in the watchdog's own ticks, of which none pass while the process is stopped: a job that was
/// stopped as a whole, or a machine that slept, finds no rank late afterwards.
package struct Sighting: Sendable {
    /// The last state seen.
    package private(set) var state = RankState()
    /// Seconds since the heartbeat changed, or since the watch began.
    package private(set) var heartbeatAge = 0.0
    /// Seconds since the rank itself moved.
    package private(set) var progressAge = 0.0
    /// Seconds since it moved or was seen at work.
    package private(set) var activityAge = 0.0

    /// Seconds without a heartbeat after which a process counts as stopped. Watchdogs beat four times a second, and
    /// beats of other nodes come in twice a second.
    package static let patience = 1.5

    /// A rank that was not seen yet.
    package init() {}

    /// Whether it has ever been heard of.
    package var isKnown: Bool { state.heartbeat > 0 }

    /// Whether its watchdog beats.
    package var isLive: Bool { isKnown && heartbeatAge <= Self.patience }

    /// Whether nobody waits for it any more.
    package var isOver: Bool { state.operation == .ended || state.hasGivenUp }

    /// Takes in what the rank says now, `elapsed` seconds after the last look.
    package mutating func look(at next: RankState, elapsed: Double) {
        let hasMoved = next.hasMoved(since: state) || !isKnown && next.heartbeat > 0
        heartbeatAge = next.heartbeat != state.heartbeat ? 0 : heartbeatAge + elapsed
        progressAge = hasMoved ? 0 : progressAge + elapsed
        activityAge = hasMoved || next.activity != state.activity ? 0 : activityAge + elapsed
        state = next
    }
}

/// What a watchdog knows of one rank: its last state, and how long that has not changed.
///
/// Ages count the watchdog's own ticks, of which none pass while the process is stopped: after a stop of the whole job,
/// or a sleep of the machine, no rank counts as late.
package struct Sighting: Sendable {
    package private(set) var state = RankState()
    /// Seconds since the heartbeat changed, or since the watch began.
    package private(set) var heartbeatAge = 0.0
    /// Seconds since the rank itself moved.
    package private(set) var progressAge = 0.0
    /// Seconds since the rank moved or was seen at work.
    package private(set) var activityAge = 0.0

    /// Seconds without a heartbeat after which a process counts as stopped. Watchdogs beat four times a second, and
    /// beats from other nodes come twice a second.
    package static let patience = 1.5

    /// A rank that has not been seen yet.
    package init() {}

    /// Whether any beat of the rank has been seen.
    package var isKnown: Bool { state.heartbeat > 0 }

    /// Whether its watchdog beats.
    package var isLive: Bool { isKnown && heartbeatAge <= Self.patience }

    /// Whether nobody waits for it any more.
    package var isOver: Bool { state.operation == .ended || state.hasGivenUp }

    /// Takes in the rank's state, `elapsed` seconds after the last look.
    package mutating func look(at next: RankState, elapsed: Double) {
        let hasMoved = next.hasMoved(since: state) || !isKnown && next.heartbeat > 0
        heartbeatAge = next.heartbeat != state.heartbeat ? 0 : heartbeatAge + elapsed
        progressAge = hasMoved ? 0 : progressAge + elapsed
        activityAge = hasMoved || next.activity != state.activity ? 0 : activityAge + elapsed
        state = next
    }
}

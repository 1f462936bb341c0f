import Glibc
import MPI

/// What a watchdog keeps between its looks, and what it does in a look.
struct WatchCore: Sendable {
    /// The result of a look.
    enum Outcome {
        /// Warnings for a person, each without the prefix of a message.
        case goesOn(warnings: [String])
        /// The job is given up, with the line to print; nil if another rank prints it.
        case isGivenUp(String?)
    }

    /// The ranks and how to reach them; nil until MPI runs on all ranks.
    private(set) var roster: WatchRoster?
    private var page: WatchPage
    private var socket: WatchSocket?
    /// This rank, at first by the launcher's numbers, then by the cluster's.
    private var rank: Int
    /// The number of ranks that the launcher started on this host.
    private let localSize: Int
    private let activity: RankActivity
    private var heartbeat: UInt64 = 0
    private var timesAtWork: UInt64 = 0
    private var sightings: [Sighting]
    /// Seconds since the watch began, and at the joining of the watchdogs.
    private var clock = 0.0
    private var joinedAt = 0.0
    private var looks = 0
    private var processorSeconds = 0.0
    private var slow = SlowRankWatch(seconds: SlowRankWatch.longestWindow)
    private var window = SlowRankWatch.longestWindow
    private var verdictAge = 0.0
    /// When each rank was last warned about, and whether the warning about silent hosts was given.
    private var warnedAt: [Double?]
    private var hasToldOfSilentHosts = false

    /// Seconds between two warnings about the same rank.
    static let warningInterval = 600.0
    /// Seconds after which a host whose watchdogs were never heard of is reported.
    private static let hostPatience = 15.0
    /// Seconds by which a verdict waits: for ranks that may know better, and for the live ranks below this one to speak
    /// first.
    private static let doubt = 1.5
    private static let turn = 2.0

    /// A watch that begins with the process, before ranks know of one another.
    ///
    /// - Parameters:
    ///   - page: Where ranks of this host write their states from the start, by the launcher's numbers.
    ///   - ranks: The ranks of the job, `localSize` of them on this host.
    init(_ activity: RankActivity, page: WatchPage, rank: Int, ranks: Int, localSize: Int) {
        self.activity = activity
        self.page = page
        self.rank = rank
        self.localSize = localSize
        activity.move(to: page, line: rank)
        activity.set(.processID, UInt64(getpid()))
        sightings = Array(repeating: Sighting(), count: ranks)
        warnedAt = Array(repeating: nil, count: ranks)
    }

    /// Continues with the ranks of a cluster.
    mutating func join(_ joined: WatchRoster.Joined) {
        roster = joined.roster
        page = joined.page
        socket = joined.socket
        rank = joined.roster.rank
        activity.move(to: page, line: rank)
        sightings = Array(repeating: Sighting(), count: joined.roster.hosts.count)
        warnedAt = Array(repeating: nil, count: sightings.count)
        joinedAt = clock
        verdictAge = 0
    }

    /// Publishes this rank's state, takes in the others' and judges.
    ///
    /// - Parameters:
    ///   - elapsed: Seconds since the last look.
    ///   - limit: Seconds after which a job that stands still is given up; 0 for never.
    ///   - continuation: How to continue the run, for a person.
    mutating func look(elapsed: Double, limit: Double, continuation: String) -> Outcome {
        clock += elapsed
        looks += 1
        beat(elapsed: elapsed, limit: limit)
        receive()
        for rank in sightings.indices {
            sightings[rank].look(at: RankState(at: page.line(rank)), elapsed: elapsed)
        }
        // Other nodes get every second beat.
        if looks % 2 == 0, isSpeaker { send(roster?.node ?? 0..<0) }
        guard limit > 0 else { return .goesOn(warnings: []) }
        return judge(elapsed: elapsed, limit: limit, continuation: continuation)
    }

    /// Tells the other watchdogs at once that this rank has ended, or that it ends the job.
    mutating func leave(givesUp: Bool) {
        if !givesUp { activity.enter(.ended) }
        heartbeat = givesUp ? RankState.lastBeat : heartbeat + 1
        activity.set(.heartbeat, heartbeat)
        if roster != nil { send(rank..<rank + 1) }
    }

    // MARK: States to and fro

    private mutating func beat(elapsed: Double, limit: Double) {
        // Work that nothing else shows counts as activity, but not for ever.
        let used = ProcessorTime.seconds
        let isAtWork =
            !RankState(at: activity.line).isWaiting
            && (used - processorSeconds > 0.02 * elapsed || ProcessorTime.isWaitingForDisk)
        processorSeconds = used
        if isAtWork, sightings[rank].progressAge < Watchdog.longPhases * limit {
            timesAtWork += 1
            activity.set(.activity, timesAtWork)
        }
        heartbeat += 1
        activity.set(.heartbeat, heartbeat)
    }

    /// Whether this rank sends the states of its node: the lowest live rank does.
    private var isSpeaker: Bool {
        guard let node = roster?.node else { return false }
        return !node.contains { $0 < rank && sightings[$0].isLive }
    }

    /// Sends states of this node's ranks to one rank of every other node, to each live one in turn.
    private func send(_ ranks: Range<Int>) {
        guard let roster, let socket else { return }
        var messages: [[UInt8]] = []
        for start in stride(from: ranks.lowerBound, to: ranks.upperBound, by: WatchDatagram.capacity) {
            let part = start..<min(start + WatchDatagram.capacity, ranks.upperBound)
            let states = part.map { RankState(at: page.line($0)) }
            messages.append(WatchDatagram(firstRank: start, states: states).bytes(token: roster.token))
        }
        for node in roster.nodes where !node.contains(rank) {
            let live = node.filter { sightings[$0].isLive }
            let targets = (live.isEmpty ? Array(node) : live).compactMap { roster.places[$0] }
            guard !targets.isEmpty else { continue }
            for message in messages { socket.send(message, to: targets[looks / 2 % targets.count]) }
        }
    }

    private func receive() {
        guard let roster, let socket else { return }
        let others = roster.nodes.filter { !$0.contains(rank) }
        socket.receive(
            atMost: 4 * roster.hosts.count + 64, limit: WatchDatagram.largest, from: roster.senders
        ) { bytes in
            guard let datagram = WatchDatagram(bytes, token: roster.token, nodes: others) else { return }
            for (place, state) in datagram.states.enumerated() {
                let line = page.line(datagram.firstRank + place)
                // Datagrams may overtake one another.
                if state.heartbeat > RankState(at: line).heartbeat { state.store(at: line) }
            }
        }
    }

    // MARK: Judging

    private mutating func judge(elapsed: Double, limit: Double, continuation: String) -> Outcome {
        if sightings.contains(where: { $0.state.hasGivenUp }) { return .isGivenUp(nil) }
        // Before ranks know of one another, only ranks of this host can be seen.
        let known = sightings.indices.filter { sightings[$0].isKnown }
        let ranks = roster == nil && !seesAll ? known : Array(sightings.indices)
        let effective = max(limit, Watchdog.leastLimit)
        let place = sightings.indices.filter { sightings[$0].isLive && $0 < rank }.count
        if let verdict = StallVerdict.judge(sightings, limit: effective, among: ranks),
            mayGiveUp(verdict, limit: effective)
        {
            let wait =
                (verdict.isCertain || seesAll ? 0 : Self.doubt)
                + (place > 0 ? Self.turn + 0.1 * Double(place) : 0)
            if verdictAge >= wait {
                return .isGivenUp(
                    verdict.text(sightings, hosts: hosts, advice: verdict.advice(continuation)))
            }
            verdictAge += elapsed
            return .goesOn(warnings: [])
        }
        verdictAge = 0
        let finding = slowRank(elapsed: elapsed, limit: limit)
        guard place == 0 else { return .goesOn(warnings: []) }
        var warnings: [String] = []
        let early = max(Watchdog.leastLimit, min(Watchdog.longestSilence, effective / 2))
        if early < effective, let verdict = StallVerdict.judge(sightings, limit: early, among: ranks),
            verdict.isCertain, mayWarn(of: verdict.ranks[0])
        {
            warnings.append(
                verdict.text(
                    sightings, hosts: hosts,
                    advice: "the run is given up after \(Int(effective.rounded())) s"))
        }
        if let finding, mayWarn(of: finding.rank) {
            warnings.append(finding.text(sightings, hosts: hosts))
        }
        if let line = silentHosts() { warnings.append(line) }
        return .goesOn(warnings: warnings)
    }

    /// Whether a verdict may end the job. Ranks that MPI has reached but that are not heard of may be at work, since
    /// the network may block datagrams; so absence must last much longer.
    private func mayGiveUp(_ verdict: StallVerdict, limit: Double) -> Bool {
        verdict.kind != .absent || roster == nil || verdict.seconds >= Watchdog.longPhases * limit
    }

    private var hosts: [String?] {
        roster?.hosts ?? sightings.map { $0.isKnown || seesAll ? WatchRoster.hostName : nil }
    }

    /// Whether this rank's page holds the states of all ranks, so that no other rank can know better.
    private var seesAll: Bool { roster.map { $0.nodes.count == 1 } ?? (localSize == sightings.count) }

    private mutating func mayWarn(of rank: Int) -> Bool {
        if let last = warnedAt[rank], clock - last < Self.warningInterval { return false }
        warnedAt[rank] = clock
        return true
    }

    private mutating func slowRank(elapsed: Double, limit: Double) -> SlowRankWatch.Finding? {
        let seconds = SlowRankWatch.window(limit: limit)
        if seconds != window {
            window = seconds
            slow = SlowRankWatch(seconds: seconds)
        }
        guard roster != nil else { return nil }
        return slow.sample(sightings, elapsed: elapsed)
    }

    /// A warning about a host that nothing is heard of; given once, by rank 0's node.
    private mutating func silentHosts() -> String? {
        guard !hasToldOfSilentHosts, let roster, roster.node.contains(0),
            clock - joinedAt > Self.hostPatience,
            let silent = sightings.firstIndex(where: { !$0.isKnown && !$0.isOver })
        else { return nil }
        hasToldOfSilentHosts = true
        let host = roster.hosts[silent].map { " on host \($0)" } ?? ""
        return
            "the watchdog hears nothing of rank \(silent)\(host): a rank that stops there will be noticed but not named; let UDP pass between the hosts"
    }
}

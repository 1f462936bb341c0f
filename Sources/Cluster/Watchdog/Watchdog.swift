import Glibc
import MPI
import Synchronization

/// Ends a job that stands still, with one line that names the rank, its host, the step and the operation that all
/// others wait for; warns of a rank that is much slower than the others.
///
/// A thread of each rank beats four times a second in memory that the ranks of a node share, and passes on what its
/// rank shows of itself; between nodes the states travel by UDP twice a second. The thread makes no MPI call, so it
/// continues when its rank waits forever. `StallVerdict` decides which rank is to blame. The lowest rank that beats
/// reports it and ends with exit code 75; the launcher then ends the job, stopped ranks included. A launcher that
/// cannot, because a host is gone, is killed ten seconds later.
///
/// These count as progress, so that long phases are no stalls: a new step, operation or MPI call; parts of work such as
/// the batches of an evaluation; and, while a rank does not wait for others, processor time or a wait for a disk, for
/// up to ten times the limit. Half the limit without progress, at most a minute, gives a warning. Time is counted in
/// the watchdog's own looks, at most a second each, so none passes while the process is stopped.
///
/// A single rank is not watched, since nobody waits for it.
public final class Watchdog: @unchecked Sendable {
    /// Seconds without progress after which a run is given up by default.
    public static let standardLimit = 300.0
    /// The least limit in seconds, which replaces shorter ones: less could be a busy machine.
    static let leastLimit = 2.0
    /// Work that shows no progress counts as activity for this many limits.
    static let longPhases = 10.0
    /// The most seconds without progress before there is a warning.
    static let longestSilence = 60.0
    /// The exit code of a job that is given up.
    static let exitCode: Int32 = 75
    /// Seconds between looks.
    private static let interval = 0.25

    package let activity = RankActivity(.starting)
    package let guidance: Guidance
    private let name: String
    private let core: Mutex<WatchCore>
    /// The page that ranks share until their watchdogs are joined.
    private let earlyPath: String?
    private let limitBits: Atomic<UInt64>
    private let isEnding = Atomic<Bool>(false)
    private var isWatched: Bool
    private var thread: pthread_t?
    private var hasNoThread = false
    private var wakeEnds: [Int32] = [-1, -1]

    /// Starts watching, before MPI starts. A rank that fails to start while MPI itself waits for it goes unseen.
    ///
    /// - Parameters:
    ///   - name: The start of every message.
    ///   - limit: Seconds without progress after which the job is given up; 0 for never.
    ///   - guidance: How messages tell a person what to do.
    public init(
        name: String = "dtrain", limit: Double = Watchdog.standardLimit, guidance: Guidance = Guidance()
    ) {
        self.name = name
        self.guidance = guidance
        let launch = LaunchEnvironment.current
        let ranks = max(1, launch.size ?? 1)
        let rank = min(launch.rank ?? 0, ranks - 1)
        let path = ranks > 1 ? Self.launchPath : nil
        let early = path.flatMap { WatchPage(path: $0, lines: ranks) }
        earlyPath = early == nil ? nil : path
        core = Mutex(
            WatchCore(
                activity, page: early ?? WatchPage(privateLines: ranks), rank: rank, ranks: ranks,
                // Without a page of this host, only this rank is seen.
                localSize: early == nil ? 1 : launch.localSize ?? 1))
        limitBits = Atomic(limit.bitPattern)
        isWatched = ranks > 1
        start()
    }

    /// Seconds without progress after which the job is given up; 0 for never. The same on all ranks, set by the thread
    /// that makes MPI calls.
    public var limit: Double {
        get { Double(bitPattern: limitBits.load(ordering: .relaxed)) }
        set {
            limitBits.store(newValue.bitPattern, ordering: .relaxed)
            start()
        }
    }

    /// Joins the watchdogs of a cluster's ranks; collective.
    func join(_ cluster: Cluster) throws {
        let joined = try WatchRoster.join(cluster)
        isWatched = cluster.size > 1
        core.withLock { $0.join(joined) }
        start()
        try cluster.world.barrier()
        if let earlyPath { unlink(earlyPath) }
        if cluster.rank == 0, joined.roster.nodes.count > 1,
            let rank = joined.roster.places.firstIndex(where: { $0 == nil })
        {
            let host = joined.roster.hosts[rank].map { " on host \($0)" } ?? ""
            write(
                "warning: the watchdog of rank \(rank)\(host) has no UDP socket: a rank that stops will be noticed but may not be named; give the hosts IPv4 addresses"
            )
        }
    }

    /// Ends the watch: other watchdogs no longer suspect this rank.
    public func stop() {
        isEnding.store(true, ordering: .relaxed)
        core.withLock { $0.leave(givesUp: false) }
        guard let thread else { return }
        _ = Glibc.write(wakeEnds[1], [UInt8(0)], 1)
        pthread_join(thread, nil)
        self.thread = nil
        for end in wakeEnds { close(end) }
    }

    /// A file that only processes of this job and host open, in a folder that the launcher makes and removes; nil if
    /// the launcher names none.
    private static var launchPath: String? {
        func variable(_ name: String) -> String? { getenv(name).flatMap { String(validatingCString: $0) } }
        guard let folder = variable("PMIX_SERVER_TMPDIR"), folder.hasPrefix("/"),
            let job = variable("PMIX_NAMESPACE"), !job.contains("/")
        else { return nil }
        return "\(folder)/dtrain-watch-\(job)"
    }

    // MARK: The thread

    private func start() {
        guard thread == nil, isWatched, limit > 0, !isEnding.load(ordering: .relaxed) else { return }
        // The thread needs a pipe to be woken by. Without one it is not started, and the run continues without a
        // watchdog.
        guard pipe(&wakeEnds) == 0 else { return }
        for end in wakeEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let end = wakeEnds[0]
        do {
            thread = try PosixThread.start(for: .thread("the watchdog")) { self.watch(until: end) }
        } catch {
            for end in wakeEnds { close(end) }
            // Only one of the ranks warns, and only once.
            if !hasNoThread, (LaunchEnvironment.current.rank ?? 0) == 0 {
                write("warning: ranks that hang will not be noticed: \(error)")
            }
            hasNoThread = true
        }
    }

    private func watch(until end: Int32) {
        var last = ProcessorTime.monotonicSeconds
        while !isEnding.load(ordering: .relaxed) {
            var polled = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, Int32(Self.interval * 1000))
            let now = ProcessorTime.monotonicSeconds
            let elapsed = min(1, now - last)
            last = now
            let outcome = core.withLock { core in
                isEnding.load(ordering: .relaxed)
                    ? .goesOn(warnings: [])
                    : core.look(elapsed: elapsed, limit: limit, continuation: guidance.continuation)
            }
            switch outcome {
            case .goesOn(let warnings): for line in warnings { write("warning: \(line)") }
            case .isGivenUp(let line):
                if let line { write("error: \(line)") }
                core.withLock { $0.leave(givesUp: true) }
                LauncherDeadline.set()
                _exit(Self.exitCode)
            }
        }
    }

    /// Writes a line to standard error, unless the reader takes nothing for a second.
    private func write(_ text: String) {
        var polled = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        guard poll(&polled, 1, 1000) > 0 else { return }
        let bytes = Array("\(name): \(guidance.wording(text))\n".utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}

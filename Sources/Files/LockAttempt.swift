import Glibc

/// Takes the lock on a folder: tries again until it has the lock or knows that another run does.
package struct LockAttempt {
    /// Why the folder cannot be had.
    package enum Failure: Error, Sendable {
        /// Another run has it: `owner` in words, if its lease says who it is.
        case busy(owner: String?)
        /// A system call failed.
        case failed(SystemError)
    }

    /// What an attempt waits for.
    package enum Reason: Sendable, Equatable {
        /// The end of another run, which holds the folder.
        case otherRun
        /// The renewal or the expiry of a lease that may be a dead run's.
        case silentLease
    }

    private enum Turn {
        case taken(FolderLock)
        case waits(Reason, owner: String?)
    }

    private let path: String
    private let file: LeaseFile
    private let times: LockTimes
    private var kernel: KernelLock?
    private var watch = LeaseWatch()
    private var claimWatch = LeaseWatch()

    private init(_ folder: String, _ times: LockTimes) {
        path = "\(folder)/.lock"
        file = LeaseFile(folder: folder)
        self.times = times
    }

    /// Takes the lock on `folder`.
    ///
    /// - Parameters:
    ///   - patience: Seconds to wait for another run's end. A silent lease is watched until it expires or is renewed,
    ///     however short the patience.
    ///   - waits: Called between attempts with what is waited for.
    package static func take(
        _ folder: String, patience: Double = 0, times: LockTimes = LockTimes(),
        waits: (Reason) -> Void = { _ in }
    ) throws(Failure) -> FolderLock {
        var attempt = LockAttempt(folder, times)
        let start = Monotonic.seconds
        var last = start
        while true {
            let now = Monotonic.seconds
            let turn: Turn
            do { turn = try attempt.turn(elapsed: now - last) } catch { throw .failed(error) }
            last = now
            switch turn {
            case .taken(let lock): return lock
            case .waits(let reason, let owner):
                if reason == .otherRun, now - start >= patience { throw .busy(owner: owner) }
                waits(reason)
                usleep(UInt32(times.interval * 1e6))
            }
        }
    }

    private mutating func turn(elapsed: Double) throws(SystemError) -> Turn {
        var missing: SystemError?
        if kernel == nil {
            switch try KernelLock.take(path) {
            case .held(let lock): kernel = lock
            case .busy: return .waits(.otherRun, owner: try? Self.owner(file.read()))
            case .missing(let error): missing = error
            }
        }
        let record = LeaseRecord(kernel?.mechanism ?? .lease)
        var descriptor: Int32 = -1
        do {
            guard let content = try file.read() else {
                guard let made = try file.create(record) else { return .waits(.silentLease, owner: nil) }
                return .taken(lock(record, made, missing))
            }
            let other = LeaseRecord(content)
            let isKernels = kernel != nil && other?.mechanism == kernel?.mechanism
            if !isKernels, other?.owner.isGone != true {
                switch watch.look(content, elapsed: elapsed, expiry: times.expiry) {
                case .isAlive: return .waits(.otherRun, owner: Self.owner(content))
                case .undecided: return .waits(.silentLease, owner: nil)
                case .hasExpired: break
                }
            }
            guard let made = try file.replace(content, with: record) else {
                try dropStaleClaim(elapsed: elapsed)
                return .waits(.silentLease, owner: nil)
            }
            descriptor = made
            if kernel == nil { usleep(UInt32(times.settling * 1e6)) }
        } catch {
            // With a kernel lock, a full disk, which has no room for the lease, is no reason to fail.
            guard kernel != nil else { throw error }
        }
        let lock = lock(record, descriptor, missing)
        // A slower run may have replaced the lease in the meantime.
        return lock.holds() ? .taken(lock) : .waits(.silentLease, owner: nil)
    }

    private func lock(_ record: LeaseRecord, _ descriptor: Int32, _ missing: SystemError?) -> FolderLock {
        FolderLock(
            kernel, missing: missing, file: file, record: record, descriptor: descriptor, times: times)
    }

    /// Removes the claim of a run that ended while it was replacing an expired lease.
    private mutating func dropStaleClaim(elapsed: Double) throws(SystemError) {
        guard let claim = try file.readClaim() else { return }
        if LeaseRecord(claim)?.owner.isGone == true
            || claimWatch.look(claim, elapsed: elapsed, expiry: times.expiry) == .hasExpired
        {
            file.removeClaim()
        }
    }

    /// The owner of a lease in words; nil if the lease names none or its owner is gone.
    private static func owner(_ content: [UInt8]?) -> String? {
        guard let owner = content.flatMap({ LeaseRecord($0)?.owner }), !owner.isGone else { return nil }
        return "process \(owner.id)" + (owner.host.isEmpty ? "" : " on host \(owner.host)")
    }
}

import Glibc

/// The times around a folder's lock, in seconds.
package struct LockTimes: Sendable, Equatable {
    /// Between renewals of a lease.
    package var renewal = 5.0
    /// After which a lease that was not renewed may be taken.
    package var expiry = 30.0
    /// For which a run that continues another waits for that run's lock.
    package var patience = 60.0

    /// Between taking a lease and looking whether another run took it, too.
    var settling: Double { min(1, renewal / 2) }
    /// Between attempts.
    var interval: Double { min(0.2, renewal / 4) }

    /// The defaults.
    package init() {
        #if FAULT_INJECTION
            // DTRAIN_LOCK_TIMES=RENEWAL:EXPIRY:PATIENCE, so that tests need not wait.
            guard let text = getenv("DTRAIN_LOCK_TIMES").flatMap({ String(validatingCString: $0) }) else {
                return
            }
            let given = text.split(separator: ":").compactMap { Double($0) }
            guard given.count == 3, given.allSatisfy({ $0 > 0 && $0 <= 3600 }) else { return }
            (renewal, expiry, patience) = (given[0], given[1], given[2])
        #endif
    }
}

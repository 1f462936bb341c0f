import Files
import Foundation
import Synchronization

/// Renews the lock on a folder, on a thread of its own, until it is let go.
final class LockKeeper {
    /// The lock.
    let lock: FolderLock
    private let ending = Ending()
    private let job: BackgroundJob<Void>

    /// Wakes the thread at the end.
    private final class Ending: Sendable {
        private let condition = NSCondition()
        private let hasCome = Mutex(false)

        /// Waits for the end; true once it has come, false after `seconds`.
        func wait(seconds: Double) -> Bool {
            let limit = Date(timeIntervalSinceNow: seconds)
            condition.lock()
            defer { condition.unlock() }
            while !hasCome.withLock({ $0 }) {
                if !condition.wait(until: limit) { return false }
            }
            return true
        }

        func come() {
            condition.lock()
            hasCome.withLock { $0 = true }
            condition.broadcast()
            condition.unlock()
        }
    }

    /// Keeps `lock`, which nobody else releases.
    init(_ lock: FolderLock) {
        self.lock = lock
        job = BackgroundJob("folder's lock") { [ending] in
            while !ending.wait(seconds: lock.times.renewal) { lock.renew() }
        }
    }

    deinit {
        ending.come()
        _ = job.wait()
        lock.release()
    }
}

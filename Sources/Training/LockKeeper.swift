import Dispatch
import Files

/// Renews the lock on a folder, on a thread of its own, until it is let go.
final class LockKeeper {
    /// The lock.
    let lock: FolderLock
    /// Wakes the thread at the end.
    private let ending = DispatchSemaphore(value: 0)
    private let job: BackgroundJob<Void>

    /// Keeps `lock`, which nobody else releases.
    init(_ lock: FolderLock) {
        self.lock = lock
        job = BackgroundJob("folder's lock") { [ending] in
            while ending.wait(timeout: .now() + lock.times.renewal) == .timedOut { lock.renew() }
        }
    }

    deinit {
        ending.signal()
        _ = job.wait()
        lock.release()
    }
}

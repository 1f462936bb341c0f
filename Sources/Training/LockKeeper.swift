import Dispatch
import Files

/// Renews the lock on a folder, on a thread of its own, until it is released.
final class LockKeeper {
    /// The lock.
    let lock: FolderLock
    /// Wakes the thread when the lock is released.
    private let ending = DispatchSemaphore(value: 0)
    private let job: BackgroundJob<Void>

    /// Takes over `lock`, which nobody else may release.
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

import Cluster
import DataParallel
import Foundation
import Glibc
import Synchronization

/// Work on a thread of its own while training goes on; it must make no MPI call.
final class BackgroundJob<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let ended = NSCondition()

    /// Starts `body`. If no thread can be created, `body` runs before this returns, and training waits for it.
    ///
    /// - Parameter name: The name of the thread, for debuggers.
    init(_ name: String, _ body: @escaping @Sendable () throws -> Value) {
        let work: @Sendable () -> Void = { [self] in
            let result = Result { try body() }
            ended.lock()
            outcome.withLock { $0 = result }
            ended.broadcast()
            ended.unlock()
        }
        do {
            let thread = try PosixThread.start(for: .thread(name)) {
                PosixThread.setName(name)
                work()
            }
            pthread_detach(thread)
        } catch {
            work()
        }
    }

    /// Whether the work has ended, with or without an error.
    var isDone: Bool { outcome.withLock { $0 != nil } }

    /// Whether the work has ended without an error.
    var hasSucceeded: Bool {
        outcome.withLock { if case .success? = $0 { true } else { false } }
    }

    /// Waits for the work to end.
    func wait() -> Result<Value, any Error> {
        ended.lock()
        defer { ended.unlock() }
        while true {
            if let result = outcome.withLock({ $0 }) { return result }
            ended.wait()
        }
    }
}

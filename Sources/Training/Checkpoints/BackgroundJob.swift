import Cluster
import DataParallel
import Foundation
import Glibc
import Synchronization

/// Work that a thread of its own does while training goes on; it must make no MPI call.
final class BackgroundJob<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let ended = NSCondition()

    /// Starts `body`; where no thread can be had it runs here and now, and training waits for it.
    ///
    /// - Parameter name: The work, in debuggers the thread's name.
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

    /// Whether the work has ended, well or not.
    var isDone: Bool { outcome.withLock { $0 != nil } }

    /// Whether it has ended well.
    var hasSucceeded: Bool {
        outcome.withLock { if case .success? = $0 { true } else { false } }
    }

    /// Waits for the end.
    func wait() -> Result<Value, any Error> {
        ended.lock()
        defer { ended.unlock() }
        while true {
            if let result = outcome.withLock({ $0 }) { return result }
            ended.wait()
        }
    }
}

import Foundation
import Synchronization

/// Work that a thread of its own does while training goes on; it must make no MPI call.
final class BackgroundJob<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let ended = NSCondition()

    /// Starts `body`.
    ///
    /// - Parameter name: The thread's name in debuggers.
    init(_ name: String, _ body: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [self] in
            let result = Result { try body() }
            ended.lock()
            outcome.withLock { $0 = result }
            ended.broadcast()
            ended.unlock()
        }
        thread.name = name
        thread.start()
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

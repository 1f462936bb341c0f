import Synchronization

/// Keeps the first error of concurrent tasks that cannot throw, for the code that waits for them.
package final class FirstFailure: Sendable {
    package init() {}

    private let error = Mutex<(any Error)?>(nil)

    /// Keeps an error, unless there is one already.
    package func keep(_ error: any Error) {
        self.error.withLock { if $0 == nil { $0 = error } }
    }

    /// Throws the error if there was one.
    package func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}

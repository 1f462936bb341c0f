import Synchronization

/// The first error of tasks that run at the same time and cannot throw, for whoever waits for them.
final class FirstFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    /// Takes note of an error, unless there is one already.
    func keep(_ error: any Error) {
        self.error.withLock { if $0 == nil { $0 = error } }
    }

    /// Throws the error if there was one.
    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}

/// A started operation that owns its buffer until `wait()` gives it back.
///
/// It cannot be copied, and using it after `wait()` does not compile. Dropping it without `wait()` or `abandon()`
/// traps, because MPI would go on writing into freed memory; `wait()` on every path, also where errors are thrown.
public struct PendingBuffer<Element: MPIScalar>: ~Copyable {
    private var requests: OutstandingRequests
    private let memory: UnsafeMutableBufferPointer<Element>

    /// An operation whose requests are posted and which will hand back `memory`.
    init(_ requests: consuming OutstandingRequests, memory: UnsafeMutableBufferPointer<Element>) {
        self.requests = requests
        self.memory = memory
    }

    /// Progresses MPI and says whether `wait()` would return at once; throws if the operation failed.
    public mutating func test() throws -> Bool { try requests.test() }

    /// Returns the buffer when the operation has ended; if it failed, throws, and leaks the buffer if MPI may still use
    /// it.
    public consuming func wait() throws -> MessageBuffer<Element> {
        try requests.wait()
        return MessageBuffer(adopting: memory)
    }

    /// Gives up without waiting, leaking the buffer on purpose: for error paths that end in an abort.
    public consuming func abandon() { requests.abandon() }
}

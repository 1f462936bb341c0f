/// A started barrier; like `PendingBuffer` it must be waited for.
public struct PendingBarrier: ~Copyable {
    private var requests: OutstandingRequests

    init(_ requests: consuming OutstandingRequests) { self.requests = requests }

    /// Progresses MPI and says whether all ranks have arrived.
    public mutating func test() throws -> Bool { try requests.test() }

    /// Returns when all ranks have arrived.
    public consuming func wait() throws { try requests.wait() }

    /// Gives up without waiting: for error paths that end in an abort.
    public consuming func abandon() { requests.abandon() }
}

/// Tells whether a thread is inside a call that waits for other ranks: the count is odd there, even outside.
///
/// The thread that makes MPI calls counts; any thread reads. A count that stands still while it is odd says that
/// the other ranks do not come.
package final class WaitCount: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    private let count: SharedFlag

    /// A count of 0 on a cache line of its own.
    package init() {
        memory = .allocate(byteCount: 64, alignment: 64)
        count = SharedFlag(at: memory)
        count.store(0)
    }

    deinit { memory.deallocate() }

    /// The number of calls entered and left so far.
    package var value: UInt64 { count.load() }

    /// Enters or leaves a call; a call within another counts on both sides and changes nothing in the end.
    func step() { count.store(count.load() &+ 1) }
}

extension Communicator {
    /// Checks the code of a call that waits for other ranks, counting it in `waits`.
    @inline(__always)
    func waiting(_ code: @autoclosure () -> Int32, _ call: StaticString, peer: Int? = nil) throws {
        waits?.step()
        let result = code()
        waits?.step()
        try check(result, call, on: self, peer: peer)
    }
}

/// Tells whether a thread is inside a call that waits for other ranks: the count is odd there, even outside.
///
/// The thread that makes MPI calls counts; any thread or process may read. A count that stays at an odd number shows
/// that the other ranks do not come.
package final class WaitCount: @unchecked Sendable {
    private var count: SharedFlag
    private let own: UnsafeMutableRawPointer
    private var owner: AnyObject?

    /// A count of 0 in memory of its own.
    package init() {
        own = .allocate(byteCount: 8, alignment: 8)
        count = SharedFlag(at: own)
        count.store(0)
    }

    deinit { own.deallocate() }

    /// Continues in a word of memory that `owner` keeps alive; called by the counting thread.
    package func move(to word: UnsafeMutableRawPointer, of owner: AnyObject) {
        let next = SharedFlag(at: word)
        next.store(count.load())
        count = next
        self.owner = owner
    }

    /// Enters or leaves a call that waits for other ranks.
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

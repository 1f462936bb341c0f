internal import CMPI

/// Many outstanding point-to-point transfers over memory of the caller, for a loop that drives progress.
///
/// Within its reserved capacity nothing allocates. Memory handed in must stay valid and, for receives, untouched
/// until a test or wait says that nothing is outstanding. Dropping a set with outstanding transfers traps; after
/// one of its own methods has thrown it may be dropped, for the job can then only end.
public struct RequestSet: ~Copyable {
    private var handles: UnsafeMutablePointer<MPI_Request?>
    private var slots: UnsafeMutablePointer<Slot>
    private var statuses: UnsafeMutablePointer<MPI_Status>
    private var finished: UnsafeMutablePointer<Int32>
    private var count = 0
    private var capacity: Int
    private var hasFailed = false

    // What an error needs to name a transfer.
    private struct Slot {
        var peer: Int32
        // Bytes a receive must get, -1 for a send.
        var expected: Int32
    }

    /// An empty set with room for `capacity` MPI messages at once; it grows when that is passed.
    public init(capacity: Int) {
        precondition(capacity >= 0, "capacity \(capacity) is negative")
        self.capacity = Swift.max(capacity, 1)
        handles = .allocate(capacity: self.capacity)
        slots = .allocate(capacity: self.capacity)
        statuses = .allocate(capacity: self.capacity)
        finished = .allocate(capacity: self.capacity)
        statuses.initialize(repeating: MPI_Status(), count: self.capacity)
    }

    deinit {
        if count > 0 && !hasFailed {
            // fatalError, because an optimized build prints no precondition's message.
            fatalError(
                "a request set was dropped with \(count) messages outstanding: MPI may still use their memory"
            )
        }
        handles.deallocate()
        slots.deallocate()
        statuses.deallocate()
        finished.deallocate()
    }

    /// Whether nothing is outstanding.
    public var isEmpty: Bool { count == 0 }

    /// Number of MPI messages outstanding; one transfer is one message below 2³¹ − 1 bytes.
    public var outstanding: Int { count }

    /// Starts sending bytes to a rank of the communicator.
    public mutating func send(
        _ bytes: UnsafeRawBufferPointer, to rank: Int, tag: Int, on communicator: Communicator
    ) throws {
        let peer = try communicator.peer(rank, call: "MPI_Isend")
        let tag = try communicator.checkedTag(tag, call: "MPI_Isend")
        for part in Chunks(messageOf: bytes.count, limit: communicator.countLimit) {
            reserveOne()
            (handles + count).initialize(to: dt_request_null())
            let code = MPI_Isend(
                bytes.baseAddress.map { $0 + part.offset }, part.count, dt_type_byte(), peer, tag,
                communicator.handle, handles + count)
            try started(code, Slot(peer: peer, expected: -1), "MPI_Isend", communicator)
        }
    }

    /// Starts receiving exactly as many bytes as the memory holds from a rank of the communicator.
    public mutating func receive(
        into bytes: UnsafeMutableRawBufferPointer, from rank: Int, tag: Int, on communicator: Communicator
    ) throws {
        let peer = try communicator.peer(rank, call: "MPI_Irecv")
        let tag = try communicator.checkedTag(tag, call: "MPI_Irecv")
        for part in Chunks(messageOf: bytes.count, limit: communicator.countLimit) {
            reserveOne()
            (handles + count).initialize(to: dt_request_null())
            let code = MPI_Irecv(
                bytes.baseAddress.map { $0 + part.offset }, part.count, dt_type_byte(), peer, tag,
                communicator.handle, handles + count)
            try started(code, Slot(peer: peer, expected: part.count), "MPI_Irecv", communicator)
        }
    }

    /// Progresses MPI and says whether nothing is outstanding; throws as soon as one transfer has failed.
    public mutating func testAll() throws -> Bool {
        if count == 0 { return true }
        var ended: Int32 = 0
        // MPI_Testall would report a failure only after every other transfer had ended, which may be never.
        let code = MPI_Testsome(Int32(count), handles, &ended, finished, statuses)
        if code != dt_err_success() && code != dt_err_in_status() {
            hasFailed = true
            try check(code, "MPI_Testsome")
        }
        if ended <= 0 { return false }
        for index in 0..<Int(ended) {
            try checkEnded(slots[Int(finished[index])], &statuses[index], failed: code != dt_err_success())
        }
        compact()
        return count == 0
    }

    /// Returns when nothing is outstanding: `spins` tests in a row, then the core is yielded between tests.
    public mutating func waitAll(spins: Int = 100) throws {
        var tests = 0
        while try !testAll() {
            if tests < spins { tests += 1 } else { dt_yield() }
        }
    }

    private mutating func started(
        _ code: Int32, _ slot: Slot, _ call: StaticString, _ communicator: Communicator
    ) throws {
        if code != dt_err_success() {
            hasFailed = true
            try check(code, call, on: communicator, peer: Int(slot.peer))
        }
        slots[count] = slot
        count += 1
    }

    private mutating func checkEnded(_ slot: Slot, _ status: inout MPI_Status, failed: Bool) throws {
        let call: StaticString = slot.expected < 0 ? "MPI_Isend" : "MPI_Irecv"
        if failed && isFailure(status.MPI_ERROR) {
            hasFailed = true
            try check(status.MPI_ERROR, call, peer: Int(slot.peer))
        }
        if slot.expected < 0 { return }
        var received: Int32 = 0
        let code = MPI_Get_count(&status, dt_type_byte(), &received)
        if code != dt_err_success() || received != slot.expected {
            hasFailed = true
            try check(code, "MPI_Get_count", peer: Int(slot.peer))
            throw MPIError(
                .count, "received \(received) bytes where \(slot.expected) were expected",
                call: "MPI_Irecv", on: nil, peer: Int(slot.peer))
        }
    }

    // Ended requests became null; the others move together in order.
    private mutating func compact() {
        var kept = 0
        for index in 0..<count where handles[index] != dt_request_null() {
            handles[kept] = handles[index]
            slots[kept] = slots[index]
            kept += 1
        }
        count = kept
    }

    private mutating func reserveOne() {
        if count < capacity { return }
        let larger = capacity * 2
        Self.grow(&handles, from: capacity, to: larger)
        Self.grow(&slots, from: capacity, to: larger)
        Self.grow(&statuses, from: capacity, to: larger)
        Self.grow(&finished, from: capacity, to: larger)
        (statuses + capacity).initialize(repeating: MPI_Status(), count: larger - capacity)
        capacity = larger
    }

    private static func grow<T: BitwiseCopyable>(
        _ memory: inout UnsafeMutablePointer<T>, from old: Int, to new: Int
    ) {
        let larger = UnsafeMutablePointer<T>.allocate(capacity: new)
        larger.update(from: memory, count: old)
        memory.deallocate()
        memory = larger
    }
}

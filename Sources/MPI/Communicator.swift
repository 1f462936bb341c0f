internal import CMPI
import Glibc

/// A group of ranks that exchange messages apart from every other group.
///
/// Collective methods must be called by all its ranks in the same order. Which threads may call is the
/// runtime's `ThreadLevel`; the class adds no locks. Errors are thrown as `MPIError`.
public final class Communicator: @unchecked Sendable {
    /// This process's rank, in 0..<size.
    public let rank: Int
    /// Number of ranks.
    public let size: Int

    /// The most elements handed to one C call, at most Int32.max; larger counts are cut into parts.
    ///
    /// Must be the same on all ranks. Groups made from this one inherit it. Lowered only by tests.
    package var countLimit = Int(Int32.max) {
        didSet {
            precondition(
                (1...Int(Int32.max)).contains(countLimit),
                "count limit \(countLimit) is not in 1...\(Int32.max)")
        }
    }

    /// Counts the calls that wait for other ranks; nil if nobody reads the count. Groups made from this one inherit it.
    package var waits: WaitCount?

    private let storedHandle: MPI_Comm
    private let isOwned: Bool
    private var isFreed = false

    /// MPI's handle; a freed communicator must not be used.
    var handle: MPI_Comm {
        precondition(!isFreed, "communicator used after free()")
        return storedHandle
    }

    /// Wraps a handle and makes its errors return; an owned one is freed with the object.
    init(adopting handle: MPI_Comm, isOwned: Bool) throws {
        // Without this every failed call ends the process instead of returning its code.
        try check(MPI_Comm_set_errhandler(handle, dt_errors_return()), "MPI_Comm_set_errhandler")
        var rank: Int32 = 0
        var size: Int32 = 0
        try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank")
        try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
        self.rank = Int(rank)
        self.size = Int(size)
        self.storedHandle = handle
        self.isOwned = isOwned
    }

    deinit { release() }

    /// Frees the communicator now instead of with the last reference; no effect on the world or the second time.
    ///
    /// MPI counts this as collective: let all ranks do it in the same order.
    public func free() { release() }

    private func release() {
        if !isOwned || isFreed { return }
        isFreed = true
        guard MPIRuntime.isActive else { return }
        var handle: MPI_Comm? = storedHandle
        _ = MPI_Comm_free(&handle)
    }

    /// Splits into one group per color, ranks ordered by key and then by old rank; nil where color is nil.
    ///
    /// Colors must not be negative.
    public func split(color: Int?, key: Int = 0) throws -> Communicator? {
        let code = try color.map { try narrow($0, "color", call: "MPI_Comm_split") } ?? dt_undefined()
        if color != nil, code < 0 {
            throw MPIError(.argument, "color \(code) is negative", call: "MPI_Comm_split", on: self)
        }
        let order = try narrow(key, "key", call: "MPI_Comm_split")
        var part: MPI_Comm?
        try waiting(MPI_Comm_split(handle, code, order, &part), "MPI_Comm_split")
        return try color == nil ? nil : child(part, "MPI_Comm_split")
    }

    /// The group of ranks that can share memory with this one, in this communicator's order: those of its node.
    public func splitShared() throws -> Communicator {
        var part: MPI_Comm?
        try waiting(
            MPI_Comm_split_type(handle, dt_comm_type_shared(), Int32(rank), dt_info_null(), &part),
            "MPI_Comm_split_type")
        return try child(part, "MPI_Comm_split_type")
    }

    /// The same ranks with a message space of their own.
    public func duplicate() throws -> Communicator {
        var copy: MPI_Comm?
        try waiting(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup")
        return try child(copy, "MPI_Comm_dup")
    }

    private func child(_ handle: MPI_Comm?, _ call: String) throws -> Communicator {
        guard let handle, handle != dt_comm_null() else {
            throw MPIError(.communicator, "no communicator was made", call: call, on: self)
        }
        let child = try Communicator(adopting: handle, isOwned: true)
        child.countLimit = countLimit
        child.waits = waits
        return child
    }

    /// Ends all processes of the job, with an exit code forced into 1...125 so that no shell reads it as
    /// success or as a signal.
    public func abort(code: Int) -> Never {
        let status = Self.abortStatus(code)
        // Even a freed communicator must be able to end the job.
        _ = MPI_Abort(isFreed ? dt_comm_world() : storedHandle, status)
        _exit(status)
    }

    /// `code` clamped to 1...125.
    static func abortStatus(_ code: Int) -> Int32 { Int32(Swift.min(Swift.max(code, 1), 125)) }

    /// An argument as a C int, or an error that names it.
    func narrow(_ value: Int, _ name: String, call: String) throws -> Int32 {
        guard let narrow = Int32(exactly: value) else {
            throw MPIError(.argument, "\(name) \(value) does not fit 32 bits", call: call, on: self)
        }
        return narrow
    }

    /// A rank as a C int; negative ones are refused, since MPI reads them as wildcards.
    func peer(_ rank: Int, call: String) throws -> Int32 {
        guard rank >= 0, let narrow = Int32(exactly: rank) else {
            throw MPIError(.rank, "rank \(rank) is not in 0..<\(size)", call: call, on: self, peer: rank)
        }
        return narrow
    }

    /// A tag as a C int; negative ones are refused, since MPI reads them as wildcards.
    func checkedTag(_ tag: Int, call: String) throws -> Int32 {
        guard tag >= 0, let narrow = Int32(exactly: tag) else {
            throw MPIError(.tag, "tag \(tag) is not in 0...\(Int32.max)", call: call, on: self)
        }
        return narrow
    }
}

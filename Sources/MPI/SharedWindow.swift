internal import CMPI
import Glibc

/// Memory that all ranks of one node read and write directly, one segment per rank.
///
/// Plain loads and stores are legal for the window's whole life, because it keeps a passive epoch open. They are
/// ordered between ranks only by `SharedFlag`s in the memory or by `synchronize()` around a barrier. Segments
/// start at multiples of 64 bytes and hold zeros. All pages are made at the start: otherwise the system would make each
/// at its first write, and kill the process if no memory is left then.
public final class SharedWindow: @unchecked Sendable {
    /// The ranks that share the memory.
    public let communicator: Communicator
    private let storedHandle: MPI_Win
    private let segments: [UnsafeMutableRawBufferPointer]
    private var isFreed = false

    private static let alignment = 64

    /// Makes a window in which this rank's segment has `bytes` bytes; collective, sizes may differ, 0 is allowed.
    ///
    /// `communicator` must come from `splitShared()`. The ranks agree on the outcome: if the shared memory is too
    /// small, or MPI fails on one rank, all of them throw. The free space is checked beforehand, because in Open MPI
    /// 4.1 only the rank that makes the backing file notices a lack of it, while the others would wait for that rank
    /// forever.
    public init(bytes: Int, on communicator: Communicator) throws {
        precondition(bytes >= 0, "segment size \(bytes) is negative")
        self.communicator = communicator
        let sizes = try communicator.allGather(bytes)
        try Self.checkRoom(for: sizes, on: communicator)

        var base: UnsafeMutableRawPointer?
        var window: MPI_Win?
        communicator.waits?.step()
        let code = Self.allocate(Self.padded(bytes), on: communicator, &base, &window)
        communicator.waits?.step()
        let worst = try communicator.allReduce(code == dt_err_success() ? 0 : 1, .max)
        // A window that exists on some ranks only cannot be freed, since that is collective; the job falls back
        // to messages, so its unused pages cost nothing.
        try check(code, "MPI_Win_allocate_shared", on: communicator)
        guard worst == 0, let window else {
            throw MPIError(
                .intern, "another rank could not make the window", call: "MPI_Win_allocate_shared",
                on: communicator)
        }
        try check(
            MPI_Win_set_errhandler(window, dt_errors_return()), "MPI_Win_set_errhandler", on: communicator)
        try check(MPI_Win_lock_all(dt_mode_nocheck(), window), "MPI_Win_lock_all", on: communicator)
        segments = try sizes.indices.map { rank in
            try Self.segment(ofRank: rank, bytes: sizes[rank], in: window, on: communicator)
        }
        storedHandle = window
        guard try communicator.allReduce(reserve(sizes) ? 0 : 1, .max) == 0 else {
            try free()
            throw MPIError(
                .intern, "\(sizes.reduce(0, +)) bytes of shared memory are not to be had on this node",
                call: "MPI_Win_allocate_shared", on: communicator)
        }
    }

    /// The memory of a rank's segment, with exactly the size that rank asked for.
    public func segment(ofRank rank: Int) -> UnsafeMutableRawBufferPointer {
        precondition(!isFreed, "shared window used after free()")
        precondition(
            segments.indices.contains(rank), "segment of rank \(rank), ranks are 0..<\(segments.count)")
        return segments[rank]
    }

    /// Orders this rank's loads and stores before and after the call, as MPI's memory model asks.
    public func synchronize() throws {
        precondition(!isFreed, "shared window used after free()")
        try check(MPI_Win_sync(storedHandle), "MPI_Win_sync", on: communicator)
    }

    /// Releases the memory; collective, no effect the second time. A window that is never freed lives as long as
    /// the process.
    public func free() throws {
        if isFreed { return }
        isFreed = true
        try check(MPI_Win_unlock_all(storedHandle), "MPI_Win_unlock_all", on: communicator)
        var handle: MPI_Win? = storedHandle
        try communicator.waiting(MPI_Win_free(&handle), "MPI_Win_free")
    }

    // Open MPI places segments at odd multiples of 8 bytes: room to move the start to a multiple of 64.
    private static func padded(_ bytes: Int) -> Int { bytes == 0 ? 0 : bytes + alignment }

    private static func allocate(
        _ bytes: Int, on communicator: Communicator, _ base: inout UnsafeMutableRawPointer?,
        _ window: inout MPI_Win?
    ) -> Int32 {
        var info: MPI_Info?
        let created = MPI_Info_create(&info)
        if created != dt_err_success() { info = dt_info_null() }
        // Segments need not touch, so each may lie on pages of its own rank's memory.
        if created == dt_err_success() { _ = MPI_Info_set(info, "alloc_shared_noncontig", "true") }
        let code = MPI_Win_allocate_shared(bytes, 1, info, communicator.handle, &base, &window)
        if created == dt_err_success() { _ = MPI_Info_free(&info) }
        return code
    }

    // Pages are mapped at multiples of their size, so moving up to a multiple of 64 gives the same byte everywhere.
    private static func segment(
        ofRank rank: Int, bytes: Int, in window: MPI_Win, on communicator: Communicator
    ) throws -> UnsafeMutableRawBufferPointer {
        if bytes == 0 { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        var size = 0
        var unit: Int32 = 0
        var start: UnsafeMutableRawPointer?
        try check(
            MPI_Win_shared_query(window, Int32(rank), &size, &unit, &start), "MPI_Win_shared_query",
            on: communicator, peer: rank)
        guard let start, size >= padded(bytes) else {
            throw MPIError(
                .intern, "the segment has \(size) bytes where \(padded(bytes)) were asked for",
                call: "MPI_Win_shared_query", on: communicator, peer: rank)
        }
        return UnsafeMutableRawBufferPointer(start: start.alignedUp(toMultipleOf: alignment), count: bytes)
    }

    // Makes the pages of this rank's segment, or of its share if only one rank has a segment; false if there is no
    // room.
    //
    // Each rank makes the pages that it will likely work on, so that they lie in memory near its core.
    private func reserve(_ sizes: [Int]) -> Bool {
        let owners = sizes.indices.filter { sizes[$0] > 0 }
        guard communicator.size > 1, !owners.isEmpty else { return true }
        let rank = communicator.rank
        let segment = segments[owners.count == 1 ? owners[0] : rank]
        guard let base = segment.baseAddress else { return true }
        let page = Int(getpagesize())
        let start = UInt(bitPattern: base)
        let (ranks, place) = owners.count == 1 ? (communicator.size, rank) : (1, 0)
        let from = (start + UInt(segment.count / ranks * place)) / UInt(page) * UInt(page)
        let end = start + UInt(place + 1 == ranks ? segment.count : segment.count / ranks * (place + 1))
        guard let first = UnsafeMutableRawPointer(bitPattern: from),
            madvise(first, Int(end - from), Self.populateForWriting) != 0
        else { return true }
        // A kernel before Linux 5.14 does not know the advice; then the check of the free space has to do.
        return errno != EFAULT && errno != ENOMEM
    }

    // MADV_POPULATE_WRITE, which older headers lack.
    private static let populateForWriting: Int32 = 23

    // Throws on all ranks alike if the folder that backs windows has too little space.
    private static func checkRoom(for sizes: [Int], on communicator: Communicator) throws {
        // A lone rank's window is ordinary memory.
        if communicator.size == 1 { return }
        let page = 4096
        var needed = 0
        var overflowed = false
        for size in sizes {
            // Rounding to pages, and MPI's own bookkeeping per rank.
            let (sum, overflow) = needed.addingReportingOverflow(size)
            let (padded, overflowToo) = sum.addingReportingOverflow(alignment + 2 * page)
            overflowed = overflowed || overflow || overflowToo
            needed = padded
        }
        var folder = "shared memory"
        var free = -1
        if communicator.rank == 0 {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { text in
                text.initialize(repeating: 0)
                guard let base = text.baseAddress else { return }
                free = Int(dt_shared_window_space(base, 4096))
                folder = String(validatingCString: base) ?? folder
            }
        }
        free = try communicator.broadcast(free, root: 0)
        if overflowed || (free >= 0 && free < needed + 16 * page) {
            throw MPIError(
                .intern,
                """
                \(folder) of rank 0's node has \(free) bytes free, the window needs \
                \(overflowed ? "more than 2^63" : "\(needed)")
                """,
                call: "MPI_Win_allocate_shared", on: communicator)
        }
    }
}

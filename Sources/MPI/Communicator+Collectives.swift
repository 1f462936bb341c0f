internal import CMPI

// Blocking collectives over memory of the caller. Whether a count is cut into parts, and into how many, follows
// from numbers that all ranks pass alike, so all of them make the same sequence of C calls.

extension Communicator {
    /// Returns when all ranks have called it.
    public func barrier() throws {
        try waiting(MPI_Barrier(handle), "MPI_Barrier")
    }

    /// Copies the root's elements to all ranks; the same count everywhere.
    public func broadcast<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, root: Int) throws {
        let rootRank = try peer(root, call: "MPI_Bcast")
        for part in Chunks(buffer.count, limit: countLimit) {
            try waiting(
                MPI_Bcast(buffer.at(part.offset), part.count, T.mpiDatatype.handle, rootRank, handle),
                "MPI_Bcast", peer: root)
        }
    }

    /// Combines elements of all ranks position by position and gives every rank the result.
    public func allReduce<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>,
        _ operation: ReduceOperation
    ) throws {
        precondition(
            source.count == result.count,
            "allReduce of \(source.count) elements into room for \(result.count)")
        for part in Chunks(source.count, limit: countLimit) {
            try waiting(
                MPI_Allreduce(
                    source.at(part.offset), result.at(part.offset), part.count, T.mpiDatatype.handle,
                    operation.handle, handle),
                "MPI_Allreduce")
        }
    }

    /// Combines elements of all ranks position by position; the result replaces this rank's elements.
    public func allReduce<T: MPIScalar>(
        inPlace buffer: UnsafeMutableBufferPointer<T>, _ operation: ReduceOperation
    ) throws {
        for part in Chunks(buffer.count, limit: countLimit) {
            try waiting(
                MPI_Allreduce(
                    dt_in_place(), buffer.at(part.offset), part.count, T.mpiDatatype.handle,
                    operation.handle, handle),
                "MPI_Allreduce")
        }
    }

    /// Combines position by position; rank r gets only its `counts[r]` elements of the result, in rank order.
    ///
    /// `counts` has one entry per rank, the same everywhere, and sums to `source.count`.
    public func reduceScatter<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>, counts: [Int],
        _ operation: ReduceOperation
    ) throws {
        let layout = RankLayout(counts: counts, on: self)
        precondition(
            source.count == layout.total && result.count == counts[rank],
            """
            reduceScatter of \(source.count) elements into \(result.count), \
            counts say \(layout.total), \(counts[rank])
            """)
        if let counts = layout.counts32(limit: countLimit) {
            if layout.total == 0 { return }
            try waiting(
                MPI_Reduce_scatter(
                    source.baseAddress, result.baseAddress, counts, T.mpiDatatype.handle,
                    operation.handle, handle),
                "MPI_Reduce_scatter")
            return
        }
        for (owner, offset, part) in layout.parts(limit: countLimit) {
            try waiting(
                MPI_Reduce(
                    source.at(offset), owner == rank ? result.at(part.offset) : nil, part.count,
                    T.mpiDatatype.handle, operation.handle, Int32(owner), handle),
                "MPI_Reduce", peer: owner)
        }
    }

    /// Gives every rank the elements of all ranks, in rank order; rank r contributes `counts[r]`.
    ///
    /// `counts` is the same everywhere; `result` has room for their sum.
    public func allGather<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>, counts: [Int]
    ) throws {
        let layout = RankLayout(counts: counts, on: self)
        precondition(
            source.count == counts[rank] && result.count == layout.total,
            """
            allGather of \(source.count) elements into \(result.count), \
            counts say \(counts[rank]), \(layout.total)
            """)
        if layout.total == 0 { return }
        if let counts = layout.counts32(limit: countLimit) {
            try waiting(
                MPI_Allgatherv(
                    source.baseAddress, counts[rank], T.mpiDatatype.handle, result.baseAddress, counts,
                    layout.offsets32, T.mpiDatatype.handle, handle),
                "MPI_Allgatherv")
            return
        }
        result.copy(source, at: layout.offsets[rank])
        for (owner, offset, part) in layout.parts(limit: countLimit) {
            try waiting(
                MPI_Bcast(result.at(offset), part.count, T.mpiDatatype.handle, Int32(owner), handle),
                "MPI_Bcast", peer: owner)
        }
    }

    /// Gives every rank the elements of all ranks, in rank order; the same count from each.
    public func allGather<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>
    ) throws {
        let layout = RankLayout(each: source.count, on: self)
        guard layout.counts32(limit: countLimit) != nil, layout.total > 0 else {
            return try allGather(source, into: result, counts: layout.counts)
        }
        precondition(
            result.count == layout.total,
            "allGather of \(source.count) elements on \(size) ranks into room for \(result.count)")
        try waiting(
            MPI_Allgather(
                source.baseAddress, Int32(source.count), T.mpiDatatype.handle, result.baseAddress,
                Int32(source.count), T.mpiDatatype.handle, handle),
            "MPI_Allgather")
    }

    /// Gives the root the elements of all ranks, in rank order; rank r contributes `counts[r]`.
    ///
    /// `counts` is the same everywhere; `result` is used on the root only, with room for their sum.
    public func gather<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>, counts: [Int], root: Int
    ) throws {
        let layout = RankLayout(counts: counts, on: self)
        let rootRank = try peer(root, call: "MPI_Gatherv")
        precondition(
            source.count == counts[rank] && (rank != root || result.count == layout.total),
            """
            gather of \(source.count) elements into \(result.count), \
            counts say \(counts[rank]), \(layout.total)
            """)
        if let counts = layout.counts32(limit: countLimit) {
            try waiting(
                MPI_Gatherv(
                    source.baseAddress, counts[rank], T.mpiDatatype.handle, result.baseAddress, counts,
                    layout.offsets32, T.mpiDatatype.handle, rootRank, handle),
                "MPI_Gatherv", peer: root)
            return
        }
        // One contributor at a time, with the receive address shifted instead of a 32-bit displacement.
        var counts32 = [Int32](repeating: 0, count: size)
        let offsets32 = counts32
        for (owner, offset, part) in layout.parts(limit: countLimit) {
            counts32[owner] = part.count
            try waiting(
                MPI_Gatherv(
                    owner == rank ? source.at(part.offset) : nil, counts32[rank], T.mpiDatatype.handle,
                    rank == root ? result.at(offset) : nil, counts32, offsets32, T.mpiDatatype.handle,
                    rootRank, handle),
                "MPI_Gatherv", peer: root)
            counts32[owner] = 0
        }
    }

    /// Sends the r-th of `size` equal runs of `source` to rank r, and receives one such run from each.
    public func allToAll<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, into result: UnsafeMutableBufferPointer<T>
    ) throws {
        precondition(
            source.count % size == 0 && result.count == source.count,
            "allToAll of \(source.count) elements into \(result.count) on \(size) ranks")
        let each = source.count / size
        if source.count > countLimit {
            let layout = RankLayout(each: each, on: self)
            return try allToAll(
                source, sending: layout.counts, into: result, receiving: layout.counts)
        }
        if each == 0 { return }
        try waiting(
            MPI_Alltoall(
                source.baseAddress, Int32(each), T.mpiDatatype.handle, result.baseAddress, Int32(each),
                T.mpiDatatype.handle, handle),
            "MPI_Alltoall")
    }

    /// Sends `sending[r]` elements to rank r and receives `receiving[r]` from it, both packed in rank order.
    ///
    /// What one rank sends to another must be what the other receives from it.
    public func allToAll<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, sending: [Int], into result: UnsafeMutableBufferPointer<T>,
        receiving: [Int]
    ) throws {
        let plan = try AllToAllPlan<T>(
            sending: sending, sourceCount: source.count, receiving: receiving, resultCount: result.count,
            on: self)
        try waiting(
            MPI_Alltoallw(
                source.baseAddress, plan.send.counts, plan.send.offsets, plan.send.types, result.baseAddress,
                plan.receive.counts, plan.receive.offsets, plan.receive.types, handle),
            "MPI_Alltoallw")
    }
}

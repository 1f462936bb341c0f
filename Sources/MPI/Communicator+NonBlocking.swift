internal import CMPI

// Non-blocking forms: each takes its buffer, posts its requests and returns a value that must be waited for.
// Open MPI moves data only while some thread is inside MPI, so call `test()` now and then while computing.
// All ranks start their collectives in the same order.

extension Communicator {
    /// Starts a barrier.
    public func startBarrier() throws -> PendingBarrier {
        var requests = OutstandingRequests("MPI_Ibarrier", on: self)
        try requests.post { MPI_Ibarrier(handle, $0) }
        return PendingBarrier(requests)
    }

    /// Starts sending; `wait()` gives the buffer back.
    public func startSend<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, to rank: Int, tag: Int = 0
    ) throws -> PendingBuffer<T> {
        let peer = try peer(rank, call: "MPI_Isend")
        let tag = try checkedTag(tag, call: "MPI_Isend")
        let memory = buffer.release()
        var requests = OutstandingRequests("MPI_Isend", on: self, peer: rank)
        requests.own(memory)
        for part in Chunks(messageOf: memory.count, limit: countLimit) {
            try requests.post {
                MPI_Isend(memory.at(part.offset), part.count, T.mpiDatatype.handle, peer, tag, handle, $0)
            }
        }
        return PendingBuffer(requests, memory: memory)
    }

    /// Starts receiving exactly `count` elements; a message of another length fails `wait()`.
    public func startReceive<T: MPIScalar>(
        _ type: T.Type = T.self, count: Int, from rank: Int, tag: Int = 0
    ) throws -> PendingBuffer<T> {
        let peer = try peer(rank, call: "MPI_Irecv")
        let tag = try checkedTag(tag, call: "MPI_Irecv")
        let memory = MessageBuffer<T>(uninitialized: count).release()
        var requests = OutstandingRequests("MPI_Irecv", on: self, peer: rank)
        requests.own(memory)
        for part in Chunks(messageOf: count, limit: countLimit) {
            try requests.post(receiving: part.count, of: T.mpiDatatype) {
                MPI_Irecv(memory.at(part.offset), part.count, T.mpiDatatype.handle, peer, tag, handle, $0)
            }
        }
        return PendingBuffer(requests, memory: memory)
    }

    /// Starts a broadcast; `wait()` returns the root's elements, the same count everywhere.
    public func startBroadcast<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, root: Int
    ) throws -> PendingBuffer<T> {
        let rootRank = try peer(root, call: "MPI_Ibcast")
        let memory = buffer.release()
        var requests = OutstandingRequests("MPI_Ibcast", on: self, peer: root)
        requests.own(memory)
        for part in Chunks(memory.count, limit: countLimit) {
            try requests.post {
                MPI_Ibcast(memory.at(part.offset), part.count, T.mpiDatatype.handle, rootRank, handle, $0)
            }
        }
        return PendingBuffer(requests, memory: memory)
    }

    /// Starts a reduction; `wait()` returns the combined elements in the same buffer.
    public func startAllReduce<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, _ operation: ReduceOperation
    ) throws -> PendingBuffer<T> {
        let memory = buffer.release()
        var requests = OutstandingRequests("MPI_Iallreduce", on: self)
        requests.own(memory)
        for part in Chunks(memory.count, limit: countLimit) {
            try requests.post {
                MPI_Iallreduce(
                    dt_in_place(), memory.at(part.offset), part.count, T.mpiDatatype.handle,
                    operation.handle, handle, $0)
            }
        }
        return PendingBuffer(requests, memory: memory)
    }

    /// Starts a reduction of which `wait()` returns this rank's run of `counts[rank]` elements.
    public func startReduceScatter<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, counts: [Int], _ operation: ReduceOperation
    ) throws -> PendingBuffer<T> {
        let layout = RankLayout(counts: counts, on: self)
        precondition(
            buffer.count == layout.total,
            "reduceScatter of \(buffer.count) elements, counts say \(layout.total)")
        let result = MessageBuffer<T>(uninitialized: counts[rank]).release()
        var requests = OutstandingRequests("MPI_Ireduce_scatter", on: self)
        requests.own(result)
        let source = buffer.release()
        requests.retain(source)
        if let counts = layout.counts32(limit: countLimit) {
            let stable = requests.stable(counts)
            try requests.post {
                MPI_Ireduce_scatter(
                    source.baseAddress, result.baseAddress, stable, T.mpiDatatype.handle, operation.handle,
                    handle, $0)
            }
        } else {
            for (owner, offset, part) in layout.parts(limit: countLimit) {
                try requests.post {
                    MPI_Ireduce(
                        source.at(offset), owner == rank ? result.at(part.offset) : nil, part.count,
                        T.mpiDatatype.handle, operation.handle, Int32(owner), handle, $0)
                }
            }
        }
        return PendingBuffer(requests, memory: result)
    }

    /// Starts gathering everywhere; `wait()` returns all ranks' elements, `counts[r]` from rank r, in rank order.
    public func startAllGather<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, counts: [Int]
    ) throws -> PendingBuffer<T> {
        let layout = RankLayout(counts: counts, on: self)
        precondition(
            buffer.count == counts[rank], "allGather of \(buffer.count) elements, counts say \(counts[rank])")
        let result = MessageBuffer<T>(uninitialized: layout.total).release()
        var requests = OutstandingRequests("MPI_Iallgatherv", on: self)
        requests.own(result)
        let source = buffer.release()
        requests.retain(source)
        if let counts = layout.counts32(limit: countLimit) {
            let stableCounts = requests.stable(counts)
            let stableOffsets = requests.stable(layout.offsets32)
            try requests.post {
                MPI_Iallgatherv(
                    source.baseAddress, counts[rank], T.mpiDatatype.handle, result.baseAddress, stableCounts,
                    stableOffsets, T.mpiDatatype.handle, handle, $0)
            }
        } else {
            result.copy(UnsafeBufferPointer(source), at: layout.offsets[rank])
            for (owner, offset, part) in layout.parts(limit: countLimit) {
                try requests.post {
                    MPI_Ibcast(result.at(offset), part.count, T.mpiDatatype.handle, Int32(owner), handle, $0)
                }
            }
        }
        return PendingBuffer(requests, memory: result)
    }

    /// Starts gathering everywhere with the same count from each rank.
    public func startAllGather<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>
    ) throws -> PendingBuffer<T> {
        let counts = Array(repeating: buffer.count, count: size)
        return try startAllGather(buffer, counts: counts)
    }

    /// Starts an exchange of equal runs; the buffer's run r goes to rank r, `wait()` returns one run from each.
    public func startAllToAll<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>
    ) throws -> PendingBuffer<T> {
        precondition(buffer.count % size == 0, "allToAll of \(buffer.count) elements on \(size) ranks")
        let counts = Array(repeating: buffer.count / size, count: size)
        return try startAllToAll(buffer, sending: counts, receiving: counts)
    }

    /// Starts an exchange of `sending[r]` elements to rank r against `receiving[r]` from it, in rank order.
    public func startAllToAll<T: MPIScalar>(
        _ buffer: consuming MessageBuffer<T>, sending: [Int], receiving: [Int]
    ) throws -> PendingBuffer<T> {
        let total = receiving.reduce(0, +)
        var plan = try AllToAllPlan<T>(
            sending: sending, sourceCount: buffer.count, receiving: receiving, resultCount: total, on: self)
        let result = MessageBuffer<T>(uninitialized: total).release()
        var requests = OutstandingRequests("MPI_Ialltoallw", on: self)
        requests.own(result)
        let source = buffer.release()
        requests.retain(source)
        let sendCounts = requests.stable(plan.send.counts)
        let sendOffsets = requests.stable(plan.send.offsets)
        let sendTypes = requests.stable(plan.send.types)
        let receiveCounts = requests.stable(plan.receive.counts)
        let receiveOffsets = requests.stable(plan.receive.offsets)
        let receiveTypes = requests.stable(plan.receive.types)
        requests.retain(plan.takeDerivedTypes())
        try requests.post {
            MPI_Ialltoallw(
                source.baseAddress, sendCounts, sendOffsets, sendTypes, result.baseAddress, receiveCounts,
                receiveOffsets, receiveTypes, handle, $0)
        }
        return PendingBuffer(requests, memory: result)
    }
}

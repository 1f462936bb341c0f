internal import CMPI

// A message of any length travels as the parts of `Chunks(messageOf:limit:)`: MPI keeps messages of one
// sender, tag and communicator in order, so the receiver reads parts until one is short.

extension Communicator {
    /// Sends elements to a rank; returns when the memory may be reused.
    public func send<T: MPIScalar>(_ source: UnsafeBufferPointer<T>, to rank: Int, tag: Int = 0) throws {
        let peer = try peer(rank, call: "MPI_Send")
        let tag = try checkedTag(tag, call: "MPI_Send")
        for part in Chunks(messageOf: source.count, limit: countLimit) {
            try waiting(
                MPI_Send(source.at(part.offset), part.count, T.mpiDatatype.handle, peer, tag, handle),
                "MPI_Send", peer: rank)
        }
    }

    /// Sends an array to a rank; returns when MPI no longer reads its elements.
    public func send<T: MPIScalar>(_ values: [T], to rank: Int, tag: Int = 0) throws {
        try values.withUnsafeBufferPointer { try send($0, to: rank, tag: tag) }
    }

    /// Receives at most `destination.count` elements; nil as source or tag means any.
    ///
    /// A longer message throws an error of class `truncated`.
    @discardableResult
    public func receive<T: MPIScalar>(
        into destination: UnsafeMutableBufferPointer<T>, from rank: Int? = nil, tag: Int? = nil
    ) throws -> MessageStatus {
        var peer = try rank.map { try self.peer($0, call: "MPI_Recv") } ?? dt_any_source()
        var tagCode = try tag.map { try checkedTag($0, call: "MPI_Recv") } ?? dt_any_tag()
        var received = 0
        while true {
            let room = Int32(Swift.min(destination.count - received, countLimit))
            var status = MPI_Status()
            try waiting(
                MPI_Recv(
                    destination.at(received), room, T.mpiDatatype.handle, peer, tagCode, handle, &status),
                "MPI_Recv", peer: rank)
            let count = try elementCount(of: &status, as: T.mpiDatatype, call: "MPI_Recv")
            received += count
            if count < countLimit {
                return MessageStatus(
                    source: Int(status.MPI_SOURCE), tag: Int(status.MPI_TAG), count: received)
            }
            // The other parts of this message come from whoever sent the first.
            peer = status.MPI_SOURCE
            tagCode = status.MPI_TAG
        }
    }

    /// Receives at most `count` elements as an array of what arrived; nil as source or tag means any.
    public func receive<T: MPIScalar>(
        _ type: T.Type = T.self, count: Int, from rank: Int? = nil, tag: Int? = nil
    ) throws -> [T] {
        try [T](unsafeUninitializedCapacity: count) { memory, initialized in
            let room = UnsafeMutableBufferPointer(rebasing: memory[..<count])
            initialized = try receive(into: room, from: rank, tag: tag).count
        }
    }

    /// Sends to one rank and receives from another at once, without the deadlock of two blocking calls.
    @discardableResult
    public func sendReceive<T: MPIScalar>(
        _ source: UnsafeBufferPointer<T>, to target: Int, sendTag: Int = 0,
        into destination: UnsafeMutableBufferPointer<T>, from origin: Int, receiveTag: Int = 0
    ) throws -> MessageStatus {
        let sendPeer = try peer(target, call: "MPI_Sendrecv")
        let sendTag = try checkedTag(sendTag, call: "MPI_Sendrecv")
        let receivePeer = try peer(origin, call: "MPI_Sendrecv")
        let receiveCode = try checkedTag(receiveTag, call: "MPI_Sendrecv")
        var parts = Chunks(messageOf: source.count, limit: countLimit)
        var received = 0
        var isReceived = false
        // Round k carries part k both ways; a direction that has ended has the null process as its peer.
        while true {
            let part = parts.next()
            if part == nil && isReceived { break }
            let room = isReceived ? 0 : Int32(Swift.min(destination.count - received, countLimit))
            var status = MPI_Status()
            try waiting(
                MPI_Sendrecv(
                    source.at(part?.offset ?? 0), part?.count ?? 0, T.mpiDatatype.handle,
                    part == nil ? dt_proc_null() : sendPeer, sendTag,
                    destination.at(received), room, T.mpiDatatype.handle,
                    isReceived ? dt_proc_null() : receivePeer, receiveCode, handle, &status),
                "MPI_Sendrecv", peer: origin)
            if isReceived { continue }
            let count = try elementCount(of: &status, as: T.mpiDatatype, call: "MPI_Sendrecv")
            received += count
            isReceived = count < countLimit
        }
        return MessageStatus(source: origin, tag: receiveTag, count: received)
    }

    /// Sends an array to one rank and returns at most `count` elements from another.
    public func sendReceive<T: MPIScalar>(
        _ values: [T], to target: Int, receiving count: Int, from origin: Int, tag: Int = 0
    ) throws -> [T] {
        try [T](unsafeUninitializedCapacity: count) { memory, initialized in
            let room = UnsafeMutableBufferPointer(rebasing: memory[..<count])
            initialized = try values.withUnsafeBufferPointer {
                try sendReceive($0, to: target, sendTag: tag, into: room, from: origin, receiveTag: tag).count
            }
        }
    }

    /// How many elements of a type a finished receive got; throws if it is not a whole number.
    func elementCount(of status: inout MPI_Status, as type: MPIDatatype, call: String) throws -> Int {
        var count: Int32 = 0
        try check(MPI_Get_count(&status, type.handle, &count), "MPI_Get_count", on: self)
        if count < 0 {
            throw MPIError(
                .datatype, "the message is not a whole number of elements", call: call, on: self,
                peer: Int(status.MPI_SOURCE))
        }
        return Int(count)
    }
}

extension UnsafeBufferPointer {
    /// The address of an element, nil in an empty buffer.
    func at(_ offset: Int) -> UnsafePointer<Element>? { baseAddress.map { $0 + offset } }
}

extension UnsafeMutableBufferPointer {
    /// The address of an element, nil in an empty buffer.
    func at(_ offset: Int) -> UnsafeMutablePointer<Element>? { baseAddress.map { $0 + offset } }

    /// Copies elements to a position; nothing happens for an empty source.
    func copy(_ source: UnsafeBufferPointer<Element>, at offset: Int) {
        if let from = source.baseAddress, let to = at(offset) { to.update(from: from, count: source.count) }
    }
}

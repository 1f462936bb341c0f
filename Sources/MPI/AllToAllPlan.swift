internal import CMPI

/// The arguments of an all-to-all with its own count for every pair of ranks.
///
/// A rank knows only its own counts, so ranks cannot agree on a number of rounds. Instead a run whose length
/// or byte displacement passes the limit is described by a datatype built from 64-bit displacements; MPI
/// matches elements, not descriptions, so the other side may use a plain count.
struct AllToAllPlan<T: MPIScalar>: ~Copyable {
    /// One direction: for each rank a count, a byte displacement and a type.
    struct Side {
        var counts = [Int32]()
        var offsets = [Int32]()
        var types = [MPI_Datatype?]()
        var derived = [MPI_Datatype]()
    }

    private(set) var send: Side
    private(set) var receive: Side

    /// Checks the counts against the buffers and describes both directions; throws if MPI refuses a datatype.
    init(
        sending: [Int], sourceCount: Int, receiving: [Int], resultCount: Int, on communicator: Communicator
    ) throws {
        let source = RankLayout(counts: sending, on: communicator)
        let result = RankLayout(counts: receiving, on: communicator)
        precondition(
            source.total == sourceCount && result.total == resultCount,
            """
            allToAll of \(sourceCount) elements into \(resultCount), counts say \(source.total) and \
            \(result.total)
            """)
        let send = try Self.side(source, on: communicator)
        do {
            receive = try Self.side(result, on: communicator)
        } catch {
            Self.free(send.derived)
            throw error
        }
        self.send = send
    }

    deinit {
        Self.free(send.derived)
        Self.free(receive.derived)
    }

    /// Hands over the derived datatypes, which the caller frees when a non-blocking operation has ended.
    mutating func takeDerivedTypes() -> [MPI_Datatype] {
        let types = send.derived + receive.derived
        send.derived = []
        receive.derived = []
        return types
    }

    private static func side(_ layout: RankLayout, on communicator: Communicator) throws -> Side {
        var side = Side()
        let stride = MemoryLayout<T>.stride
        for (count, offset) in zip(layout.counts, layout.offsets) {
            if count <= communicator.countLimit && offset * stride <= communicator.countLimit {
                side.counts.append(Int32(count))
                side.offsets.append(Int32(offset * stride))
                side.types.append(T.mpiDatatype.handle)
                continue
            }
            do {
                let type = try derivedType(count: count, offset: offset, on: communicator)
                side.derived.append(type)
                side.types.append(type)
            } catch {
                free(side.derived)
                throw error
            }
            side.counts.append(1)
            side.offsets.append(0)
        }
        return side
    }

    // `count` elements that start `offset` elements after the buffer's address.
    private static func derivedType(
        count: Int, offset: Int, on communicator: Communicator
    ) throws -> MPI_Datatype {
        let parts = Array(Chunks(count, limit: communicator.countLimit))
        let lengths = parts.map(\.count)
        let displacements = parts.map { (offset + $0.offset) * MemoryLayout<T>.stride }
        let number = try communicator.narrow(parts.count, "part count", call: "MPI_Type_create_hindexed")
        var made: MPI_Datatype?
        try check(
            MPI_Type_create_hindexed(number, lengths, displacements, T.mpiDatatype.handle, &made),
            "MPI_Type_create_hindexed", on: communicator)
        guard let type = made else {
            throw MPIError(
                .datatype, "no datatype was made", call: "MPI_Type_create_hindexed", on: communicator)
        }
        do {
            try check(MPI_Type_commit(&made), "MPI_Type_commit", on: communicator)
        } catch {
            free([type])
            throw error
        }
        return type
    }

    private static func free(_ types: [MPI_Datatype]) {
        for type in types {
            var handle: MPI_Datatype? = type
            _ = MPI_Type_free(&handle)
        }
    }
}

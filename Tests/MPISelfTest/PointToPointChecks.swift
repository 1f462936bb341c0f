import MPI

extension Checks {
    /// Messages between neighbours on the ring of ranks, and the errors of impossible ones.
    func pointToPoint() throws {
        let world = world
        let rank = world.rank
        let size = world.size
        let next = (rank + 1) % size
        let previous = (rank + size - 1) % size

        try run("send and receive") {
            if rank == 0 {
                for target in 1..<max(size, 1) where target < size {
                    // Lengths around multiples of the tiny count limits, so that parts of every kind occur.
                    for count in [0, 1, 6, 7, 8, 14, 20] {
                        try world.send((0..<count).map { target * 100 + $0 }, to: target, tag: count)
                    }
                }
            } else {
                for count in [0, 1, 6, 7, 8, 14, 20] {
                    let found = try world.receive(Int.self, count: 40, from: 0, tag: count)
                    try equal(found, (0..<count).map { rank * 100 + $0 }, "message of \(count)")
                }
            }
        }
        try run("receive from any") {
            if rank > 0 {
                try world.send([Float](repeating: Float(rank), count: 9 + rank), to: 0, tag: 5 + rank)
            } else {
                var sources = [Int]()
                var room = [Float](repeating: 0, count: 64)
                for _ in 1..<max(size, 1) where size > 1 {
                    let status = try room.withUnsafeMutableBufferPointer { try world.receive(into: $0) }
                    try equal(status.count, 9 + status.source, "count")
                    try equal(status.tag, 5 + status.source, "tag")
                    try equal(
                        Array(room[..<status.count]),
                        [Float](repeating: Float(status.source), count: status.count), "elements")
                    sources.append(status.source)
                }
                try equal(sources.sorted(), Array(1..<size), "sources")
            }
        }
        try run("send and receive at once") {
            for base in [0, 7, 20] {
                let found = try world.sendReceive(
                    (0..<(base + rank)).map { UInt16(rank * 100 + $0) }, to: next, receiving: 40,
                    from: previous, tag: 3)
                try equal(found, (0..<(base + previous)).map { UInt16(previous * 100 + $0) }, "from before")
            }
        }
        try run("errors are thrown") {
            try throwsError(.rank, "receive from 99") { _ = try world.receive(Int.self, count: 1, from: 99) }
            try throwsError(.rank, "receive from -1") { _ = try world.receive(Int.self, count: 1, from: -1) }
            try throwsError(.rank, "send to 99") { try world.send([1], to: 99) }
            try throwsError(.tag, "negative tag") { try world.send([1], to: 0, tag: -1) }
            try throwsError(.root, "broadcast from 99") { _ = try world.broadcast(1, root: 99) }
            do {
                let pending = try world.startSend(MessageBuffer([1]), to: 99)
                pending.abandon()
                throw Failure(description: "startSend to 99: nothing was thrown")
            } catch let error as MPIError {
                try equal(error.errorClass, .rank, "startSend to 99")
                try equal(error.peer, 99, "peer")
                try equal(error.rank, rank, "rank")
                try equal(error.call, "MPI_Isend", "call")
            }
        }
        try run("too long a message") {
            let pending = try world.startSend(MessageBuffer([1, 2, 3]), to: next)
            if world.countLimit > 3 {
                try throwsError(.truncated, "3 elements into 2") {
                    _ = try world.receive(Int.self, count: 2, from: previous)
                }
            } else {
                _ = try world.receive(Int.self, count: 3, from: previous)
            }
            _ = try pending.wait()
        }
        try requestSets(next: next, previous: previous)
    }

    private func requestSets(next: Int, previous: Int) throws {
        let world = world
        let rank = world.rank
        try run("request set") {
            // A capacity below what is posted, so that growing is covered too.
            var set = RequestSet(capacity: 2)
            let lengths = [0, 1, 7, 8, 30]
            let sent = lengths.map { length in (0..<length).map { UInt8((rank * 50 + length + $0) % 251) } }
            var received = lengths.map { [UInt8](repeating: 255, count: $0) }
            for round in 0..<3 {
                try exchange(&set, sent, &received, to: next, from: previous, round: round)
                let expected = lengths.map { length in
                    (0..<length).map { UInt8((previous * 50 + length + $0) % 251) }
                }
                try equal(received, expected, "round \(round)")
            }
        }
        try run("request set errors") {
            // Throwing calls leave sets that may be dropped.
            try throwsError(.rank, "send to 99") {
                var set = RequestSet(capacity: 1)
                try set.send(UnsafeRawBufferPointer(start: nil, count: 0), to: 99, tag: 0, on: world)
            }
            let pending = try world.startSend(MessageBuffer<UInt8>([1, 2]), to: next)
            if world.countLimit > 4 {
                try throwsError(.count, "2 bytes where 4 are expected") {
                    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 8)
                    defer { memory.deallocate() }
                    var set = RequestSet(capacity: 1)
                    try set.receive(into: memory, from: previous, tag: 0, on: world)
                    try set.waitAll()
                }
            } else {
                _ = try world.receive(UInt8.self, count: 2, from: previous)
            }
            _ = try pending.wait()
        }
    }

    private func exchange(
        _ set: inout RequestSet, _ sent: [[UInt8]], _ received: inout [[UInt8]], to next: Int,
        from previous: Int, round: Int
    ) throws {
        // Memory with addresses that stay: the transfers outlive the closures that would lend an array's.
        let outgoing = sent.map { bytes in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
            memory.copyBytes(from: bytes)
            return memory
        }
        let incoming = received.map {
            UnsafeMutableRawBufferPointer.allocate(byteCount: $0.count, alignment: 8)
        }
        defer { for memory in outgoing + incoming { memory.deallocate() } }
        for index in incoming.indices {
            try set.receive(into: incoming[index], from: previous, tag: index, on: world)
        }
        try equal(set.isEmpty, false, "empty while receiving")
        for index in outgoing.indices {
            try set.send(UnsafeRawBufferPointer(outgoing[index]), to: next, tag: index, on: world)
        }
        if round == 1 {
            while try !set.testAll() {}
        } else {
            try set.waitAll()
        }
        try equal(set.isEmpty, true, "empty after waiting")
        received = incoming.map { Array($0) }
    }
}

import MPI

extension Checks {
    /// The non-blocking forms, several outstanding at once and waited for out of order.
    func nonBlocking() throws {
        let world = world
        let rank = world.rank
        let size = world.size
        let last = size - 1

        try run("non-blocking broadcast, barrier and all reduce") {
            let first = try world.startBroadcast(
                MessageBuffer((0..<23).map { rank == last ? $0 : -1 }), root: last)
            let reduction = try world.startAllReduce(MessageBuffer((0..<23).map { $0 + rank }), .sum)
            var barrier = try world.startBarrier()
            while try !barrier.test() {}
            try barrier.wait()
            let sum = (0..<size).reduce(0, +)
            try equal(try reduction.wait().array, (0..<23).map { $0 * size + sum }, "sum")
            try equal(try first.wait().array, Array(0..<23), "broadcast")
        }
        try run("non-blocking reduce scatter") {
            let counts = (0..<size).map { 9 - 2 * $0 }
            let total = counts.reduce(0, +)
            let start = counts[..<rank].reduce(0, +)
            let pending = try world.startReduceScatter(
                MessageBuffer((0..<total).map { Int64($0 * 10 + rank) }), counts: counts, .max)
            let expected = (start..<(start + counts[rank])).map { Int64($0 * 10 + last) }
            try equal(try pending.wait().array, expected, "max")
        }
        try run("non-blocking all gather") {
            let counts = (0..<size).map { 3 * $0 }
            let even = try world.startAllGather(MessageBuffer([rank, rank + 100]))
            let uneven = try world.startAllGather(
                MessageBuffer(Array(repeating: rank, count: counts[rank])), counts: counts)
            try equal(
                try uneven.wait().array, (0..<size).flatMap { Array(repeating: $0, count: 3 * $0) },
                "own counts")
            try equal(try even.wait().array, (0..<size).flatMap { [$0, $0 + 100] }, "equal counts")
        }
        try run("non-blocking all to all") {
            let sent = (0..<size).flatMap { target in (0..<5).map { UInt64(1000 * rank + 100 * target + $0) }
            }
            let even = try world.startAllToAll(MessageBuffer(sent))
            let (values, sending, receiving, expected) = unevenExchange()
            let uneven = try world.startAllToAll(
                MessageBuffer(values), sending: sending, receiving: receiving)
            let runs = (0..<size).flatMap { from in (0..<5).map { UInt64(1000 * from + 100 * rank + $0) } }
            try equal(try even.wait().array, runs, "equal counts")
            try equal(try uneven.wait().array, expected, "own counts")
        }
        try run("non-blocking send and receive") {
            let next = (rank + 1) % size
            let previous = (rank + size - 1) % size
            for count in [0, 1, 6, 7, 8, 14, 20] {
                let arriving = try world.startReceive(Float.self, count: count, from: previous, tag: 9)
                let leaving = try world.startSend(
                    MessageBuffer((0..<count).map { Float(rank * 100 + $0) }), to: next, tag: 9)
                try equal(
                    try arriving.wait().array, (0..<count).map { Float(previous * 100 + $0) },
                    "message of \(count)")
                try equal(try leaving.wait().count, count, "buffer given back")
            }
        }
    }
}

import MPI

extension Checks {
    /// Blocking collectives, each against a value computed from the ranks alone.
    func collectives() throws {
        let world = world
        let rank = world.rank
        let size = world.size
        let last = size - 1

        try run("broadcast") {
            for root in 0..<size {
                var values = (0..<23).map { rank == root ? Int32($0 * 3 + root) : -1 }
                try world.broadcast(&values, root: root)
                try equal(values, (0..<23).map { Int32($0 * 3 + root) }, "array from \(root)")
            }
            try equal(try world.broadcast(Double(rank) + 0.5, root: last), Double(last) + 0.5, "value")
            var none = [Float]()
            try world.broadcast(&none, root: 0)
        }
        try run("all reduce") {
            let sum = (0..<size).reduce(0, +)
            try equal(
                try world.allReduce((0..<23).map { $0 + rank }, .sum), (0..<23).map { $0 * size + sum }, "sum"
            )
            try equal(try world.allReduce(UInt8(1 << rank), .bitwiseOr), UInt8((1 << size) - 1), "or")
            try equal(try world.allReduce(Int16(rank) - 2, .min), -2, "min")
            try equal(try world.allReduce(Float(rank), .max), Float(last), "max")
            try equal(try world.allReduce(UInt64(2), .product), 1 << UInt64(size), "product")
            try equal(try world.allReduce(Int8(rank == 0 ? 0 : 1), .logicalAnd), 0, "logical and")
            try equal(try world.allReduce([Double](), .sum), [], "no elements")
            try throwsError(.operation, "bitwise or of doubles") {
                _ = try world.allReduce(1.5, .bitwiseOr)
            }
        }
        try run("reduce scatter") {
            for counts in [(0..<size).map { $0 }, (0..<size).map { 9 - 2 * $0 }, (0..<size).map { _ in 4 }] {
                let total = counts.reduce(0, +)
                let start = counts[..<rank].reduce(0, +)
                let found = try world.reduceScatter(
                    (0..<total).map { UInt32($0 * 10 + rank) }, counts: counts, .sum)
                let sum = (0..<size).reduce(0, +)
                let expected = (start..<(start + counts[rank])).map { UInt32($0 * 10 * size + sum) }
                try equal(found, expected, "counts \(counts)")
            }
        }
        try run("all gather") {
            let all = (0..<size).flatMap { owner in (0..<5).map { Float(100 * owner + $0) } }
            try equal(try world.allGather((0..<5).map { Float(100 * rank + $0) }), all, "equal counts")
            try equal(try world.allGather(Int64(rank)), (0..<size).map { Int64($0) }, "one value")
            let counts = (0..<size).map { 3 * $0 }
            let uneven = (0..<size).flatMap { owner in (0..<(3 * owner)).map { UInt16(100 * owner + $0) } }
            let found = try world.allGather(
                (0..<counts[rank]).map { UInt16(100 * rank + $0) }, counts: counts)
            try equal(found, uneven, "own counts")
            try equal(try world.allGather([Int]()), [], "no elements")
        }
        try run("gather") {
            for root in 0..<size {
                let all = (0..<size).flatMap { owner in (0..<5).map { 100 * owner + $0 } }
                let found = try world.gather((0..<5).map { 100 * rank + $0 }, root: root)
                try equal(found, rank == root ? all : nil, "equal counts")
                let counts = (0..<size).map { 7 * ($0 % 2) }
                let uneven = (0..<size).flatMap { owner in (0..<counts[owner]).map { 100 * owner + $0 } }
                let part = try world.gather(
                    (0..<counts[rank]).map { 100 * rank + $0 }, counts: counts, root: root)
                try equal(part, rank == root ? uneven : nil, "own counts")
            }
        }
        try run("all to all") {
            let sent = (0..<size).flatMap { target in (0..<5).map { Int32(1000 * rank + 100 * target + $0) } }
            let expected = (0..<size).flatMap { from in (0..<5).map { Int32(1000 * from + 100 * rank + $0) } }
            try equal(try world.allToAll(sent), expected, "equal counts")
            let (values, sending, receiving, uneven) = unevenExchange()
            try equal(
                try world.allToAll(values, sending: sending, receiving: receiving), uneven, "own counts")
        }
    }

    /// An exchange with another count for every pair: what to send, the counts, what must arrive.
    func unevenExchange() -> (values: [Double], sending: [Int], receiving: [Int], expected: [Double]) {
        func count(_ from: Int, _ to: Int) -> Int { (from + 2 * to) % 3 == 0 ? 0 : 4 * from + to + 1 }
        func run(_ from: Int, _ to: Int) -> [Double] {
            (0..<count(from, to)).map { Double(10_000 * from + 1_000 * to + $0) }
        }
        let ranks = 0..<world.size
        let rank = world.rank
        return (
            ranks.flatMap { run(rank, $0) }, ranks.map { count(rank, $0) }, ranks.map { count($0, rank) },
            ranks.flatMap { run($0, rank) }
        )
    }
}

import MPI

extension Checks {
    /// Shared windows: what one rank stores the others load, ordered by flags, and windows that cannot exist.
    func sharedWindows() throws {
        let node = try world.splitShared()
        let rank = node.rank
        let size = node.size

        try run("shared window") {
            // Another size per rank, none for rank 1, and lengths that are no multiple of anything.
            func bytes(_ rank: Int) -> Int { rank == 1 ? 0 : 4_000 + 13 * rank }
            let window = try SharedWindow(bytes: bytes(rank), on: node)
            for owner in 0..<size {
                let segment = window.segment(ofRank: owner)
                try equal(segment.count, bytes(owner), "size of segment \(owner)")
                try equal(UInt(bitPattern: segment.baseAddress) % 64, 0, "alignment of segment \(owner)")
            }
            let own = window.segment(ofRank: rank)
            for index in own.indices { own[index] = UInt8((index + 7 * rank) % 251) }
            try window.synchronize()
            try node.barrier()
            try window.synchronize()
            for owner in 0..<size {
                let expected = (0..<bytes(owner)).map { UInt8(($0 + 7 * owner) % 251) }
                try equal(Array(window.segment(ofRank: owner)), expected, "segment of \(owner)")
            }
            try node.barrier()
            try window.free()
            try window.free()
        }
        try run("shared flags") {
            let window = try SharedWindow(bytes: rank == 0 ? 256 : 0, on: node)
            guard let base = window.segment(ofRank: 0).baseAddress else {
                throw Failure(description: "no memory")
            }
            let turn = SharedFlag(at: base)
            let total = SharedFlag(at: base + 64)
            let payload = (base + 128).assumingMemoryBound(to: Int.self)
            if rank == 0 {
                turn.store(0)
                total.store(0)
                payload.pointee = 0
            }
            try node.barrier()
            // Ranks take turns by the flag alone: the payload is a plain variable that the flag orders.
            for round in 0..<200 {
                turn.waitAtLeast(UInt64(round * size + rank), spins: 50)
                payload.pointee += rank + 1
                turn.store(UInt64(round * size + rank + 1))
            }
            turn.waitAtLeast(UInt64(200 * size))
            try equal(payload.pointee, 200 * size * (size + 1) / 2, "payload in turns")
            for _ in 0..<1_000 { total.fetchAdd(3) }
            try node.barrier()
            try equal(total.load(), UInt64(3_000 * size), "counter")
            try node.barrier()
            try window.free()
        }
        try run("shared window too large") {
            if size == 1 { return }
            // One rank asks for more than any machine has, and all must hear of it.
            try throwsError(.intern, "a window of 2^50 bytes") {
                _ = try SharedWindow(bytes: rank == size - 1 ? 1 << 50 : 8, on: node)
            }
            let window = try SharedWindow(bytes: 8, on: node)
            try window.free()
        }
    }
}

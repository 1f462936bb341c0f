import MPI

extension Checks {
    /// Splitting, duplicating and freeing communicators.
    func groups() throws {
        let world = world
        let rank = world.rank
        let size = world.size

        try run("split") {
            let parity = rank % 2
            guard let half = try world.split(color: parity, key: -rank) else {
                throw Failure(description: "no group for color \(parity)")
            }
            // Descending keys turn the order around.
            let members = (0..<size).filter { $0 % 2 == parity }.reversed().map { $0 }
            try equal(try half.allGather(rank), members, "members by descending rank")
            try equal(half.rank, members.firstIndex(of: rank), "rank")
            half.free()
            half.free()
            let alone = try world.split(color: rank == 0 ? 0 : nil, key: 0)
            try equal(alone?.size, rank == 0 ? 1 : nil, "group of one")
            try throwsError(.argument, "negative color") { _ = try world.split(color: -5, key: 0) }
        }
        try run("split by shared memory") {
            let node = try world.splitShared()
            try equal(try node.allGather(rank), Array(0..<size), "all ranks of this machine in order")
            try equal(node.countLimit, world.countLimit, "inherited count limit")
        }
        try run("duplicate") {
            let copy = try world.duplicate()
            // The same tag on both: each message must arrive where it was sent.
            let onWorld = try world.startSend(MessageBuffer([1]), to: rank, tag: 1)
            let onCopy = try copy.startSend(MessageBuffer([2]), to: rank, tag: 1)
            try equal(try copy.receive(count: 1, from: rank, tag: 1), [2], "on the copy")
            try equal(try world.receive(count: 1, from: rank, tag: 1), [1], "on the world")
            _ = try onCopy.wait()
            _ = try onWorld.wait()
        }
    }
}

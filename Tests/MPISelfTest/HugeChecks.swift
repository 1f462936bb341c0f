import MPI

extension Checks {
    /// More than 2^31 elements for real, between the first two ranks; about 10 GB of memory.
    func hugeCounts() throws {
        let world = world
        let count = (1 << 31) + 12_345
        func value(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 31 &+ (index >> 20)) }
        let probes = [0, 1, Int(Int32.max) - 1, Int(Int32.max), Int(Int32.max) + 1, count - 2, count - 1]
        try run("broadcast of 2^31 + 12345 bytes") {
            var buffer = MessageBuffer<UInt8>(repeating: 0, count: count)
            if world.rank == 0 { for index in probes { buffer[index] = value(index) } }
            try buffer.withUnsafeMutableBufferPointer { try world.broadcast($0, root: 0) }
            for index in probes { try equal(buffer[index], value(index), "byte \(index)") }
        }
        try run("request set with 2^31 + 12345 bytes") {
            var buffer = MessageBuffer<UInt8>(repeating: 0, count: count)
            if world.rank == 0 { for index in probes { buffer[index] = value(index) } }
            try buffer.withUnsafeMutableBufferPointer { memory in
                var set = RequestSet(capacity: 4)
                let bytes = UnsafeMutableRawBufferPointer(memory)
                if world.rank == 0 { try set.send(UnsafeRawBufferPointer(bytes), to: 1, tag: 2, on: world) }
                if world.rank == 1 { try set.receive(into: bytes, from: 0, tag: 2, on: world) }
                try set.waitAll()
            }
            if world.rank < 2 {
                for index in probes { try equal(buffer[index], value(index), "byte \(index)") }
            }
        }
        try run("all to all of 2^31 + 12345 bytes") {
            var sending = [Int](repeating: 0, count: world.size)
            var receiving = sending
            if world.rank == 0 { sending[1] = count }
            if world.rank == 1 { receiving[0] = count }
            var buffer = MessageBuffer<UInt8>(repeating: 0, count: world.rank == 0 ? count : 0)
            if world.rank == 0 { for index in probes { buffer[index] = value(index) } }
            let result = try world.startAllToAll(buffer, sending: sending, receiving: receiving).wait()
            if world.rank == 1 {
                for index in probes { try equal(result[index], value(index), "byte \(index)") }
            }
        }
    }
}

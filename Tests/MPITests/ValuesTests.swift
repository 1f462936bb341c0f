import Testing

@testable import MPI

/// What can be told of the wrapper without starting MPI.
@Suite struct ValuesTests {
    static let abortCodes: [(Int, Int32)] = [
        (.min, 1), (-1, 1), (0, 1), (1, 1), (75, 75), (125, 125), (126, 125), (256, 125), (.max, 125),
    ]

    @Test("abort codes are forced into 1...125", arguments: abortCodes)
    func abortStatus(_ code: Int, _ status: Int32) {
        #expect(Communicator.abortStatus(code) == status)
    }

    @Test("the library's version is known before initialization")
    func libraryVersion() {
        #expect(MPIRuntime.libraryVersion.contains("Open MPI"))
    }

    @Test("thread levels keep MPI's order")
    func threadLevels() {
        #expect(ThreadLevel.allCases.map(\.code) == ThreadLevel.allCases.map(\.code).sorted())
        #expect(ThreadLevel.allCases.allSatisfy { ThreadLevel(code: $0.code) == $0 })
        #expect(ThreadLevel.single < .multiple)
    }

    @Test("message buffers keep and give back their elements")
    func messageBuffer() {
        var buffer = MessageBuffer([1.5, 2.5])
        buffer[1] = 7
        #expect(buffer.array == [1.5, 7])
        let aligned = buffer.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) % 64 }
        #expect(aligned == 0)
        let empty = MessageBuffer<Int>([])
        #expect(empty.count == 0 && empty.array == [])
    }

    @Test("shared flags load, store, add and wait")
    func sharedFlag() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        defer { memory.deallocate() }
        let flag = SharedFlag(at: memory)
        flag.store(5)
        #expect(flag.fetchAdd(2) == 5)
        #expect(flag.load() == 7)
        flag.waitAtLeast(7)
        flag.waitAtLeast(1, spins: 0)
    }
}

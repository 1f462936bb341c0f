import Testing

@testable import MPI

/// Cutting counts into parts.
@Suite struct ChunksTests {
    static let totals = [0, 1, 6, 7, 8, 14, 100]

    @Test("collective parts cover the count once, in order", arguments: totals, [1, 7, 1000])
    func collective(_ total: Int, _ limit: Int) {
        let parts = Array(Chunks(total, limit: limit))
        #expect(parts.flatMap { $0.offset..<($0.offset + Int($0.count)) } == Array(0..<total))
        #expect(parts.allSatisfy { $0.count > 0 && $0.count <= limit })
    }

    @Test("message parts are full but the last, which is shorter", arguments: totals, [1, 7, 1000])
    func message(_ total: Int, _ limit: Int) {
        let parts = Array(Chunks(messageOf: total, limit: limit))
        #expect(parts.flatMap { $0.offset..<($0.offset + Int($0.count)) } == Array(0..<total))
        #expect(parts.dropLast().allSatisfy { $0.count == limit })
        #expect((parts.last?.count).map { $0 < limit } == true)
    }

    @Test("counts beyond 32 bits")
    func beyond() {
        let limit = Int(Int32.max)
        #expect(
            Array(Chunks(1 << 32, limit: limit)) == [
                .init(offset: 0, count: .max), .init(offset: limit, count: .max),
                .init(offset: 2 * limit, count: 2),
            ])
        #expect(
            Array(Chunks(messageOf: limit, limit: limit)) == [
                .init(offset: 0, count: .max), .init(offset: limit, count: 0),
            ])
    }
}

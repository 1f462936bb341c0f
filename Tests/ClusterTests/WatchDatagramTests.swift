import Cluster
import Testing

/// What watchdogs accept from the network.
@Suite struct WatchDatagramTests {
    private let token: [UInt64] = [0x0123_4567_89ab_cdef, 42]
    private let nodes = [0..<3, 5..<40]

    private func states(_ count: Int) -> [RankState] {
        (0..<count).map { rank in
            var state = RankState()
            state.heartbeat = UInt64(rank + 1) << 33
            state.step = UInt64(rank)
            state.operation = .gradients
            state.examples = .max
            return state
        }
    }

    @Test(arguments: [(0, 3), (1, 2), (5, 1), (24, 16)])
    func roundTrip(_ first: Int, _ count: Int) throws {
        let sent = WatchDatagram(firstRank: first, states: states(count))
        let bytes = sent.bytes(token: token)
        #expect(bytes.count == 32 + 64 * count && bytes[0] == 0xef && bytes[7] == 0x01)
        #expect(WatchDatagram(bytes, token: token, nodes: nodes) == sent)
    }

    /// Any other length, token or rank is dropped.
    @Test func strangers() {
        let bytes = WatchDatagram(firstRank: 5, states: states(2)).bytes(token: token)
        for count in 0..<bytes.count {
            #expect(WatchDatagram(bytes[..<count], token: token, nodes: nodes) == nil, "cut to \(count)")
        }
        for more in 1...72 {
            let longer = bytes + Array(repeating: 0, count: more)
            #expect(WatchDatagram(longer, token: token, nodes: nodes) == nil, "longer by \(more)")
        }
        for bit in 0..<128 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(WatchDatagram(changed, token: token, nodes: nodes) == nil, "bit \(bit) of the token")
        }
        for (first, count) in [(3, 1), (2, 2), (4, 2), (39, 2), (40, 1)] {
            let other = WatchDatagram(firstRank: first, states: states(count)).bytes(token: token)
            #expect(WatchDatagram(other, token: token, nodes: nodes) == nil, "rank \(first)")
        }
        for (place, value) in [(16, UInt8(255)), (23, 255), (24, 0), (24, 3), (24, 255), (31, 128)] {
            var changed = bytes
            changed[place] = value
            #expect(WatchDatagram(changed, token: token, nodes: nodes) == nil, "byte \(place)")
        }
    }
}

import Testing

@testable import Cluster

/// Under which address watchdogs of other hosts reach this one.
@Suite struct HostAddressTests {
    private func address(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, bits: UInt32 = 24) -> HostAddress
    {
        HostAddress(
            address: (a << 24 | b << 16 | c << 8 | d).bigEndian,
            mask: (UInt32.max << (32 - bits)).bigEndian)
    }

    @Test func sharedNetworkComesFirst() {
        let own = [address(192, 168, 7, 3), address(10, 0, 0, 3)]
        #expect(HostAddress.chosen(own, for: [address(10, 0, 0, 4)]) == own[1])
        #expect(HostAddress.chosen(own, for: [address(172, 16, 0, 4)]) == own[0])
    }

    /// The bridge to containers has the same address on every host.
    @Test func commonAddressesLeadNowhere() {
        let bridge = address(172, 17, 0, 1, bits: 16)
        let own = [bridge, address(10, 0, 0, 3)]
        #expect(HostAddress.chosen(own, for: [bridge, address(10, 0, 1, 4)]) == own[1])
        #expect(HostAddress.chosen([bridge], for: [bridge]) == nil)
        #expect(HostAddress.chosen([], for: [bridge]) == nil)
    }

    /// What goes through a socket comes out whole, and only from those who may send.
    @Test func socketsExchangeBytes() throws {
        let first = try #require(WatchSocket(address: HostAddress.loopback))
        let second = try #require(WatchSocket(address: HostAddress.loopback))
        let stranger = try #require(WatchSocket(address: HostAddress.loopback))
        stranger.send([9, 9], to: second.place)
        first.send([1, 2, 3], to: second.place)
        first.send(Array(repeating: 7, count: 100), to: second.place)
        var got: [[UInt8]] = []
        // The system may hand them over a little later.
        for _ in 0..<200 where got.count < 2 {
            second.receive(atMost: 10, limit: 50, from: [first.place]) { got.append(Array($0)) }
        }
        #expect(got == [[1, 2, 3], Array(repeating: 7, count: 51)])
    }
}

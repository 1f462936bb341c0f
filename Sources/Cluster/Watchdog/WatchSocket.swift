import Glibc

/// A UDP socket through which watchdogs of different nodes exchange states; no call waits for it.
final class WatchSocket: Sendable {
    /// Where a watchdog can be reached, both numbers in network byte order.
    struct Place: Codable, Sendable, Hashable {
        let address: UInt32
        let port: UInt16
    }

    /// Where this socket can be reached.
    let place: Place
    private let descriptor: Int32

    /// Opens a socket at an address of this host, with a port that the system chooses; nil on failure.
    init?(address: UInt32) {
        let opened = socket(
            AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard opened >= 0 else { return nil }
        var own = Self.socketAddress(Place(address: address, port: 0))
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(opened, $0, length) == 0 && getsockname(opened, $0, &length) == 0
            }
        }
        guard isBound else {
            close(opened)
            return nil
        }
        descriptor = opened
        place = Place(address: own.sin_addr.s_addr, port: own.sin_port)
    }

    deinit { close(descriptor) }

    /// Sends a datagram; it may be lost.
    func send(_ bytes: [UInt8], to target: Place) {
        var address = Self.socketAddress(target)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Hands over at most `most` received datagrams, those from one of `places`. One of more than `limit` bytes is cut
    /// to a length that no valid datagram has.
    func receive(atMost most: Int, limit: Int, from places: Set<Place>, _ body: (ArraySlice<UInt8>) -> Void) {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        for _ in 0..<most {
            var sender = Self.socketAddress(Place(address: 0, port: 0))
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &sender) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(
                        descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT), $0, &length)
                }
            }
            // Errors of earlier sends are reported here, too. The next look is in a quarter of a second.
            guard count >= 0 else { return }
            if places.contains(Place(address: sender.sin_addr.s_addr, port: sender.sin_port)) {
                body(bytes[..<count])
            }
        }
    }

    private static func socketAddress(_ place: Place) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = place.address
        address.sin_port = place.port
        return address
    }
}

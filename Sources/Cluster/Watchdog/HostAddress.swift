import Glibc

/// An IPv4 address of this host, in network byte order, with its network's mask.
struct HostAddress: Codable, Sendable, Hashable {
    let address: UInt32
    /// Ones at the bits of the network's number.
    let mask: UInt32

    /// The address that reaches only the host itself.
    static let loopback: UInt32 = UInt32(0x7f00_0001).bigEndian

    /// The addresses under which other hosts may reach this one, in the system's order.
    static func all() -> [HostAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [HostAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let flags = Int32(bitPattern: entry.ifa_flags)
            guard flags & Int32(IFF_UP) != 0, flags & Int32(IFF_LOOPBACK) == 0,
                let address = ipv4(entry.ifa_addr)
            else { continue }
            let host = HostAddress(address: address, mask: ipv4(entry.ifa_netmask) ?? 0)
            if !found.contains(host) { found.append(host) }
        }
        return found
    }

    /// The address of `own` under which the host of `peer` reaches it: one on a network that both are on, else the
    /// first. Addresses that both hosts have, such as those of container bridges, are left out.
    static func chosen(_ own: [HostAddress], for peer: [HostAddress]) -> HostAddress? {
        let candidates = own.filter { mine in !peer.contains { $0.address == mine.address } }
        return candidates.first { mine in
            mine.mask != 0
                && peer.contains { $0.mask == mine.mask && $0.address & $0.mask == mine.address & mine.mask }
        } ?? candidates.first
    }

    private static func ipv4(_ address: UnsafeMutablePointer<sockaddr>?) -> UInt32? {
        guard let address, address.pointee.sa_family == sa_family_t(AF_INET) else { return nil }
        return UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
    }
}

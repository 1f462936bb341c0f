import Glibc

/// An IPv4 address of this host, in network byte order, with the part that names its network.
struct HostAddress: Codable, Sendable, Hashable {
    /// The address.
    let address: UInt32
    /// Ones where the network's bits are.
    let mask: UInt32

    /// The address that a host has for itself only.
    static let loopback: UInt32 = UInt32(0x7f00_0001).bigEndian

    /// Addresses under which other hosts may reach this one, in the system's order.
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

    /// The address of a host under which another one reaches it: on a network that both are on if there is one, else
    /// its first. Addresses that both have, such as those of bridges to containers, lead nowhere.
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

/// The checksum of records of event files: CRC-32C (Castagnoli's polynomial, bytes and bits reflected).
///
/// Reference: RFC 3720, "iSCSI", 2004, appendix B.4.
package enum CRC32C {
    /// The change of the checksum for each value of a byte.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { check, _ in check & 1 == 1 ? check >> 1 ^ 0x82F6_3B78 : check >> 1 }
    }

    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var check = UInt32.max
            for byte in bytes { check = check >> 8 ^ table[Int(UInt8(truncatingIfNeeded: check) ^ byte)] }
            return ~check
        }
    }

    /// The checksum as records store it, rotated and with a constant added, because a checksum over bytes that contain
    /// checksums would be weak.
    package static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let check = checksum(bytes)
        return (check >> 15 | check << 17) &+ 0xA282_EAD8
    }
}

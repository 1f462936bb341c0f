/// A sum over the hashes of blocks, each mixed with its place: the same for the same bits, in whatever order and by
/// whichever ranks blocks are added.
///
/// One changed hash always changes the sum: mixing is invertible.
package struct BlockDigest: Sendable, Equatable {
    /// The sum, modulo 2⁶⁴.
    package private(set) var value: UInt64 = 0

    package init() {}

    /// Adds the hash of the block at `place`.
    package mutating func add(_ hash: UInt64, at place: Int) {
        value &+= Self.mixed(hash ^ Self.mixed(UInt64(bitPattern: Int64(place)) &+ 0x9E37_79B9_7F4A_7C15))
    }

    /// The finish of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
    private static func mixed(_ bits: UInt64) -> UInt64 {
        var mixed = bits
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

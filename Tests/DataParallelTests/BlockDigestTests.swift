import DataParallel
import Testing

/// The sum over hashes of blocks.
@Suite struct BlockDigestTests {
    /// Blocks may come in any order and from any number of ranks, but have places.
    @Test func digestOfBlocks() {
        let hashes: [UInt64] = [5, 5, 0, .max, 17]
        func digest(_ order: [Int]) -> UInt64 {
            var digest = BlockDigest()
            for place in order { digest.add(hashes[place], at: place) }
            return digest.value
        }
        let whole = digest([0, 1, 2, 3, 4])
        #expect(digest([3, 1, 4, 2, 0]) == whole)
        #expect(digest([0, 2, 4]) &+ digest([3, 1]) == whole)
        var swapped = BlockDigest()
        for (place, hash) in [5, 5, 0, 17, UInt64.max].enumerated() { swapped.add(hash, at: place) }
        #expect(swapped.value != whole)
        for bit in 0..<64 {
            var changed = BlockDigest()
            for (place, hash) in hashes.enumerated() {
                changed.add(place == 2 ? hash ^ 1 << UInt64(bit) : hash, at: place)
            }
            #expect(changed.value != whole)
        }
    }
}

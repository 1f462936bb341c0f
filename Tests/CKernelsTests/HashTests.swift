import CKernels
import Testing

/// Hashes of blocks: the same on every instruction set, and no lone fault passes unseen.
@Suite struct HashTests {
    /// The hash of `x`, which all variants have to agree on.
    private static func hash(_ x: [Float]) -> UInt64 {
        let baseline = dt_kernels_for(DT_ISA_BASELINE).pointee.hash(Int64(x.count), x)
        for variant in KernelVariant.all.dropFirst() {
            #expect(
                variant.table.hash(Int64(x.count), x) == baseline,
                "\(x.count) elements: \(variant.testDescription)")
        }
        return baseline
    }

    private static func numbers(_ count: Int, seed: UInt64 = 7) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        return (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.bits())) }
    }

    /// The construction, word by word: lanes as scalars in four chains of sixteen.
    private static func reference(_ x: [Float]) -> UInt64 {
        func step(_ h: UInt32, _ x: UInt32) -> UInt32 { ((h << 13 | h >> 19) ^ x) &* 0x9E37_79B1 }
        var chains = (1...64).map { (place: UInt32) -> UInt32 in place &* 0x85EB_CA77 }
        for start in stride(from: 0, to: x.count, by: 16) {
            for lane in 0..<16 {
                let word = start + lane < x.count ? x[start + lane].bitPattern : 0
                let chain = start / 16 % 4 * 16 + lane
                chains[chain] = step(chains[chain], word)
            }
        }
        let folded = (0..<16).map { lane -> UInt32 in
            var h = chains[lane]
            for chain in 1..<4 { h = step(h, chains[chain * 16 + lane]) }
            h ^= h >> 15
            return h &* 0x2C1B_3C6D
        }
        var h = UInt64(x.count) &* 0x9E37_79B9_7F4A_7C15
        for lane in stride(from: 0, to: 16, by: 2) {
            let pair = UInt64(folded[lane]) | UInt64(folded[lane + 1]) << 32
            let turned: UInt64 = h << 29 | h >> 35
            h = (turned ^ pair) &* 0x9E37_79B9_7F4A_7C15
        }
        h ^= h >> 30
        h = h &* 0xBF58_476D_1CE4_E5B9
        h ^= h >> 27
        h = h &* 0x94D0_49BB_1331_11EB
        return h ^ h >> 31
    }

    @Test(arguments: [0, 1, 2, 15, 16, 17, 48, 63, 64, 65, 79, 127, 128, 1000, 4095, 4096])
    func likeTheReference(count: Int) {
        let x = Self.numbers(count)
        #expect(Self.hash(x) == Self.reference(x))
        // Elements behind the last are not looked at, and no alignment is needed.
        let longer = Self.numbers(3, seed: 1) + x + Self.numbers(3, seed: 2)
        longer.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for variant in KernelVariant.all {
                #expect(variant.table.hash(Int64(count), base + 3) == Self.reference(x))
            }
        }
    }

    /// Every bit of blocks of several lengths, full ones included, in numbers at random, zeros and ones.
    @Test(arguments: [1, 17, 100, 4096]) func everyBit(count: Int) {
        for x in [Self.numbers(count), Array(repeating: 0, count: count), Array(repeating: 1, count: count)] {
            let whole = Self.hash(x)
            for variant in KernelVariant.all {
                var changed = x
                let missed = (0..<32 * count).count { bit in
                    let element = bit / 32
                    changed[element] = Float(bitPattern: x[element].bitPattern ^ 1 << UInt32(bit % 32))
                    defer { changed[element] = x[element] }
                    return variant.table.hash(Int64(count), changed) == whole
                }
                #expect(missed == 0, "\(missed) bits of \(count) elements")
            }
        }
    }

    /// Where values stand, how many zeros follow, and NaN's payload all count; two faults of one bit each do not cancel.
    @Test func whatElseCounts() {
        var seen: Set<UInt64> = []
        var x = Self.numbers(256)
        let whole = Self.hash(x)
        for (a, b) in [(0, 1), (0, 16), (0, 64), (5, 69), (63, 64), (0, 255), (200, 240)] {
            x.swapAt(a, b)
            #expect(Self.hash(x) != whole)
            seen.insert(Self.hash(x))
            x.swapAt(a, b)
        }
        for count in 0...130 { seen.insert(Self.hash(Array(repeating: 0, count: count))) }
        #expect(seen.count == 7 + 131)
        let quiet = Float(bitPattern: 0x7FC0_0000), other = Float(bitPattern: 0x7FC0_0001)
        #expect(Self.hash([quiet]) != Self.hash([other]) && Self.hash([0.0]) != Self.hash([-0.0]))
        var pairs: Set<UInt64> = []
        let zeros = [Float](repeating: 0, count: 192)
        for first in 0..<192 {
            for second in [(first + 64) % 192, (first + 128) % 192, (first + 1) % 192] where second > first {
                var both = zeros
                both[first] = Float(bitPattern: 0x8000_0000)
                both[second] = Float(bitPattern: 0x8000_0000)
                pairs.insert(Self.hash(both))
            }
        }
        #expect(!pairs.contains(Self.hash(zeros)))
        #expect(pairs.count == 64 + 128 + 191)
    }
}

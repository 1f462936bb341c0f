import CKernels
import Testing

/// Rounding and sums in bfloat16 against a plain reference, with every instruction set the same bits.
@Suite struct BFloat16Tests {
    /// The bfloat16 nearest to x, ties to even, by comparing the two neighbours in Float64.
    private static func nearest(_ x: Double) -> Float {
        // As Float32 x may have been rounded up to a neighbour; the lower one is found from there.
        let near = Float(x)
        guard near.isFinite || x.isFinite else { return near }
        var lower = Float(bitPattern: near.bitPattern & 0xFFFF_0000)
        if near.isInfinite { lower = Float(bitPattern: (near.sign == .minus ? 0xFF7F_0000 : 0x7F7F_0000)) }
        if Double(lower).magnitude > x.magnitude {
            lower = Float(bitPattern: lower.bitPattern - 0x0001_0000)
        }
        let upper = Float(bitPattern: lower.bitPattern + 0x0001_0000)
        // Beyond the largest bfloat16 comes 2^128, which is called infinity.
        let upperValue = upper.isInfinite ? (x < 0 ? -0x1p128 : 0x1p128) : Double(upper)
        let below = (x - Double(lower)).magnitude
        let above = (upperValue - x).magnitude
        if below == above { return lower.bitPattern & 0x0001_0000 == 0 ? lower : upper }
        return below < above ? lower : upper
    }

    /// Every exponent and sign with the kept halves and dropped halves where rounding changes its mind.
    private static let patterns: [Float] = {
        var numbers = TestNumbers(seed: 31)
        var values: [Float] = []
        for upper in stride(from: UInt32(0), through: 0xFFFF, by: 37) {
            for lower: UInt32 in [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
                values.append(Float(bitPattern: upper << 16 | lower))
            }
            values.append(Float(bitPattern: UInt32(truncatingIfNeeded: numbers.bits())))
        }
        for upper: UInt32 in [
            0, 1, 0x7F, 0x80, 0x7F7E, 0x7F7F, 0x7F80, 0x7F81, 0x7FBF, 0x7FC0, 0x7FFF, 0xFF80,
        ] {
            for lower: UInt32 in [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
                values.append(Float(bitPattern: upper << 16 | lower))
                values.append(Float(bitPattern: (upper | 0x8000) << 16 | lower))
            }
        }
        return values
    }()

    private static func rounded(_ x: [Float]) -> [Float] {
        agreeing("round_bfloat16") { kernels in
            written(x.count) { y in
                y.update(from: x, count: x.count)
                kernels.round_bfloat16(Int64(x.count), y)
            }
        }
    }

    @Test func rounding() {
        let x = Self.patterns
        let result = Self.rounded(x)
        for (x, y) in zip(x, result) {
            if x.isNaN {
                #expect(y.isNaN)
            } else {
                #expect(y.bitPattern == Self.nearest(Double(x)).bitPattern, "\(x.bitPattern)")
            }
            #expect(y.bitPattern & 0xFFFF == 0)
        }
        #expect(bits(Self.rounded(result)) == bits(result))
        // Ties go to the even neighbour, and the largest Float32 beyond all bfloat16 numbers.
        #expect(
            Self.rounded([1 + 0x1p-8, 1 + 0x3p-8, -.greatestFiniteMagnitude, .infinity])
                == [1, 1 + 0x1p-6, -.infinity, .infinity])
    }

    @Test(arguments: testedCounts) func sums(count: Int) {
        var numbers = TestNumbers(seed: 32)
        func values() -> [Float] {
            (0..<count).map { _ in Self.patterns[Int(numbers.bits() % UInt64(Self.patterns.count))] }
        }
        let (a, b) = (values(), values())
        let (left, right) = (Self.rounded(a), Self.rounded(b))
        let expected = zip(left, right).map { left, right in
            left.isFinite && right.isFinite ? Self.nearest(Double(left) + Double(right)) : left + right
        }
        let result = agreeing("add_bfloat16") { k in
            written(count) { k.add_bfloat16(Int64(count), a, b, $0) }
        }
        #expect(bits(result) == bits(expected))
        for variant in KernelVariant.all {
            var inPlace = a, other = b
            inPlace.withUnsafeMutableBufferPointer {
                variant.table.add_bfloat16(Int64(count), $0.baseAddress, b, $0.baseAddress)
            }
            other.withUnsafeMutableBufferPointer {
                variant.table.add_bfloat16(Int64(count), a, $0.baseAddress, $0.baseAddress)
            }
            #expect(bits(inPlace) == bits(expected) && bits(other) == bits(expected))
        }
    }

    /// Values of like size, whose sums are ties and near ties.
    @Test func sumsOfLikeSize() {
        var numbers = TestNumbers(seed: 33)
        let a = Self.rounded(numbers.floats(5000, -1...1)), b = Self.rounded(numbers.floats(5000, -1...1))
        let result = agreeing("add_bfloat16") { k in written(5000) { k.add_bfloat16(5000, a, b, $0) } }
        #expect(result == zip(a, b).map { Self.nearest(Double($0) + Double($1)) })
    }

    @Test(arguments: testedCounts + [31, 33, 48]) func packing(count: Int) {
        var numbers = TestNumbers(seed: 34)
        let x = Self.rounded(
            (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.bits())) })
        for variant in KernelVariant.all {
            var packed = [UInt16](repeating: 7, count: count + 1)
            variant.table.to_bf16(Int64(count), x, &packed)
            #expect(packed == x.map { UInt16($0.bitPattern >> 16) } + [7])
            #expect(
                bits(written(count) { variant.table.from_bf16(Int64(count), packed, $0) }) == bits(x))

            // In place: packed to the lower half, moved to the upper half, unpacked from there.
            var both = x
            both.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let floats = base.assumingMemoryBound(to: Float.self)
                variant.table.to_bf16(Int64(count), floats, base.assumingMemoryBound(to: UInt16.self))
                (base + 2 * count).copyMemory(from: base, byteCount: 2 * count)
                variant.table.from_bf16(
                    Int64(count), (base + 2 * count).assumingMemoryBound(to: UInt16.self), floats)
            }
            #expect(bits(both) == bits(x), "\(variant.testDescription)")
        }
    }
}

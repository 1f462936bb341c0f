import CKernels
import Testing

/// Values stored as bfloat16, and what a kernel makes of them by definition: what it makes of the same values in Float32,
/// rounded once.
enum StoredBFloat16 {
    /// What is stored for x, by the rounding that BFloat16Tests holds against a plain reference.
    static func rounded(_ x: [Float]) -> [UInt16] {
        var rounded = x
        dt_kernels_for(DT_ISA_BASELINE).pointee.round_bfloat16(Int64(x.count), &rounded)
        return rounded.map { UInt16($0.bitPattern >> 16) }
    }

    /// The values that are stored.
    static func widened(_ x: [UInt16]) -> [Float] { x.map { Float(bitPattern: UInt32($0) << 16) } }

    /// `count` stored numbers in range, one in eight of them a special one if asked: zeros, infinities, NaNs with every
    /// payload, the smallest and the largest.
    static func numbers(
        _ count: Int, _ range: ClosedRange<Double>, seed: UInt64, special: Bool = false
    ) -> [UInt16] {
        var numbers = TestNumbers(seed: seed)
        var x = rounded(numbers.floats(count, range))
        for i in x.indices where special && numbers.bits() % 8 == 0 {
            x[i] = specials[Int(numbers.bits() % UInt64(specials.count))]
        }
        return x
    }

    private static let specials: [UInt16] = [
        0, 0x8000, 1, 0x8001, 0x7F, 0x80, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0xFFC0, 0x7FFF, 0xFFFF,
    ]

    /// `count` Float32 numbers in range, with NaNs whose payload would carry if it were rounded, zeros and infinities
    /// among them if asked: parameters, which are never stored as bfloat16.
    static func parameters(
        _ count: Int, _ range: ClosedRange<Double>, seed: UInt64, special: Bool
    ) -> [Float] {
        var numbers = TestNumbers(seed: seed)
        let special: [Float] =
            special
            ? [
                Float(bitPattern: 0x7FFF_FFFF), Float(bitPattern: 0xFFFF_FFFF), -0.0, 0, .infinity,
                -.infinity,
            ] : []
        return numbers.floats(count, range).map { value in
            let choice = Int(numbers.bits() % 64)
            return special.indices.contains(choice) ? special[choice] : value
        }
    }

    /// The bit patterns, all NaNs taken as one.
    static func bits(_ x: [UInt16]) -> [UInt16] { x.map { $0 & 0x7FFF > 0x7F80 ? 0x7FC0 : $0 } }

    /// `count` elements that `body` writes, NaN before so that an unwritten element shows; one more behind them must
    /// still be as it was.
    static func written(_ count: Int, _ body: (UnsafeMutablePointer<UInt16>) -> Void) -> [UInt16] {
        var y = [UInt16](repeating: 0x7FED, count: count + 1)
        y.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
        #expect(y[count] == 0x7FED, "wrote past the end of \(count) elements")
        return Array(y.prefix(count))
    }

    /// A copy of x that `body` changes in place.
    static func changed(_ x: [UInt16], _ body: (UnsafeMutablePointer<UInt16>) -> Void) -> [UInt16] {
        written(x.count) { y in
            y.update(from: x, count: x.count)
            body(y)
        }
    }
}

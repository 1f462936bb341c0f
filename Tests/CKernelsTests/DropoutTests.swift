import CKernels
import Testing

/// Dropout against the scalar generator, word by word.
@Suite struct DropoutTests {
    private static let key = dt_philox_key(word: (0x1234_5678, 0x9ABC_DEF0))
    private static let tag: UInt32 = 77

    /// Far apart, negative and above 2^32: both words of the index must count.
    private static let examples: [Int64] = [0, 1, 5_000_000_000, 5, -1]

    private static func expectedMask(_ width: Int, _ rate: Float) -> [Float] {
        examples.flatMap { example in
            (0..<width).map { e in
                let index = UInt64(bitPattern: example)
                let counter = dt_philox_block(
                    word: (UInt32(e / 4), tag, UInt32(truncatingIfNeeded: index), UInt32(index >> 32)))
                let block = dt_philox(key, counter).word
                let word = [block.0, block.1, block.2, block.3][e % 4]
                return Double(word) >= Double(rate) * 0x1p32 ? Float(1 / (1 - Double(rate))) : 0
            }
        }
    }

    /// The words Random123 publishes for Philox4x32-10 (its kat_vectors): zeros, ones, and pi.
    @Test func generatorMatchesPublishedVectors() {
        func words(_ c: (UInt32, UInt32, UInt32, UInt32), _ k: (UInt32, UInt32)) -> [UInt32] {
            let w = dt_philox(dt_philox_key(word: k), dt_philox_block(word: c)).word
            return [w.0, w.1, w.2, w.3]
        }
        #expect(words((0, 0, 0, 0), (0, 0)) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            words((.max, .max, .max, .max), (.max, .max)) == [
                0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd,
            ])
        #expect(
            words((0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), (0xa409_3822, 0x299f_31d0))
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test(arguments: [0, 1, 3, 4, 15, 16, 17, 31, 32, 33, 63, 1000], [0, 0.1, 0.5, 0.999] as [Float])
    func maskIsTheScalarDefinition(width: Int, rate: Float) {
        let n = Int64(Self.examples.count), w = Int64(width), count = width * Self.examples.count
        let mask = agreeing("mask") { t in
            written(count) { t.dropout_mask(Self.key, Self.tag, Self.examples, n, w, rate, $0) }
        }
        #expect(mask == Self.expectedMask(width, rate))

        var numbers = TestNumbers(seed: 30)
        let x = numbers.floats(count, -5...5)
        let y = agreeing("dropout") { t in
            written(count) { t.dropout(Self.key, Self.tag, Self.examples, n, w, rate, x, $0) }
        }
        #expect(bits(y) == bits(zip(x, mask).map { $0 * $1 }))
        let same = agreeing("dropout in place") { t in
            written(count) { y in
                for i in 0..<count { y[i] = x[i] }
                t.dropout(Self.key, Self.tag, Self.examples, n, w, rate, y, y)
            }
        }
        #expect(bits(same) == bits(y))
    }

    /// A mask depends on the example, never on which other examples the call holds.
    @Test(arguments: KernelVariant.all) func rowsAreIndependent(variant: KernelVariant) {
        let t = variant.table, width = 37
        let all = written(5 * width) {
            t.dropout_mask(Self.key, Self.tag, Self.examples, 5, Int64(width), 0.5, $0)
        }
        for (i, example) in Self.examples.enumerated() {
            let alone = written(width) {
                t.dropout_mask(Self.key, Self.tag, [example], 1, Int64(width), 0.5, $0)
            }
            #expect(alone == Array(all[(i * width)..<((i + 1) * width)]))
        }
        let otherTag = written(5 * width) {
            t.dropout_mask(Self.key, Self.tag + 1, Self.examples, 5, Int64(width), 0.5, $0)
        }
        #expect(otherTag != all)
    }

    /// Of 200,000 elements at rate 0.3 the share kept is within 5 standard deviations of 0.7.
    @Test func rateIsMet() {
        let width = 1000, examples = (0..<200).map(Int64.init), count = width * examples.count
        let mask = agreeing("mask") { t in
            written(count) { t.dropout_mask(Self.key, Self.tag, examples, 200, Int64(width), 0.3, $0) }
        }
        let kept = Double(mask.count { $0 > 0 }), deviation = (Double(count) * 0.3 * 0.7).squareRoot()
        #expect(abs(kept - 0.7 * Double(count)) < 5 * deviation)
        #expect(mask.allSatisfy { $0 == 0 || $0 == Float(1 / (1 - Double(Float(0.3)))) })
    }

    /// Rate 1 keeps nothing, and makes no infinities.
    @Test func rateOneIsAllZero() {
        let mask = agreeing("mask") { t in
            written(200) { t.dropout_mask(Self.key, Self.tag, Self.examples, 5, 40, 1, $0) }
        }
        #expect(mask.allSatisfy { $0 == 0 })
    }
}

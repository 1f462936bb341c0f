import Foundation
import Safetensors
import Testing

/// Damaged files must end in a `SafetensorsError` or in a file that is valid; a trap ends the test run.
@Suite struct MutationTests {
    /// The 64-bit generator SplitMix64 (Steele, Lea and Flood 2014): the same damage in every run.
    private struct SplitMix64 {
        var state: UInt64

        mutating func next(below bound: Int) -> Int {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return Int((z ^ z >> 31) % UInt64(bound))
        }
    }

    /// Pieces that mean something to the parser.
    private static let tokens: [[UInt8]] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "..", "/", "-", "0", "1e9", "null",
        "9223372036854775807", "18446744073709551616", "\"dtype\"", "\"shape\":[0]", "\"__metadata__\"",
        "F64", "I32", "\u{0}",
    ].map { Array($0.utf8) }

    private static func fixture(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path(name))))
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = random.next(below: bytes.count + 1)
        let end = min(bytes.count, place + 1 + random.next(below: 8))
        switch random.next(below: 7) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << random.next(below: 8)
        case 1 where place < bytes.count: bytes[place] = UInt8(random.next(below: 256))
        case 2: bytes.removeSubrange(min(place, end)..<end)
        case 3:
            let copy = bytes[min(place, end)..<end]
            bytes.insert(contentsOf: copy, at: random.next(below: bytes.count + 1))
        case 4: bytes.insert(contentsOf: tokens[random.next(below: tokens.count)], at: place)
        case 5: bytes.removeLast(bytes.count - place)
        default:
            let token = tokens[random.next(below: tokens.count)]
            bytes.replaceSubrange(place..<min(bytes.count, place + token.count), with: token)
        }
    }

    /// Reads every tensor of a file that passed, so that no accepted file traps later.
    private static func useAll(_ file: SafetensorsFile) throws(SafetensorsError) {
        for entry in file.tensors {
            let bytes = try file.bytes(named: entry.name)
            #expect(bytes.count == entry.elementCount * entry.type.size)
            switch entry.type {
            case .float32, .float16, .bfloat16: _ = try file.tensor(named: entry.name)
            case .float64: _ = try file.doubles(named: entry.name)
            case .int64, .int32, .int16, .int8, .uint8: _ = try file.int64s(named: entry.name)
            case .uint64, .uint32, .uint16, .bool: break
            }
        }
    }

    @Test func damagedFilesNeverTrap() throws {
        let seeds = try [Self.fixture("floats"), Self.fixture("mixed")]
        var random = SplitMix64(state: 20_240_229)
        var accepted = 0
        var reasons: Set<SafetensorsError.Reason> = []
        for index in 0..<3_000 {
            var bytes = seeds[index % seeds.count]
            for _ in 0...random.next(below: 4) { Self.damage(&bytes, &random) }
            // Most damage changes the header's size; half of the inputs get the right length again, so that
            // the parser behind the length check sees them too.
            if index % 4 < 2, bytes.count > 8, let close = bytes.lastIndex(of: UInt8(ascii: "}")), close > 8 {
                bytes.replaceSubrange(0..<8, with: Fixture.length(UInt64(close - 7)))
            }
            do throws(SafetensorsError) {
                try Self.useAll(SafetensorsFile(bytes: bytes))
                accepted += 1
            } catch {
                reasons.insert(error.reason)
            }
        }
        // Controls: the damage reaches all stages of the reader, and not all of it is fatal.
        #expect(accepted > 50 && accepted < 1_500, "\(accepted) accepted")
        let stages: Set<SafetensorsError.Reason> = [
            .truncated, .headerLength, .malformedHeader, .unusableName, .unknownType, .offsets,
            .trailingBytes,
        ]
        #expect(reasons.isSuperset(of: stages), "\(reasons)")
    }

    @Test(arguments: ["floats", "mixed"]) func everyTruncationIsFound(_ name: String) throws {
        let folder = try TemporaryFolder()
        let whole = try Self.fixture(name)
        for count in 0..<whole.count {
            let bytes = Array(whole.prefix(count))
            #expect(Fixture.failure(bytes)?.reason == .truncated, "\(count) of \(whole.count) bytes")
            let path = try folder.write(bytes, as: "cut")
            #expect(throws: SafetensorsError.self, "\(count) of \(whole.count) bytes") {
                try SafetensorsFile.read(path: path)
            }
        }
        #expect(Fixture.failure(whole) == nil)
    }

    /// Some flips of a header's bits make another valid header, so only "no trap" holds for all of them; a
    /// flip of the length never goes unnoticed.
    @Test func everyFlippedBitOfTheHeaderIsHandled() throws {
        let whole = try Self.fixture("mixed")
        let header = whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        for bit in 0..<(8 + header) * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << (bit % 8)
            do throws(SafetensorsError) {
                try Self.useAll(SafetensorsFile(bytes: bytes))
                #expect(bit >= 64, "bit \(bit) of the header's length")
            } catch {
                #expect(error.path == "memory")
            }
        }
    }
}

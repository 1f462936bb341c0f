import Foundation
import Safetensors
import Testing

/// Damaged files must end in a `SafetensorsError` or in a file that is valid; a trap ends the test run.
@Suite struct MutationTests {
    private static func fixture(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path(name))))
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

import Testing

@testable import TensorBoard

/// The check and the frames of records.
@Suite struct RecordTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
    private static let checks: [(bytes: [UInt8], check: UInt32)] = [
        (Array(repeating: 0, count: 32), 0x8A91_36AA),
        (Array(repeating: 255, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array((0..<32).reversed()), 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test func checksums() {
        for (bytes, check) in Self.checks {
            #expect(bytes.withUnsafeBytes(CRC32C.checksum) == check, "\(bytes)")
        }
    }

    /// Rotated by 15 bits to the right, plus 0xA282EAD8.
    @Test func masked() {
        // 0xE3069283 rotated is 0x2507C60D.
        #expect(Array("123456789".utf8).withUnsafeBytes(CRC32C.masked) == 0x2507_C60D &+ 0xA282_EAD8)
    }

    private static let contents: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300)]
    private static let file = contents.flatMap(EventRecord.framed)

    private func read(_ bytes: [UInt8]) -> [[UInt8]] { bytes.withUnsafeBytes(EventRecord.contents(of:)) }

    private func wholeLength(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes(EventRecord.wholeLength(of:)) }

    @Test func readBack() {
        #expect(Self.file.count == 303 + 3 * 16)
        #expect(read(Self.file) == Self.contents && wholeLength(Self.file) == Self.file.count)
        #expect(read([]) == [] && wholeLength([]) == 0)
    }

    /// Wherever a file is cut off, the whole records before are read and no other.
    @Test func cutOff() {
        for count in 0..<Self.file.count {
            let whole = count < 19 ? 0 : count < 35 ? 1 : 2
            let bytes = Array(Self.file[..<count])
            #expect(read(bytes) == Array(Self.contents[..<whole]), "\(count) bytes")
            #expect(wholeLength(bytes) == [0, 19, 35][whole], "\(count) bytes")
        }
    }

    /// A changed byte anywhere ends the records in front of its own.
    @Test func damaged() {
        for place in Self.file.indices {
            var bytes = Self.file
            bytes[place] ^= 64
            let whole = place < 19 ? 0 : place < 35 ? 1 : 2
            #expect(read(bytes) == Array(Self.contents[..<whole]), "byte \(place)")
        }
    }
}

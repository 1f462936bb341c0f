/// A record of an event file: the data's length as a 64-bit number, the masked CRC-32C of these eight bytes, the data, and
/// their masked CRC-32C; numbers are little-endian.
package enum EventRecord {
    /// Bytes before and after the data.
    private static let headBytes = 12
    private static let tailBytes = 4

    package static func framed(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(length.withUnsafeBytes(CRC32C.masked)) + data
            + littleEndian(data.withUnsafeBytes(CRC32C.masked))
    }

    /// The data of the whole records at the start of a file, up to the first that is cut off or damaged.
    package static func contents(of file: UnsafeRawBufferPointer) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        forEach(file) { contents.append(Array($0)) }
        return contents
    }

    /// The bytes of the whole records at the start of a file.
    package static func wholeLength(of file: UnsafeRawBufferPointer) -> Int { forEach(file) { _ in } }

    @discardableResult
    private static func forEach(
        _ file: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Int {
        var place = 0
        while file.count - place >= headBytes + tailBytes {
            let rest = UnsafeRawBufferPointer(rebasing: file[place...])
            let length = UnsafeRawBufferPointer(rebasing: rest[..<8])
            guard
                rest.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian == CRC32C.masked(length),
                let count = Int(exactly: length.loadUnaligned(as: UInt64.self).littleEndian),
                count <= rest.count - headBytes - tailBytes
            else { break }
            let data = UnsafeRawBufferPointer(rebasing: rest[headBytes..<headBytes + count])
            let check = rest.loadUnaligned(fromByteOffset: headBytes + count, as: UInt32.self).littleEndian
            guard check == CRC32C.masked(data) else { break }
            body(data)
            place += headBytes + count + tailBytes
        }
        return place
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

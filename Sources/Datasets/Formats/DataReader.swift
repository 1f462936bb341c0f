import Messages

/// Reads the content of one data file, decompressed if it is gzip, and checks the sizes that headers claim.
final class DataReader {
    /// The name in messages.
    let name: String
    /// The number of content bytes read so far.
    private(set) var position = 0
    private let origin: DataOrigin
    private let stored: StoredBytes
    private let gzip: GzipReader?
    /// The most bytes that compressed content may expand to.
    private let mostInflated: Int

    /// Opens the content, as gzip if the name ends in .gz or the first two bytes are gzip's.
    ///
    /// `isBounded` is for formats whose header does not state the size: beyond 256 MiB, compressed content may then
    /// expand to at most 100 times its compressed size.
    init(_ origin: DataOrigin, isBounded: Bool = false) throws(DataError) {
        self.origin = origin
        name = origin.name
        stored = try StoredBytes(origin)
        let first = try stored.bytes(2, at: 0)
        gzip = name.hasSuffix(".gz") || first == [0x1f, 0x8b] ? try GzipReader(stored) : nil
        let (most, overflow) = stored.size.multipliedReportingOverflow(by: 100)
        mostInflated = !isBounded || overflow ? .max : max(most, 256 << 20)
    }

    /// Fills the buffer as far as there is content and returns the number of bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer.dropFirst(filled))
            let count = if let gzip { try gzip.read(into: rest) } else { try stored.read(into: rest) }
            if count == 0 { break }
            filled += count
            position += count
            if gzip != nil, position > mostInflated {
                throw DataError(
                    .gzip, path: name, expected: "at most \(mostInflated) bytes", found: "more",
                    advice: "decompress the file first if it really holds that much",
                    problem:
                        "gzip of \(counted(stored.size, "byte")) holds more than \(counted(mostInflated, "byte"))"
                )
            }
        }
        return filled
    }

    /// The next bytes of a header, at most 65,536; throws if the content ends before them.
    func header(_ count: Int) throws(DataError) -> [UInt8] {
        precondition((0...65_536).contains(count), "a header piece of \(count) bytes")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        let start = position
        guard try read(into: buffer) == count else {
            throw DataError.size(path: name, promised: start + count, found: counted(position, "byte"))
        }
        return Array(buffer)
    }

    /// Throws unless the content has exactly the promised bytes, as far as that is known without reading all of it.
    ///
    /// A plain file's size is known. For gzip the promise is accepted if the trailer's length agrees and the promise is
    /// modest for the file's size; otherwise the content is decompressed once and counted, up to the first byte too
    /// many. So a false header never causes an allocation much larger than its file.
    func checkSize(promised: Int) throws(DataError) {
        guard gzip != nil else {
            guard stored.size == promised else {
                throw DataError.size(path: name, promised: promised, found: counted(stored.size, "byte"))
            }
            return
        }
        let (most, overflow) = stored.size.multipliedReportingOverflow(by: GzipReader.largestRatio)
        if !overflow && promised > most {
            throw DataError.size(
                path: name, promised: promised,
                found: "at most \(counted(most, "byte")) (gzip of \(counted(stored.size, "byte")))")
        }
        let modest = promised / 16 <= stored.size + (4 << 20)
        let trailer = try stored.bytes(4, at: max(0, stored.size - 4))
        let length = trailer.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if modest && length == UInt32(truncatingIfNeeded: promised) { return }
        try DataReader(origin).countContent(promised: promised)
    }

    /// Reads the rest of the content, which must fill the buffer exactly.
    func body(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) {
        let promised = position + buffer.count
        guard try read(into: buffer) == buffer.count else {
            throw DataError.size(path: name, promised: promised, found: counted(position, "byte"))
        }
        try requireEnd()
    }

    /// Throws if content follows the current position; for gzip this also verifies the checksum.
    func requireEnd() throws(DataError) {
        let promised = position
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        guard try read(into: byte) == 0 else {
            let found = gzip == nil ? counted(stored.size, "byte") : "more than \(counted(promised, "byte"))"
            throw DataError.size(path: name, promised: promised, found: found)
        }
    }

    /// The bytes of the whole content; compressed content is decompressed once to count them.
    static func contentSize(of origin: DataOrigin) throws(DataError) -> Int {
        let reader = try DataReader(origin, isBounded: true)
        guard reader.gzip != nil else { return reader.stored.size }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while try reader.read(into: buffer) == buffer.count {}
        return reader.position
    }

    private func countContent(promised: Int) throws(DataError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while position <= promised {
            if try read(into: buffer) < buffer.count { break }
        }
        guard position == promised else {
            let found =
                position > promised ? "more than \(counted(promised, "byte"))" : counted(position, "byte")
            throw DataError.size(path: name, promised: promised, found: found)
        }
    }
}

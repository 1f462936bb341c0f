import CZlib

/// Decompresses a gzip stream piece by piece; consecutive members form one stream (RFC 1952, 2.2).
///
/// Whatever the stream claims, it uses only memory for one input chunk and zlib's window. A member's checksum and
/// length are verified at its end, so reading to the end verifies the whole stream.
final class GzipReader {
    /// No deflate stream can expand by more than this factor (zlib's documentation, "Maximum compression factor").
    static let largestRatio = 1032

    private let stored: StoredBytes
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var insideMember = false
    private var ended = false

    /// A reader at the start of the stored bytes; throws only if zlib gets no memory.
    init(_ stored: StoredBytes) throws(DataError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 more for "gzip wrapper only".
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            stream.deallocate()
            throw DataError(
                .memory, path: stored.name, expected: "an inflater", found: "zlib error \(code)",
                advice: "free some memory")
        }
        self.stored = stored
        self.stream = stream
        input = .allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Decompresses into the buffer and returns the number of bytes written, 0 at the verified end of the stream.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        guard let base = buffer.baseAddress, buffer.count > 0, !ended else { return 0 }
        let wanted = min(buffer.count, 1 << 30)
        stream.pointee.next_out = base.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(wanted)
        while true {
            if stream.pointee.avail_in == 0 {
                let count = try stored.read(into: input)
                guard count > 0 else {
                    if !insideMember {
                        ended = true
                        return wanted - Int(stream.pointee.avail_out)
                    }
                    throw broken("it ends in the middle of the compressed data")
                }
                stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_in = UInt32(count)
            }
            insideMember = true
            let code = inflate(stream, Z_NO_FLUSH)
            switch code {
            case Z_STREAM_END:
                insideMember = false
                guard inflateReset(stream) == Z_OK else {
                    throw broken("zlib cannot go on to the next member")
                }
            case Z_OK, Z_BUF_ERROR:
                break
            default:
                throw broken(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
            }
            // Only a full buffer returns here; what zlib still holds comes with the next call.
            if stream.pointee.avail_out == 0 { return wanted }
        }
    }

    private func broken(_ why: String) -> DataError {
        DataError(
            .gzip, path: stored.name, expected: "a whole gzip stream", found: why,
            advice: "fetch the file again", problem: "broken gzip: \(why)")
    }
}

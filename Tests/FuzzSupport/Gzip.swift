import CZlib

/// Gzip in memory.
package enum Gzip {
    /// One member.
    package static func compress(_ content: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        var output = [UInt8](repeating: 0, count: content.count + content.count / 100 + 100)
        var input = content
        let capacity = output.count
        let size = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                deflateInit2_(
                    &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                    Int32(MemoryLayout<z_stream>.size))
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                let code = deflate(&stream, Z_FINISH)
                precondition(code == Z_STREAM_END, "deflate: \(code)")
                deflateEnd(&stream)
                return capacity - Int(stream.avail_out)
            }
        }
        return Array(output.prefix(size))
    }

    /// The content of all members; nil for a stream that is damaged or has more than `limit` bytes.
    package static func inflated(_ bytes: [UInt8], limit: Int = 1 << 26) -> [UInt8]? {
        var input = bytes
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        return input.withUnsafeMutableBufferPointer { input in
            chunk.withUnsafeMutableBufferPointer { chunk -> [UInt8]? in
                var stream = z_stream()
                guard
                    inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
                else { return nil }
                defer { inflateEnd(&stream) }
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                while true {
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    let code = inflate(&stream, Z_NO_FLUSH)
                    content += chunk.prefix(chunk.count - Int(stream.avail_out))
                    guard content.count <= limit else { return nil }
                    switch code {
                    case Z_STREAM_END:
                        if stream.avail_in == 0 { return content }
                        guard inflateReset(&stream) == Z_OK else { return nil }
                    case Z_OK: continue
                    default: return nil
                    }
                }
            }
        }
    }
}

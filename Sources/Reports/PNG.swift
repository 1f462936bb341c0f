/// A picture as a PNG file (ISO/IEC 15948), without compression because it has few pixels.
enum PNG {
    /// The bytes of the file.
    ///
    /// - Parameters:
    ///   - channels: 1 for grey, 3 for red, green and blue.
    ///   - pixels: Rows from the top, with the channels of each pixel side by side.
    static func file(width: Int, height: Int, channels: Int, _ pixels: [UInt8]) -> [UInt8] {
        precondition(
            pixels.count == width * height * channels, "\(pixels.count) bytes for \(width) × \(height)")
        let row = width * channels
        // Each row begins with the number of its filter, 0 for none.
        let lines = (0..<height).flatMap { [0] + pixels[$0 * row..<($0 + 1) * row] }
        let header = bytes(UInt32(width)) + bytes(UInt32(height)) + [8, channels == 3 ? 2 : 0, 0, 0, 0]
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header)
            + chunk("IDAT", stored(lines)) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return bytes(UInt32(content.count)) + body + bytes(crc(body))
    }

    /// A zlib stream of stored blocks (RFC 1950, RFC 1951).
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65_535, content.count)
            let length = UInt16(end - start)
            result += [end == content.count ? 1 : 0]
            for word in [length, ~length] { result += [UInt8(word & 255), UInt8(word >> 8)] }
            result += content[start..<end]
            start = end
        } while start < content.count
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return result + bytes(b << 16 | a)
    }

    private static func crc(_ content: [UInt8]) -> UInt32 {
        ~content.reduce(0xffff_ffff as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { part, _ in
                part & 1 == 1 ? 0xedb8_8320 ^ part >> 1 : part >> 1
            }
        }
    }

    private static func bytes(_ word: UInt32) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
}

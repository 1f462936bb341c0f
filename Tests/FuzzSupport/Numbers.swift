/// Numbers in files, read in the plainest way there is.
enum Numbers {
    /// The unsigned integer of all bytes, most significant first or last.
    static func word(_ bytes: some Collection<UInt8>, isBig: Bool = false) -> UInt64 {
        let ordered = isBig ? Array(bytes) : bytes.reversed()
        return ordered.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Integers of `size` bytes.
    static func integers(_ bytes: [UInt8], size: Int, isSigned: Bool, isBig: Bool = false) -> [Int64] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            let word = word(bytes[start..<start + size], isBig: isBig)
            let shift = UInt64(64 - 8 * size)
            return isSigned ? Int64(bitPattern: word << shift) >> Int64(shift) : Int64(bitPattern: word)
        }
    }

    /// Floating-point numbers of 4 or 8 bytes.
    static func floats(_ bytes: [UInt8], size: Int, isBig: Bool = false) -> [Double] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            let word = word(bytes[start..<start + size], isBig: isBig)
            return size == 8
                ? Double(bitPattern: word) : Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
        }
    }

    /// The little-endian bytes of values.
    static func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
        values.flatMap { value in
            (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
    }
}

/// Elements to little-endian bytes and back, on any machine.
enum LittleEndian {
    /// The bytes of the elements, the lowest byte of each first.
    static func encode<Bits: FixedWidthInteger, Value>(_ values: [Value], _ bits: (Value) -> Bits) -> [UInt8]
    {
        let size = Bits.bitWidth / 8
        var bytes = [UInt8](repeating: 0, count: values.count * size)
        for (index, value) in values.enumerated() {
            let bits = bits(value)
            for byte in 0..<size {
                bytes[index * size + byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte))
            }
        }
        return bytes
    }

    /// The elements that the bytes encode; their count must be a multiple of an element's size.
    static func decode<Bits: FixedWidthInteger, Value>(
        _ bytes: ArraySlice<UInt8>, _ value: (Bits) -> Value
    ) -> [Value] {
        let size = Bits.bitWidth / 8
        precondition(bytes.count.isMultiple(of: size), "\(bytes.count) bytes in elements of \(size)")
        return (0..<bytes.count / size).map { index in
            var bits: Bits = 0
            for byte in 0..<size {
                bits |= Bits(truncatingIfNeeded: bytes[bytes.startIndex + index * size + byte]) << (8 * byte)
            }
            return value(bits)
        }
    }
}

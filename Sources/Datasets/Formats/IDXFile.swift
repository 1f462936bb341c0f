/// The IDX format of MNIST and its successors: 0, 0, a type byte, a rank byte, a big-endian 32-bit size per
/// dimension, then the array in C order.
enum IDXFile {
    /// Reads the header at the start of the content; throws for another format or an unknown type.
    static func header(from reader: DataReader) throws(DataError) -> ArrayHeader {
        let magic = try reader.header(4)
        guard magic[0] == 0, magic[1] == 0 else {
            let bytes = magic.map(Self.hex).joined(separator: " ")
            throw reader.foreign(
                magic,
                or: DataError(
                    .magic, path: reader.name, expected: "an IDX file, which starts with 00 00",
                    found: bytes, advice: "check the file and the format in the configuration",
                    problem: "not an IDX file: it starts with \(bytes)"))
        }
        let scalar: ScalarType
        switch magic[2] {
        case 0x08: scalar = .uint8
        case 0x09: scalar = .int8
        case 0x0b: scalar = .int16
        case 0x0c: scalar = .int32
        case 0x0d: scalar = .float32
        case 0x0e: scalar = .float64
        default:
            throw DataError(
                .magic, path: reader.name, expected: "an IDX type: 08, 09, 0b, 0c, 0d or 0e",
                found: Self.hex(magic[2]), advice: "check the file and the format in the configuration",
                problem: "not an IDX file: its type byte is \(Self.hex(magic[2]))")
        }
        let rank = Int(magic[3])
        guard rank > 0 else {
            throw DataError(
                .header, path: reader.name, expected: "at least one dimension", found: "none",
                advice: "fetch the file again", problem: "the IDX header has no dimensions")
        }
        let sizes = try reader.header(4 * rank)
        let shape = (0..<rank).map { dimension in
            sizes[4 * dimension..<4 * dimension + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        return try ArrayHeader(
            path: reader.name, scalar: scalar, bigEndian: true, shape: shape, headerBytes: reader.position)
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}

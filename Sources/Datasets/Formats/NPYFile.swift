import Messages

/// NumPy's .npy format, versions 1.0 to 3.0: "\x93NUMPY", two version bytes, the header's length, the
/// header (a Python dictionary as text), then the array.
enum NPYFile {
    /// What to do about a file of another format, by its name.
    private static func adviceOnFormat(_ name: String) -> String {
        [".csv", ".tsv", ".txt"].contains(where: name.lowercased().hasSuffix)
            ? "set format: csv, with files and label" : "check the file and the format in the configuration"
    }

    /// The longest header that is read, NumPy's own limit; a plain array's header has about 120 bytes.
    private static let longestHeader = 10_000

    /// Reads the header at the start of the content; throws for another format, broken text and refused arrays (Fortran
    /// order, big-endian, objects, structures, other scalar types).
    static func header(from reader: DataReader) throws(DataError) -> ArrayHeader {
        let magic = try reader.header(8)
        guard magic.prefix(6) == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] else {
            throw reader.foreign(
                magic,
                or: DataError(
                    .magic, path: reader.name, expected: "a .npy file, which starts with \\x93NUMPY",
                    found: "other bytes", advice: Self.adviceOnFormat(reader.name),
                    problem: "not a .npy file"))
        }
        guard (1...3).contains(magic[6]), magic[7] == 0 else {
            throw DataError(
                .unsupported, path: reader.name, expected: "version 1.0, 2.0 or 3.0",
                found: "\(magic[6]).\(magic[7])", advice: "save it again with numpy.save",
                problem: "unknown .npy version \(magic[6]).\(magic[7])")
        }
        let lengthBytes = try reader.header(magic[6] == 1 ? 2 : 4)
        let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= longestHeader else {
            throw DataError(
                .header, path: reader.name, expected: "a header of at most \(longestHeader) bytes",
                found: counted(length, "byte"), advice: "save it again with numpy.save as a plain array",
                problem: "the .npy header says it has \(counted(length, "byte")) itself")
        }
        var parser = NPYHeaderParser(path: reader.name, text: try reader.header(length))
        let fields = try parser.parse()
        guard !fields.fortranOrder else {
            throw DataError(
                .unsupported, path: reader.name, expected: "C order", found: "Fortran order",
                advice: "save it with numpy.save(path, numpy.ascontiguousarray(array))")
        }
        return try ArrayHeader(
            path: reader.name, scalar: try scalar(fields.descr, path: reader.name), bigEndian: false,
            shape: fields.shape, headerBytes: reader.position)
    }

    private static func scalar(_ descr: String, path: String) throws(DataError) -> ScalarType {
        switch descr {
        case "|u1", "<u1": return .uint8
        case "|i1", "<i1": return .int8
        case "<u2": return .uint16
        case "<i2": return .int16
        case "<u4": return .uint32
        case "<i4": return .int32
        case "<u8": return .uint64
        case "<i8": return .int64
        case "<f4": return .float32
        case "<f8": return .float64
        default: break
        }
        let isText = descr.hasPrefix("<U") || descr.hasPrefix("|S")
        let why =
            isText
            ? "text"
            : descr.hasPrefix(">")
                ? "big-endian"
                : descr.hasPrefix("|O") ? "Python objects, which only unpickling could read" : "not supported"
        let shown = "dtype '\(descr.prefix(24))'"
        throw DataError(
            .unsupported, path: path, expected: "little-endian integers, float32 or float64",
            found: isText ? "texts, \(shown)" : shown,
            advice: isText
                ? "save numbers instead, of labels numpy.unique(labels, return_inverse=True)[1]"
                : "save array.astype('<f4') (labels: '<i8') instead",
            problem: "\(shown) is \(why)")
    }
}

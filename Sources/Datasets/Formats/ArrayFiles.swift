/// One array in one or more opened files, whose rows follow each other.
struct ArrayFiles {
    /// The files, in order; at least one.
    let files: [ArrayFile]
    /// The type and shape of the whole array.
    let header: ArrayHeader

    /// Opens files, which must have the same type and, except for the first dimension, the same shape.
    init(_ origins: [DataOrigin], format: DatasetSource.Format) throws(DataError) {
        precondition(!origins.isEmpty, "an array in no file")
        var files: [ArrayFile] = []
        var rows = 0
        for origin in origins {
            let file = try ArrayFile(origin, format: format)
            if let first = files.first { try Self.checkSame(file, first) }
            // Only rows without elements can be so many.
            let sum = rows.addingReportingOverflow(file.header.shape.first ?? 0)
            guard !sum.overflow else {
                throw DataError(
                    .mismatch, path: file.name, expected: "fewer than 2^63 rows in all files",
                    found: "\(file.header.shape) after \(rows) rows",
                    advice: "give files of the same kind of examples")
            }
            rows = sum.partialValue
            files.append(file)
        }
        self.files = files
        guard let first = files.first, files.count > 1 else {
            header = files[0].header
            return
        }
        header = try ArrayHeader(
            path: first.name, scalar: first.header.scalar, bigEndian: first.header.bigEndian,
            shape: [rows] + first.header.shape.dropFirst(), headerBytes: 0)
    }

    /// The first file's path or name, for messages about the whole.
    var name: String { files[0].name }

    private static func checkSame(_ file: ArrayFile, _ first: ArrayFile) throws(DataError) {
        let (own, wanted) = (file.header, first.header)
        guard own.scalar == wanted.scalar, own.shape.count == wanted.shape.count,
            own.shape.dropFirst() == wanted.shape.dropFirst(), !own.shape.isEmpty
        else {
            throw DataError(
                .mismatch, path: file.name,
                expected:
                    "\(wanted.scalar.rawValue) of shape \(ArrayHeader.text(wanted.shape)) but for the first "
                    + "number, as in \(first.name)",
                found: "\(own.scalar.rawValue) of shape \(ArrayHeader.text(own.shape))",
                advice: "give files of the same kind of examples")
        }
    }
}

import Messages

/// An opened data file whose header has been read and whose size has been checked.
struct ArrayFile {
    /// The array's type, shape and position.
    let header: ArrayHeader
    private let reader: DataReader

    /// Opens a file, reads its header and checks that the promised bytes are there.
    init(_ origin: DataOrigin, format: DatasetSource.Format) throws(DataError) {
        reader = try DataReader(origin)
        header =
            switch format {
            case .idx: try IDXFile.header(from: reader)
            case .npy: try NPYFile.header(from: reader)
            case .csv, .inline, .text, .records: preconditionFailure("\(format.name) files are no arrays")
            }
        try reader.checkSize(promised: header.headerBytes + header.dataBytes)
    }

    /// The path or name in messages.
    var name: String { reader.name }

    /// Reads the whole array into memory of exactly its size, in the machine's byte order.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) {
        precondition(
            buffer.count == header.dataBytes, "\(buffer.count) bytes for an array of \(header.dataBytes)")
        try reader.body(into: buffer)
        guard header.bigEndian, let base = buffer.baseAddress else { return }
        switch header.scalar.size {
        case 4: Self.swap(base.assumingMemoryBound(to: UInt32.self), count: buffer.count / 4)
        case 8: Self.swap(base.assumingMemoryBound(to: UInt64.self), count: buffer.count / 8)
        default: precondition(header.scalar.size == 1, "features of \(header.scalar)")
        }
    }

    /// Reads the whole array in pieces; `take` gets each piece as stored and the index of its first scalar.
    func readPieces(
        _ take: (UnsafeRawBufferPointer, _ first: Int) throws(DataError) -> Void
    ) throws(DataError) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { piece.deallocate() }
        var done = 0
        while done < header.dataBytes {
            let part = UnsafeMutableRawBufferPointer(rebasing: piece.prefix(header.dataBytes - done))
            guard try reader.read(into: part) == part.count else {
                throw DataError.size(
                    path: name, promised: header.headerBytes + header.dataBytes,
                    found: counted(reader.position, "byte"))
            }
            try take(UnsafeRawBufferPointer(part), done / header.scalar.size)
            done += part.count
        }
        try reader.requireEnd()
    }

    private static func swap<Word: FixedWidthInteger>(_ words: UnsafeMutablePointer<Word>, count: Int) {
        for i in 0..<count { words[i] = words[i].byteSwapped }
    }
}

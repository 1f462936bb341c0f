import Safetensors

extension DataReader {
    /// The error for a file that does not begin as its format does; it says what the file is instead, if that is known.
    ///
    /// - Parameters:
    ///   - start: The bytes read so far.
    ///   - error: The error if the bytes are not known.
    func foreign(_ start: [UInt8], or error: DataError) -> DataError {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ForeignFile.startBytes, alignment: 16)
        defer { buffer.deallocate() }
        let more = (try? read(into: buffer)) ?? 0
        return Self.foreign(start + buffer.prefix(more), name: name, or: error)
    }

    /// The error for a file called `name` that begins with `start`.
    static func foreign(_ start: [UInt8], name: String, or error: DataError) -> DataError {
        guard let foreign = ForeignFile(start: start) else { return error }
        return DataError(
            .magic, path: name, place: error.place, expected: error.expected, found: foreign.name,
            advice: foreign.dataAdvice.replacing("FILE", with: "\"\(name)\""),
            problem: "\(error.problem): it is \(foreign.name)")
    }
}

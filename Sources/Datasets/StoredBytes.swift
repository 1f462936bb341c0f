import Files

/// The stored bytes of a regular file or of memory, read once from front to back.
final class StoredBytes {
    /// The name in messages.
    let name: String
    /// The number of stored bytes.
    let size: Int
    private let file: RegularFile?
    private let memory: [UInt8]
    private var position = 0

    /// Opens a file, or takes memory; throws if there is no regular file that can be read.
    init(_ origin: DataOrigin) throws(DataError) {
        name = origin.name
        switch origin {
        case .memory(_, let bytes):
            file = nil
            memory = bytes
            size = bytes.count
        case .path(let path):
            memory = []
            let opened: RegularFile
            do { opened = try RegularFile(path) } catch {
                switch error {
                case .system(let reason): throw Self.failure(path, reason)
                case .otherKind(let found):
                    throw DataError(
                        .unreadable, path: path, expected: "a regular file", found: found,
                        advice: "name the data file itself")
                }
            }
            file = opened
            size = opened.size
        }
    }

    /// Reads up to the buffer's size and returns the number of bytes read, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        let count = try read(into: buffer, at: position)
        position += count
        return count
    }

    /// Reads from an offset without moving the position; returns 0 at or past the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DataError) -> Int {
        guard let file else {
            let count = min(buffer.count, max(0, memory.count - offset))
            memory.withUnsafeBytes { bytes in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(offset).prefix(count)))
            }
            return count
        }
        do { return try file.read(into: buffer, at: offset) } catch { throw Self.failure(name, error) }
    }

    /// Up to eight bytes from an offset, fewer at the end.
    func bytes(_ count: Int, at offset: Int) throws(DataError) -> [UInt8] {
        precondition((0...8).contains(count) && offset >= 0, "\(count) bytes at \(offset)")
        var word: UInt64 = 0
        // Only the end of a regular file gives a short read.
        let got = try withUnsafeMutableBytes(of: &word) { word throws(DataError) in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: word.prefix(count)), at: offset)
        }
        return withUnsafeBytes(of: word) { Array($0.prefix(got)) }
    }

    private static func failure(_ path: String, _ error: SystemError) -> DataError {
        let missing = RegularFile.Failure.system(error).isMissing
        let debian = path.contains("/datasets/fashion-mnist/")
        return DataError(
            missing ? .missing : .unreadable, path: path, expected: "a data file",
            found: error.description,
            advice: !missing
                ? "check its permissions and the disk"
                : debian
                    ? "install Debian's package dataset-fashion-mnist or correct the path"
                    : "correct the path in the configuration",
            problem: missing
                ? "no such data file" : "cannot read the data file: \(error)")
    }
}

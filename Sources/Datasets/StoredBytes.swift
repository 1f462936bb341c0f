import Glibc

/// The bytes of a regular file or of memory as they are stored, read front to back once.
final class StoredBytes {
    /// What messages call it.
    let name: String
    /// How many bytes are stored.
    let size: Int
    private let descriptor: Int32
    private let memory: [UInt8]
    private var position = 0

    /// Opens a file, or takes memory; throws when there is no regular file that can be read.
    init(_ origin: DataOrigin) throws(DataError) {
        name = origin.name
        switch origin {
        case .memory(_, let bytes):
            descriptor = -1
            memory = bytes
            size = bytes.count
        case .path(let path):
            memory = []
            // Without O_NONBLOCK a FIFO in place of the file would block the open forever.
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw Self.failure(path, errno) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                let code = errno
                close(descriptor)
                throw Self.failure(path, code)
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                close(descriptor)
                throw DataError(
                    .unreadable, path: path, expected: "a regular file",
                    found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket",
                    advice: "name the data file itself")
            }
            size = Int(status.st_size)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads up to the buffer's size and returns how many bytes came, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        let count = try read(into: buffer, at: position)
        position += count
        return count
    }

    /// Reads from an offset without moving the position; 0 at or past the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DataError) -> Int {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
        if descriptor < 0 {
            let count = min(buffer.count, max(0, memory.count - offset))
            memory.withUnsafeBytes { bytes in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(offset).prefix(count)))
            }
            return count
        }
        while true {
            let count = pread(descriptor, base, buffer.count, offset)
            if count >= 0 { return count }
            if errno != EINTR { throw Self.failure(name, errno) }
        }
    }

    /// Up to eight bytes from an offset, fewer at the end.
    func bytes(_ count: Int, at offset: Int) throws(DataError) -> [UInt8] {
        precondition((0...8).contains(count) && offset >= 0, "\(count) bytes at \(offset)")
        var word: UInt64 = 0
        // A short read of a regular file can only be its end.
        let got = try withUnsafeMutableBytes(of: &word) { word throws(DataError) in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: word.prefix(count)), at: offset)
        }
        return withUnsafeBytes(of: word) { Array($0.prefix(got)) }
    }

    private static func failure(_ path: String, _ code: Int32) -> DataError {
        let missing = code == ENOENT || code == ENOTDIR
        let debian = path.contains("/datasets/fashion-mnist/")
        return DataError(
            missing ? .missing : .unreadable, path: path, expected: "a data file",
            found: String(cString: strerror(code)),
            advice: !missing
                ? "check its permissions and the disk"
                : debian
                    ? "install Debian's package dataset-fashion-mnist or correct the path"
                    : "correct the path in the configuration",
            problem: missing
                ? "no such data file" : "cannot read the data file: \(String(cString: strerror(code)))")
    }
}

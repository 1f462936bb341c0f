import Foundation
import Glibc

/// A regular file that is open for reading; its content stays readable when another takes its name.
final class FileInput: Sendable {
    /// The file's path, for messages.
    let path: String
    /// Its size in bytes when it was opened.
    let byteCount: Int
    private let descriptor: Int32

    /// Opens the file; nil where there is none.
    static func open(ifExists path: String) throws -> FileInput? {
        access(path, F_OK) == 0 || errno != ENOENT ? try FileInput(path) : nil
    }

    /// Opens the file at `path`.
    init(_ path: String) throws {
        // Without O_NONBLOCK a pipe in place of the file would block the open forever.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            throw TrainingError(
                code == ENOENT ? .badFile : .unreadable,
                "cannot read \(path): \(String(cString: strerror(code)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TrainingError(.badFile, "cannot read \(path): it is no regular file")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Calls `body` with all bytes from the first on, in pieces of a few megabytes.
    func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
        var offset = 0
        while offset < byteCount {
            let piece = try bytes(min(Self.pieceBytes, byteCount - offset), at: offset)
            try body(piece)
            offset += piece.count
        }
    }

    /// The whole content, which must have at most `limit` bytes.
    func bytes(atMost limit: Int) throws -> [UInt8] {
        guard byteCount <= limit else {
            throw TrainingError(.badFile, "\(path) has \(byteCount) bytes, at most \(limit) make sense")
        }
        return try bytes(byteCount, at: 0)
    }

    private func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[filled..<count])
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                if got == 0 { break }
                if got > 0 {
                    filled += got
                } else if errno != EINTR {
                    failed = errno
                    break
                }
            }
        }
        guard failed == 0, bytes.count == count else {
            let reason = failed == 0 ? "it became shorter" : String(cString: strerror(failed))
            throw TrainingError(failed == 0 ? .badFile : .unreadable, "cannot read \(path): \(reason)")
        }
        return bytes
    }

    private static let pieceBytes = 4 << 20
}

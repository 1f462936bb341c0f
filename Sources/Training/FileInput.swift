import Glibc
import Messages
import Safetensors

/// A regular file that is open for reading; its content stays readable if another file takes its name.
final class FileInput: Sendable {
    /// The file's path, for messages.
    let path: String
    /// Its size in bytes when it was opened.
    let byteCount: Int
    private let file: ReadableFile

    /// Opens the file; nil if it does not exist.
    static func open(ifExists path: String) throws -> FileInput? {
        access(path, F_OK) == 0 || errno != ENOENT ? try FileInput(path) : nil
    }

    /// Opens the file at `path`; throws if it cannot be read.
    init(_ path: String) throws {
        do { file = try ReadableFile(path) } catch { throw Self.failure(path, error) }
        self.path = path
        byteCount = file.size
    }

    /// Calls `body` with all bytes in order, in pieces of a few megabytes.
    func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
        var offset = 0
        while offset < byteCount {
            let piece = try bytes(min(Self.pieceBytes, byteCount - offset), at: offset)
            try body(piece)
            offset += piece.count
        }
    }

    /// The whole content; throws if it is more than `limit` bytes.
    func bytes(atMost limit: Int) throws -> [UInt8] {
        guard byteCount <= limit else {
            throw TrainingError(
                .badFile, "\(path) has \(counted(byteCount, "byte")), at most \(limit) make sense")
        }
        return try bytes(byteCount, at: 0)
    }

    private func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
        do { return try file.bytes(count, at: offset) } catch { throw Self.failure(path, error) }
    }

    private static func failure(_ path: String, _ error: SafetensorsError) -> TrainingError {
        TrainingError(
            error.reason == .unreadable ? .unreadable : .badFile,
            "cannot read \(path): expected \(error.expected), found \(error.found)")
    }

    private static let pieceBytes = 4 << 20
}

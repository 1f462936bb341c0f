import Foundation
import Glibc
import Messages

/// `metrics.jsonl`: one JSON object a line, appended as the run goes on.
///
/// A line that cannot be written, because the disk is full for instance, is lost whole and does not end training.
final class MetricsLog {
    /// The file.
    let path: String
    /// Bytes of it, whole lines all of them.
    private(set) var length: Int
    /// Lines that could not be written, and why the first could not.
    private(set) var lost: (lines: Int, reason: String)?
    private let descriptor: Int32

    /// Opens the log at `length` bytes, cutting off what a run before wrote behind it; where there are fewer, at those.
    init(path: String, length: Int) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileOutput.failure("cannot create", path) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let kept = min(size, length)
        guard size >= 0, size == kept || ftruncate(descriptor, kept) == 0,
            lseek(descriptor, 0, SEEK_END) == kept
        else {
            let error = FileOutput.failure("cannot cut to \(counted(kept, "byte"))", path)
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        self.length = kept
    }

    deinit { close(descriptor) }

    /// Appends one line; false if it is the first that is lost.
    func append(_ line: JSONLine) -> Bool {
        let bytes = Array(line.line.utf8)
        do {
            try FileOutput.write(bytes, to: descriptor, path: path)
            length += bytes.count
            return true
        } catch {
            // What of the line is there goes again, so that the file holds whole lines.
            if ftruncate(descriptor, length) == 0 { lseek(descriptor, 0, SEEK_END) }
            let isFirst = lost == nil
            lost = ((lost?.lines ?? 0) + 1, lost?.reason ?? "\(error)")
            return !isFirst
        }
    }

    /// What waits until all lines so far are on disk, on any thread while the log is open.
    var synchronization: @Sendable () throws -> Void {
        let (descriptor, path) = (descriptor, path)
        return { try FileOutput.synchronize(descriptor, path: path) }
    }
}

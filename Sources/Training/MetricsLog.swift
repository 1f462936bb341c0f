import Foundation
import Glibc

/// `metrics.jsonl`: one JSON object a line, appended as the run goes on.
final class MetricsLog {
    private let path: String
    private let descriptor: Int32
    private(set) var length: Int

    /// Opens the log at `length` bytes, cutting off what a run before wrote behind it.
    init(path: String, length: Int) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TrainingError(.io, "cannot create \(path): \(String(cString: strerror(errno)))")
        }
        guard ftruncate(descriptor, length) == 0, lseek(descriptor, 0, SEEK_END) == length else {
            close(descriptor)
            throw TrainingError(.io, "\(path) is shorter than the checkpoint says")
        }
        self.path = path
        self.length = length
    }

    deinit { close(descriptor) }

    /// Appends one line.
    func append(_ line: JSONLine) throws {
        let bytes = Array(line.line.utf8)
        try FileOutput.write(bytes, to: descriptor, path: path)
        length += bytes.count
    }

    /// Waits until all lines are on disk.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else {
            throw TrainingError(.io, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}

import Foundation
import Glibc
import Messages

/// `metrics.jsonl`: one JSON object a line, appended as the run goes on.
///
/// A line that cannot be written, because the disk is full for instance, is lost whole and does not end training: the first
/// is said at once, all of them when the run ends.
final class MetricsLog: RunSink {
    let name = RunFolder.metricsName
    /// The file.
    let path: String
    /// Bytes of it, whole lines all of them.
    private(set) var position = 0
    /// Lines that could not be written, and why the first could not.
    private(set) var lost: (lines: Int, reason: String)?
    private var descriptor: Int32 = -1
    private let mayWrite: () -> Bool
    private let warn: (String) -> Void

    /// A log that is not open yet.
    ///
    /// - Parameters:
    ///   - mayWrite: Whether the file is still this run's: another that has taken the folder goes on in it.
    ///   - warn: Tells a person.
    init(path: String, mayWrite: @escaping () -> Bool = { true }, _ warn: @escaping (String) -> Void) {
        self.path = path
        self.mayWrite = mayWrite
        self.warn = warn
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the log at `length` bytes, cutting off what a run before wrote behind it; where there are fewer, at those.
    func start(at length: Int) throws {
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
        self.descriptor = descriptor
        position = kept
        if kept < length {
            warn(
                "\(path) has \(counted(kept, "byte")), the checkpoint counts \(length): earlier lines are missing"
            )
        }
    }

    func take(_ event: RunEvent) {
        guard let line = event.line, mayWrite() else { return }
        let bytes = Array(line.line.utf8)
        do {
            try FileOutput.write(bytes, to: descriptor, path: path)
            position += bytes.count
        } catch {
            // What of the line is there goes again, so that the file holds whole lines.
            if ftruncate(descriptor, position) == 0 { lseek(descriptor, 0, SEEK_END) }
            if lost == nil { warn("metrics are lost, training goes on: \(error)") }
            lost = ((lost?.lines ?? 0) + 1, lost?.reason ?? "\(error)")
        }
    }

    /// What waits until all lines so far are on disk, on any thread while the log is open.
    var synchronization: (@Sendable () throws -> Void)? {
        let (descriptor, path) = (descriptor, path)
        return { try FileOutput.synchronize(descriptor, path: path) }
    }

    func finish() throws {
        try synchronization?()
        guard let lost else { return }
        throw TrainingError(
            .io,
            "\(path) lacks \(counted(lost.lines, "line")): \(lost.reason); all other results are there")
    }
}

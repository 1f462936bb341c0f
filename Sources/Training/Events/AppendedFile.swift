import Foundation
import Glibc
import Messages

/// A file that a sink appends to during a run, in pieces that are written completely or not at all.
///
/// A piece that cannot be written, for instance because the disk is full, does not end training: the first is reported
/// at once, and the number of all when the run ends.
final class AppendedFile {
    /// The words for the file in messages.
    struct Words {
        /// What is lost with a piece, such as "metrics".
        let subject: String
        /// A piece, such as "line".
        let piece: String
    }

    /// The file.
    let path: String
    /// The number of bytes of complete pieces.
    private(set) var position = 0
    /// The number of pieces that could not be written, and the reason of the first failure.
    private(set) var lost: (count: Int, reason: String)?
    private var descriptor: Int32 = -1
    private let words: Words
    private let mayWrite: () -> Bool
    private let warn: (String) -> Void

    /// A file that is not opened yet.
    ///
    /// - Parameters:
    ///   - mayWrite: Whether the file still belongs to this run, rather than to another that has taken the folder.
    ///   - warn: Prints a warning.
    init(
        path: String, _ words: Words, mayWrite: @escaping () -> Bool, _ warn: @escaping (String) -> Void
    ) {
        self.path = path
        self.words = words
        self.mayWrite = mayWrite
        self.warn = warn
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file at `length` bytes and cuts off what an earlier run wrote after them; at its end if it is shorter.
    ///
    /// - Parameter whole: Returns how many of those bytes are complete pieces; all of them unless given.
    func start(at length: Int, whole: ((UnsafeRawBufferPointer) -> Int)? = nil) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileOutput.failure("cannot create", path) }
        do { position = try cut(descriptor, to: length, whole) } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        if position < length {
            warn(
                "\(path) has \(counted(position, "byte")), the checkpoint counts \(length): earlier \(plural(of: words.piece)) are missing"
            )
        }
    }

    private func cut(
        _ descriptor: Int32, to length: Int, _ whole: ((UnsafeRawBufferPointer) -> Int)?
    ) throws -> Int {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var kept = min(max(0, size), length)
        if kept > 0, let whole {
            guard let map = mmap(nil, kept, PROT_READ, MAP_PRIVATE, descriptor, 0), map != MAP_FAILED else {
                throw FileOutput.failure("cannot read", path)
            }
            defer { munmap(map, kept) }
            kept = whole(UnsafeRawBufferPointer(start: map, count: kept))
        }
        guard size >= 0, size == kept || ftruncate(descriptor, kept) == 0,
            lseek(descriptor, 0, SEEK_END) == kept
        else { throw FileOutput.failure("cannot cut to \(counted(kept, "byte"))", path) }
        return kept
    }

    /// Appends a piece.
    func append(_ bytes: [UInt8]) {
        guard mayWrite() else { return }
        do {
            try FileOutput.write(bytes, to: descriptor, path: path)
            position += bytes.count
        } catch {
            // Remove what was written of the piece, so that the file holds complete pieces only.
            if ftruncate(descriptor, position) == 0 { lseek(descriptor, 0, SEEK_END) }
            if lost == nil { warn("\(words.subject) are lost, training goes on: \(error)") }
            lost = ((lost?.count ?? 0) + 1, lost?.reason ?? "\(error)")
        }
    }

    /// Waits until all pieces so far are on disk; for any thread, while the file is open.
    var synchronization: @Sendable () throws -> Void {
        { [descriptor, path] in try FileOutput.synchronize(descriptor, path: path) }
    }

    /// Waits until the file is on disk, and throws if pieces were lost.
    func finish() throws {
        try synchronization()
        guard let lost else { return }
        throw TrainingError(
            .io,
            "\(path) lacks \(counted(lost.count, words.piece)): \(lost.reason); all other results are there")
    }
}

import Foundation
import Glibc
import Messages

/// A file that a sink appends to as a run goes on, in pieces that are there whole or not at all.
///
/// A piece that cannot be written, because the disk is full for instance, does not end training: the first is said at once,
/// all of them when the run ends.
final class AppendedFile {
    /// What the file is for messages.
    struct Words {
        /// What is lost where a piece is, "metrics".
        let subject: String
        /// A piece, "line".
        let piece: String
    }

    /// The file.
    let path: String
    /// Bytes of it, whole pieces all of them.
    private(set) var position = 0
    /// Pieces that could not be written, and why the first could not.
    private(set) var lost: (count: Int, reason: String)?
    private var descriptor: Int32 = -1
    private let words: Words
    private let mayWrite: () -> Bool
    private let warn: (String) -> Void

    /// A file that is not open yet.
    ///
    /// - Parameters:
    ///   - mayWrite: Whether the file is still this run's: another that has taken the folder goes on in it.
    ///   - warn: Tells a person.
    init(
        path: String, _ words: Words, mayWrite: @escaping () -> Bool, _ warn: @escaping (String) -> Void
    ) {
        self.path = path
        self.words = words
        self.mayWrite = mayWrite
        self.warn = warn
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file at `length` bytes, cutting off what a run before wrote behind it; where there are fewer, at those.
    ///
    /// - Parameter whole: How many of the bytes up to there are whole pieces; all of them unless given.
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
            // What of the piece is there goes again, so that the file holds whole ones.
            if ftruncate(descriptor, position) == 0 { lseek(descriptor, 0, SEEK_END) }
            if lost == nil { warn("\(words.subject) are lost, training goes on: \(error)") }
            lost = ((lost?.count ?? 0) + 1, lost?.reason ?? "\(error)")
        }
    }

    /// What waits until all pieces so far are on disk, on any thread while the file is open.
    var synchronization: @Sendable () throws -> Void {
        { [descriptor, path] in try FileOutput.synchronize(descriptor, path: path) }
    }

    /// Waits for the disk, and throws where pieces were lost.
    func finish() throws {
        try synchronization()
        guard let lost else { return }
        throw TrainingError(
            .io,
            "\(path) lacks \(counted(lost.count, words.piece)): \(lost.reason); all other results are there")
    }
}

import Files
import Foundation
import Glibc
import Messages

/// Writes files so that what has a final name is complete.
enum FileOutput {
    /// Writes `bytes` to `path` and waits until they are on disk.
    static func write(_ bytes: some DataProtocol, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot create", path) }
        defer { close(descriptor) }
        try write(Array(bytes), to: descriptor, path: path)
        try synchronize(descriptor, path: path)
    }

    /// Creates a new file; throws if it exists.
    static func create(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot create", path) }
        return descriptor
    }

    /// Appends to an open file.
    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        try bytes.withUnsafeBytes { try write($0, to: descriptor, path: path) }
    }

    /// Appends to an open file, continuing after short writes.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
        let (written, error) = DurableFile.write(bytes, to: descriptor)
        if let error {
            throw failure("cannot write \(counted(bytes.count - written, "byte")) to", path, error.code)
        }
    }

    /// Waits until an open file is on disk.
    ///
    /// - Returns: False if the file system cannot do that.
    @discardableResult
    static func synchronize(_ descriptor: Int32, path: String) throws -> Bool {
        do { return try DurableFile.flush(descriptor) } catch {
            throw failure("cannot bring all bytes to the disk of", path, error.code)
        }
    }

    /// Waits until changes of names in a folder are on disk.
    ///
    /// - Returns: False if the file system cannot do that.
    @discardableResult
    static func synchronize(folder path: String) throws -> Bool {
        do { return try DurableFile.flush(folder: path) } catch {
            throw failure("cannot synchronize", path, error.code)
        }
    }

    /// Creates a folder and those above it.
    static func makeFolder(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        let parent = PathParts.folder(of: path)
        if !parent.isEmpty, parent != path { try makeFolder(parent) }
        // Another process may create it at the same time.
        guard mkdir(path, 0o755) == 0 || (errno == EEXIST && access("\(path)/.", F_OK) == 0) else {
            throw TrainingError(
                .output,
                "cannot create folder \(path): \(String(cString: strerror(errno))); choose another --output"
            )
        }
    }

    /// Renames a folder or file.
    static func move(_ from: String, to: String) throws {
        guard rename(from, to) == 0 else { throw failure("cannot rename \(from) to", to) }
    }

    /// Throws unless a file of `byteCount` bytes can be written into a folder; the file is removed.
    ///
    /// - Returns: Whether the file system can wait until files are on disk.
    static func probe(folder: String, byteCount: Int) throws -> Bool {
        let path = "\(folder)/.probe-\(getpid())"
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TrainingError(
                errno == ENOSPC || errno == EDQUOT ? .io : .output,
                "cannot write to \(folder): \(String(cString: strerror(errno))); choose another --output"
            )
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        try write([UInt8](repeating: 0, count: byteCount), to: descriptor, path: path)
        return try synchronize(descriptor, path: path)
    }

    /// An error about a path, with a reason of the system, by default its last one.
    static func failure(_ what: String, _ path: String, _ code: Int32 = errno) -> TrainingError {
        let advice = code == ENOSPC || code == EDQUOT ? "; make room there or choose another --output" : ""
        return TrainingError(.io, "\(what) \(path): \(String(cString: strerror(code)))\(advice)")
    }
}

import Files
import Glibc
import Messages

/// Writes a file so that its path always names a whole file: whatever fails, either the old one or the new one.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk before it takes the
/// final name; then the folder is flushed, so that the name survives a power cut too.
enum AtomicFile {
    /// Writes the pieces one after the other to the file at `path`, replacing an older file there.
    static func write(_ pieces: [[UInt8]], to path: String) throws(SafetensorsError) {
        let folder = folder(of: path)
        let (temporary, descriptor) = try create(in: folder, for: path)
        do throws(SafetensorsError) {
            defer { close(descriptor) }
            for piece in pieces { try write(piece, to: descriptor, path: path) }
            do { try DurableFile.flush(descriptor) } catch {
                throw failure(path, "flush the file", error.code)
            }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw failure(path, "rename the temporary file", code)
        }
        do { try DurableFile.flush(folder: folder) } catch {
            throw failure(path, "flush its folder", error.code)
        }
    }

    /// Writes all bytes to an open file; a short write is continued, an interrupted one repeated.
    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SafetensorsError) {
        let (written, error) = bytes.withUnsafeBytes { DurableFile.write($0, to: descriptor) }
        if let error {
            throw failure(path, "write \(counted(bytes.count - written, "more byte"))", error.code)
        }
    }

    /// Opens a new empty file with a unique name. The name does not extend the final name, which may be as long as a
    /// name can be.
    private static func create(
        in folder: String, for path: String
    ) throws(SafetensorsError) -> (path: String, descriptor: Int32) {
        for attempt in 0..<1_000 {
            let temporary = "\(folder)/.safetensors-\(getpid())-\(attempt).tmp"
            // O_EXCL: an earlier process may have left this name, a concurrent writer may be using it.
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return (temporary, descriptor) }
            guard errno == EEXIST else { throw failure(path, "create a file in its folder", errno) }
        }
        throw failure(path, "find a free temporary name in its folder", EEXIST)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ path: String, _ action: String, _ code: Int32) -> SafetensorsError {
        SafetensorsError(
            .unwritable, path: path, expected: "to \(action)",
            found: String(cString: strerror(code)).lowercased())
    }
}

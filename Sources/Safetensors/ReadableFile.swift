import Glibc
import Messages

/// A regular file that is open for reading, with its size.
package final class ReadableFile: Sendable {
    /// The file's size in bytes when it was opened.
    package let size: Int
    private let path: String
    private let descriptor: Int32

    /// Opens the file; throws when there is none, or it is no regular file.
    package init(_ path: String) throws(SafetensorsError) {
        self.path = path
        // Without O_NONBLOCK a pipe in place of the file would block the open forever.
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
            throw SafetensorsError(
                .unreadable, path: path, expected: "a regular file",
                found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// That many bytes from an offset; throws when the file ends before them or memory cannot hold them.
    package func bytes(_ count: Int, at offset: Int) throws(SafetensorsError) -> [UInt8] {
        precondition(count >= 0 && offset >= 0, "\(count) bytes at \(offset)")
        // A sparse file can be larger than any memory, and an array that cannot be had ends the process.
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard count <= memory else {
            throw SafetensorsError(
                .memory, path: path, expected: "at most this machine's \(memory) bytes",
                found: counted(count, "byte"))
        }
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
        guard failed == 0 else { throw Self.failure(path, failed) }
        guard bytes.count == count else {
            throw SafetensorsError(
                .truncated, path: path, expected: "\(counted(size, "byte")), its size when it was opened",
                found: counted(offset + bytes.count, "byte"))
        }
        return bytes
    }

    private static func failure(_ path: String, _ code: Int32) -> SafetensorsError {
        SafetensorsError(
            code == ENOENT || code == ENOTDIR ? .missing : .unreadable, path: path,
            expected: "a readable file", found: String(cString: strerror(code)).lowercased())
    }
}

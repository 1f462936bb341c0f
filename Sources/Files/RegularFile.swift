import Glibc

/// A regular file that is open for reading. Pipes, devices and folders are refused, where opening or reading a pipe
/// could wait.
package final class RegularFile: Sendable {
    /// Why a file cannot be read.
    package enum Failure: Error, Equatable {
        /// A system call failed.
        case system(SystemError)
        /// The path names something else, such as "a folder".
        case otherKind(String)

        /// Whether there is nothing at the path.
        package var isMissing: Bool {
            self == .system(SystemError(ENOENT)) || self == .system(SystemError(ENOTDIR))
        }
    }

    /// Its size in bytes when it was opened.
    package let size: Int
    private let descriptor: Int32

    package init(_ path: String) throws(Failure) {
        // Without O_NONBLOCK a pipe in place of the file would block the open forever.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(SystemError()) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = SystemError()
            close(descriptor)
            throw .system(error)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .otherKind(status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads as many bytes from `offset` as the buffer has room for, fewer only at the end of the file.
    ///
    /// - Returns: The number of bytes read.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
            if got == 0 { break }
            if got > 0 {
                filled += got
            } else if errno != EINTR {
                throw SystemError()
            }
        }
        return filled
    }
}

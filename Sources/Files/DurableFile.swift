import Glibc

/// Writes files and names through to the disk, where the file system can.
///
/// Some file systems (FUSE, network and cluster ones) cannot flush a file or a folder and say so. That is no reason to
/// end a run, so the functions return it and do not throw.
package enum DurableFile {
    /// Writes all bytes to an open file; a short write is continued, an interrupted one repeated.
    ///
    /// - Returns: The number of bytes written: all, unless `failure` says why not.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> (
        written: Int, failure: SystemError?
    ) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(
                descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                return (written, SystemError(count == 0 ? EIO : errno))
            }
        }
        return (written, nil)
    }

    /// Waits until the content of an open file is on disk.
    ///
    /// - Returns: False if the file system cannot flush a file.
    @discardableResult
    package static func flush(_ descriptor: Int32) throws(SystemError) -> Bool {
        while fsync(descriptor) != 0 {
            let error = SystemError()
            if error.isMissingOperation { return false }
            guard error.code == EINTR else { throw error }
        }
        return true
    }

    /// Waits until a change of names in a folder is on disk.
    ///
    /// - Returns: False if the file system cannot flush a folder.
    @discardableResult
    package static func flush(folder path: String) throws(SystemError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = SystemError()
            if error.isMissingOperation { return false }
            throw error
        }
        defer { close(descriptor) }
        return try flush(descriptor)
    }
}

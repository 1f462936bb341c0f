import Glibc

/// The error of a system call that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number, such as EIO.
    package let code: Int32

    /// The error with this number, by default that of the call just made.
    package init(_ code: Int32 = errno) { self.code = code }

    package var description: String { String(cString: strerror(code)) }

    /// Whether the file system has no such operation, rather than that the operation went wrong.
    package var isMissingOperation: Bool { [ENOSYS, EOPNOTSUPP, EINVAL].contains(code) }
}

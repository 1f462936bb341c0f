import Glibc

/// What the system answered to a call that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number, such as EIO.
    package let code: Int32

    /// The error with this number; that of the call just made unless told otherwise.
    package init(_ code: Int32 = errno) { self.code = code }

    /// The system's words for it.
    package var description: String { String(cString: strerror(code)) }

    /// Whether it says that the file system has no such operation, rather than that the operation went wrong.
    package var isMissingOperation: Bool { [ENOSYS, EOPNOTSUPP, EINVAL].contains(code) }
}

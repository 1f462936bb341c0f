import Glibc

/// A lock that the kernel drops when the process ends: flock, or F_OFD_SETLK where the file system has no flock.
///
/// The older F_SETLK does not do: it is dropped as soon as any descriptor of the file is closed.
final class KernelLock: Sendable {
    /// What came of an attempt.
    enum Outcome {
        case held(KernelLock)
        /// Another process has it.
        case busy
        /// The file system has neither kind; the error is that of flock.
        case missing(SystemError)
    }

    let mechanism: FolderLock.Mechanism
    private let descriptor: Int32

    private init(_ descriptor: Int32, _ mechanism: FolderLock.Mechanism) {
        self.descriptor = descriptor
        self.mechanism = mechanism
    }

    deinit { close(descriptor) }

    /// Tries to lock the file at `path`, which is made if it does not exist.
    static func take(_ path: String) throws(SystemError) -> Outcome {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError() }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        guard let error = failure({ flock(descriptor, LOCK_EX | LOCK_NB) }) else {
            isKept = true
            return .held(KernelLock(descriptor, .flock))
        }
        if error.code == EWOULDBLOCK { return .busy }
        guard isMissing(error) else { throw error }
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        guard let second = failure({ fcntl(descriptor, setOpenFileLock, &range) }) else {
            isKept = true
            return .held(KernelLock(descriptor, .openFile))
        }
        if second.code == EAGAIN || second.code == EACCES { return .busy }
        guard isMissing(second) else { throw second }
        return .missing(error)
    }

    /// F_OFD_SETLK, which the C library shows to GNU sources only.
    private static let setOpenFileLock: Int32 = 37

    private static func isMissing(_ error: SystemError) -> Bool {
        error.isMissingOperation || error.code == ENOLCK
    }

    /// The error of a call, nil if it succeeded; an interrupted call is repeated.
    private static func failure(_ call: () -> Int32) -> SystemError? {
        while call() != 0 {
            let error = SystemError()
            if error.code != EINTR { return error }
        }
        return nil
    }
}

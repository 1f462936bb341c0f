import Glibc

/// A small file in which a worker notes how far it is, so that it is known after its death.
struct StatusFile {
    /// How far a worker is.
    struct Status: Equatable {
        /// The input that is being read, or the one behind the last.
        var number: UInt64 = 0
        /// How many were accepted.
        var accepted: UInt64 = 0
        /// How many were refused.
        var refused: UInt64 = 0
    }

    /// The file's path.
    let path: String
    private let descriptor: Int32

    /// Opens the file, which is created where there is none.
    init(_ path: String) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "cannot open \(path): errno \(errno)")
    }

    /// Notes a status.
    func write(_ status: Status) {
        let words = [status.number, status.accepted, status.refused]
        let count = pwrite(descriptor, words, 24, 0)
        precondition(count == 24, "cannot write \(path): errno \(errno)")
    }

    /// The status that was noted last; the first one before that.
    func read() -> Status {
        var words: [UInt64] = [0, 0, 0]
        guard pread(descriptor, &words, 24, 0) == 24 else { return Status() }
        return Status(number: words[0], accepted: words[1], refused: words[2])
    }

    /// Removes the file.
    func remove() {
        close(descriptor)
        unlink(path)
    }
}

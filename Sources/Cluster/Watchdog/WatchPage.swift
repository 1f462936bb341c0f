import Glibc

/// Memory with a line per rank, which the watchdogs of a node share through a file.
///
/// Each watchdog writes its own rank's line and the states that come from other nodes. The memory lives as long as the
/// object, even if the file is removed.
final class WatchPage: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Zeroed memory of this process alone.
    init(privateLines lines: Int) {
        byteCount = max(1, lines) * RankState.byteCount
        base = .allocate(byteCount: byteCount, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        isMapped = false
    }

    private let isMapped: Bool

    /// Memory shared by all processes that open the same path, which is made if it does not exist; nil on failure.
    ///
    /// - Parameter isNew: Whether the file must not exist yet.
    init?(path: String, lines: Int, isNew: Bool = false) {
        byteCount = max(1, lines) * RankState.byteCount
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_EXCL : 0)
        let file = open(path, flags, 0o600)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        // A file of another user, or one that is not a plain file, is not to be trusted.
        guard fstat(file, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        // The pages are allocated now: one that is missing later would end the process.
        guard posix_fallocate(file, 0, off_t(byteCount)) == 0 else { return nil }
        guard let pointer = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            pointer != MAP_FAILED
        else { return nil }
        base = pointer
        isMapped = true
    }

    deinit {
        if isMapped { munmap(base, byteCount) } else { base.deallocate() }
    }

    /// The address of a rank's state.
    func line(_ number: Int) -> UnsafeMutableRawPointer {
        precondition((0..<byteCount / RankState.byteCount).contains(number), "line \(number) of a watch page")
        return base + number * RankState.byteCount
    }
}

import Glibc

/// Memory with a line per rank, which the watchdogs of a node share through a file.
///
/// Each watchdog writes its own rank's line, and what comes in of other nodes. The memory lives as long as the object,
/// whatever becomes of the file.
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

    /// Memory that all processes see which open the same path, made if it is not there; nil where it cannot be had.
    ///
    /// - Parameter isNew: Whether the file must not be there yet.
    init?(path: String, lines: Int, isNew: Bool = false) {
        byteCount = max(1, lines) * RankState.byteCount
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_EXCL : 0)
        let file = open(path, flags, 0o600)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        // A file of somebody else's, or one that is no plain file, is nobody's to trust.
        guard fstat(file, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        // Room is taken now: a page that cannot be had later would end the process.
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

    /// Where a rank's state stands.
    func line(_ number: Int) -> UnsafeMutableRawPointer {
        precondition((0..<byteCount / RankState.byteCount).contains(number), "line \(number) of a watch page")
        return base + number * RankState.byteCount
    }
}

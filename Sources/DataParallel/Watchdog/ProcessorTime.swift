import Glibc

/// What this process spends its time on, as far as the system tells.
enum ProcessorTime {
    /// Seconds of processor time that all threads have used.
    static var seconds: Double { clock(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds of a clock that stands still while the machine sleeps.
    static var monotonicSeconds: Double { clock(CLOCK_MONOTONIC) }

    /// Whether the process's first thread waits for a disk or a network file system.
    static var isWaitingForDisk: Bool {
        let file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(file, &bytes, bytes.count)
        // "PID (name) STATE ...", and the name may hold anything.
        guard count > 0, let nameEnd = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), nameEnd + 2 < count
        else { return false }
        return bytes[nameEnd + 2] == UInt8(ascii: "D")
    }

    private static func clock(_ id: clockid_t) -> Double {
        var time = timespec()
        guard clock_gettime(id, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

import Glibc

/// What this process spends its time on, as far as the system tells.
enum ProcessorTime {
    /// Seconds of processor time that all threads have used.
    static var seconds: Double { clock(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds of a clock that stands still while the machine sleeps.
    static var monotonicSeconds: Double { clock(CLOCK_MONOTONIC) }

    /// Whether a thread of the process waits for a disk or a network file system.
    static var isWaitingForDisk: Bool {
        guard let tasks = opendir("/proc/self/task") else { return false }
        defer { closedir(tasks) }
        while let entry = readdir(tasks) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let thread = name.flatMap({ Int32($0) }), isWaitingForDisk(thread) { return true }
        }
        return false
    }

    private static func isWaitingForDisk(_ thread: Int32) -> Bool {
        let file = open("/proc/self/task/\(thread)/stat", O_RDONLY | O_CLOEXEC)
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

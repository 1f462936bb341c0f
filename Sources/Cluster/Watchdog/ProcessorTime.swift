import Glibc

/// What this process spends its time on, as far as the system shows.
enum ProcessorTime {
    /// Seconds of processor time that all threads have used.
    static var seconds: Double { clock(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds of a clock that stops while the machine sleeps.
    static var monotonicSeconds: Double { clock(CLOCK_MONOTONIC) }

    /// Whether a thread of the process waits for a disk or a network file system.
    static var isWaitingForDisk: Bool {
        ProcessFiles.numbers(in: "/proc/self/task").contains {
            ProcessFiles.status("/proc/self/task/\($0)")?.fields.first == "D"
        }
    }

    private static func clock(_ id: clockid_t) -> Double {
        var time = timespec()
        guard clock_gettime(id, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

import Glibc

/// A clock that is never set.
enum Monotonic {
    /// Seconds since some fixed moment.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

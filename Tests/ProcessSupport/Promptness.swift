import Glibc

/// What is promised to take some seconds at most, on machines that may be busy with other work.
package enum Promptness {
    /// How long a command may take that is not about time: against hangs alone.
    package static let patience = Duration.seconds(300)

    /// How many times longer than on an idle machine work takes now, at least 1: real time ÷ processor time of a short
    /// computation on every core at once.
    package static var slowdown: Double {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var threads: [pthread_t] = []
        let start = seconds(CLOCK_MONOTONIC)
        for _ in 0..<cores {
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { _ in
                    var sum: UInt64 = 1
                    while Promptness.seconds(CLOCK_THREAD_CPUTIME_ID) < Promptness.probe {
                        for value in 0..<1000 as Range<UInt64> { sum = sum &* 31 &+ value }
                    }
                    return UnsafeMutableRawPointer(bitPattern: sum == 0 ? 1 : 0)
                }, nil)
            if code == 0 { threads.append(thread) }
        }
        for thread in threads { pthread_join(thread, nil) }
        return max(1, (seconds(CLOCK_MONOTONIC) - start) / probe)
    }

    /// Calls `body` until it takes at most `limit` seconds, as they are on an idle machine; three times at most.
    ///
    /// - Returns: What the last call gave, and what its seconds were worth on an idle machine.
    package static func measured<T>(
        limit: Double, _ body: () throws -> T
    ) rethrows -> (value: T, seconds: Double) {
        var attempt = 1
        while true {
            let before = slowdown
            let start = seconds(CLOCK_MONOTONIC)
            let value = try body()
            let taken = seconds(CLOCK_MONOTONIC) - start
            let worth = taken <= limit ? taken : taken / max(before, slowdown)
            if worth <= limit || attempt == 3 { return (value, worth) }
            attempt += 1
        }
    }

    /// Processor seconds of the computation that is timed.
    private static let probe = 0.1

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

import Glibc

/// Waits for other ranks: a short spin, since they are usually there, then gives the core away between looks.
struct Waiting {
    private static let spins = 200
    private var looks = 0

    /// One turn of waiting.
    mutating func turn() {
        looks += 1
        if looks > Self.spins { sched_yield() }
    }
}

import Glibc

/// Waits for other ranks or threads: a short spin where they run at the same time, then gives the core away between
/// looks.
package struct Waiting {
    /// Looks before the core is given away, where everyone has a core.
    package static let defaultSpins = 200
    private let spins: Int
    private var looks = 0

    /// Waiting that looks `spins` times before it yields.
    package init(spins: Int = Self.defaultSpins) { self.spins = spins }

    /// One turn of waiting.
    package mutating func turn() {
        looks += 1
        if looks > spins { sched_yield() }
    }
}

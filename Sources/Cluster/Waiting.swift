import Glibc

/// Waits for other ranks or threads: looks a number of times in a row, then yields the core between looks.
package struct Waiting {
    /// Looks before the core is yielded, for when every rank has a core.
    package static let defaultSpins = 200
    private let spins: Int
    private var looks = 0

    package init(spins: Int = Self.defaultSpins) { self.spins = spins }

    /// To be called after each look that found nothing.
    package mutating func turn() {
        looks += 1
        if looks > spins { sched_yield() }
    }
}

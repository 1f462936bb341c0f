/// The losses of the last steps, from which `LossSpikeGuard` tells a spike.
package struct RecentLosses: Codable, Sendable, Equatable {
    /// Mean losses, the oldest first.
    package private(set) var values: [Double] = []

    package init() {}

    /// Adds a step's mean loss and keeps the last `window`; a loss that is not finite is ignored.
    package mutating func observe(_ loss: Double, window: Int) {
        guard loss.isFinite else { return }
        if values.count >= window { values.removeFirst(values.count - window + 1) }
        values.append(loss)
    }
}

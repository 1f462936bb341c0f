/// The losses of the last steps, of which a guard tells a spike.
package struct RecentLosses: Codable, Sendable, Equatable {
    /// Mean losses, the oldest first.
    package private(set) var values: [Double] = []

    /// No losses yet.
    package init() {}

    /// Takes a step's mean loss, and keeps `window` of them; one that is not finite is left out.
    package mutating func observe(_ loss: Double, window: Int) {
        guard loss.isFinite else { return }
        if values.count >= window { values.removeFirst(values.count - window + 1) }
        values.append(loss)
    }
}

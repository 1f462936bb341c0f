/// The best value of a watched metric so far.
package struct MetricWatch: Codable, Sendable, Equatable {
    /// The best value; nil before the first.
    package private(set) var best: Double?
    /// The epoch of the best value, counted from 1; 0 before the first.
    package private(set) var bestEpoch = 0
    /// The number of epochs since then.
    package private(set) var epochsSinceBest = 0

    package init() {}

    /// Takes an epoch's value; true if it is better than the best so far by more than `minimumChange`.
    ///
    /// A value that is not finite is never better.
    package mutating func observe(
        _ value: Double, epoch: Int, isHigherBetter: Bool, minimumChange: Double
    ) -> Bool {
        let isBetter =
            value.isFinite
            && (best.map { isHigherBetter ? value > $0 + minimumChange : value < $0 - minimumChange } ?? true)
        if isBetter {
            best = value
            bestEpoch = epoch
            epochsSinceBest = 0
        } else {
            epochsSinceBest += 1
        }
        return isBetter
    }
}

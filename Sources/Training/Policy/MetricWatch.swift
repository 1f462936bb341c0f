/// The best value of a watched metric so far.
package struct MetricWatch: Codable, Sendable, Equatable {
    /// The best value; nil before the first.
    package private(set) var best: Double?
    /// The epoch of the best value, counted from 1; 0 before the first.
    package private(set) var bestEpoch = 0
    /// The step of the best value, where evaluations within epochs are watched.
    package private(set) var bestStep: Int?
    /// The number of epochs since then, or of evaluations where those are watched.
    package private(set) var epochsSinceBest = 0

    package init() {}

    /// Where the best value was, in words: "epoch 3", or "step 120, in epoch 3".
    package var place: String { (bestStep.map { "step \($0), in " } ?? "") + "epoch \(bestEpoch)" }

    /// Takes the value of an epoch, or of a step's evaluation; true if it is better than the best so far by more than `minimumChange`.
    ///
    /// A value that is not finite is never better.
    package mutating func observe(
        _ value: Double, epoch: Int, step: Int? = nil, isHigherBetter: Bool, minimumChange: Double
    ) -> Bool {
        let isBetter =
            value.isFinite
            && (best.map { isHigherBetter ? value > $0 + minimumChange : value < $0 - minimumChange } ?? true)
        if isBetter {
            best = value
            bestEpoch = epoch
            bestStep = step
            epochsSinceBest = 0
        } else {
            epochsSinceBest += 1
        }
        return isBetter
    }
}

import Messages

/// The loss still falls in a straight line, or has hardly fallen, and from the run's weights some steps at a higher rate
/// bring it down much faster than as many at the run's own.
struct RateTooLow: FindingRule {
    static let name = Finding.Name.rateTooLow
    static let needsRun = true

    /// How many times as far a higher rate must get, and the share of the loss that it must take away. On a straight
    /// line ten times the rate gets ten times as far.
    static let speed = 5.0
    static let share = 0.1
    /// The part of the loss up to which it may rise by chance at a rate at which it stands still.
    static let still = 1e-3

    func finding(in measured: Measurements) -> Finding? {
        guard let course = measured.course, course.stillFalls, measured.isTrainingLossHigh,
            let trials = measured.higherRates, let own = trials.own.loss,
            // If the loss rises at the run's own rate, rates cannot be compared.
            own <= trials.start + Self.still * abs(trials.start)
        else { return nil }
        let fall = max(0, trials.start - own)
        let better = trials.higher.first { trial in
            guard let loss = trial.loss else { return false }
            let gain = trials.start - loss
            return gain >= Self.speed * fall && gain >= Self.share * abs(trials.start)
        }
        guard let better, let loss = better.loss else { return nil }
        let slow = PageText.pair(trials.start, own, digits: 3)
        return found(
            "the loss \(course.lateFall.map { $0 > 0 } ?? false ? "still falls" : "has hardly fallen") at the end of the run; from its weights, \(counted(better.steps, "step")) at the rate of \(text(trials.own.rate)) take it from \(slow.0) to \(slow.1), as many at \(text(better.rate)) to \(text(loss))",
            key: "optimizer.lr")
    }
}

import Messages

/// From the same first weights a lower rate came, in a few steps, to a lower loss than the whole run; or the rate is far
/// beyond the largest stable one and the loss no longer falls.
struct RateTooHigh: FindingRule {
    static let name = Finding.Name.rateTooHigh
    static let needsRun = true

    /// A trial's loss is clearly lower up to this part of the run's training loss.
    static let clearly = 0.8
    /// Up to this multiple of the loss of a constant answer, and of the first loss, a trial has not diverged.
    static let kept = 1.1
    /// The rate ÷ the largest stable one: training sits at about 1 by itself (Cohen et al., "Gradient descent on neural
    /// networks typically occurs at the edge of stability", ICLR 2021), far beyond it steps grow.
    static let edge = 2.0

    func finding(in measured: Measurements) -> Finding? {
        let rate = measured.setup.rate
        guard let course = measured.course, measured.isTrainingLossHigh, rate > 0 else { return nil }
        let loss = measured.trainingLoss
        // If the run diverged, it is enough that a trial does not.
        let bound =
            loss.map { Self.clearly * $0 }
            ?? Self.kept * min(measured.constant, course.firstLoss ?? .infinity)
        let better = measured.lowerRates.first { trial in trial.loss.map { $0 <= bound } ?? false }
        if let better, let reached = better.loss {
            let run =
                loss.map { "the run of \(counted(course.steps, "step")) came to \(text($0))" }
                ?? "the run diverged"
            return found(
                "\(run) at a rate of \(text(rate)); from the same first weights, \(counted(better.steps, "step")) at \(text(better.rate)) come to \(text(reached))",
                key: "optimizer.lr")
        }
        if course.isDiverged, ExplodingGradients().finding(in: measured) == nil, measured.lowerRates.isEmpty {
            let first = course.firstLoss.map { ", which was \(text($0)) at first" } ?? ""
            return found(
                "the run diverged at a rate of \(text(rate)): the loss\(first) was no number after \(counted(course.steps, "step"))",
                key: "optimizer.lr")
        }
        guard let edge = measured.edge, edge > Self.edge, !measured.setup.usesBatchStatistics,
            course.isOnPlateau
        else { return nil }
        return found(
            "the rate is \(text(edge)) times the largest stable one at the weights, and the loss no longer falls",
            key: "optimizer.lr")
    }
}

import Messages

/// The training loss is high, no model with so few weights did better, and a larger one trained for less time did.
struct ModelTooSimple: FindingRule {
    static let name = Finding.Name.modelTooSimple
    static let needsRun = true

    /// Below this part of the run's training loss a reference's is clearly lower. References are trained on a part of the
    /// examples, for half of the run's steps at most, and measured on examples that are new to them and not to the run:
    /// each of these makes theirs higher, so a third less is no matter of luck.
    static let clearly = 0.7

    func finding(in measured: Measurements) -> Finding? {
        guard measured.isTrainingLossHigh, let loss = measured.trainingLoss,
            let own = measured.references.first(where: \.isOwn),
            OptimizationFails().finding(in: measured) == nil
        else { return nil }
        let larger = measured.references.filter { $0.parameters > own.parameters }
        guard let best = larger.min(by: { $0.loss < $1.loss }), best.loss <= Self.clearly * loss else {
            return nil
        }
        let budget = measured.budget
        return found(
            "the training loss is \(text(loss)), where \(best.description), of \(counted(best.parameters, "parameter")) against \(own.parameters), comes to \(text(best.loss)) in \(counted(budget.steps, "step")) on \(counted(budget.examples, "example")), measured on \(budget.measuredOn) others; the same model from new weights comes to \(text(own.loss))",
            key: "model")
    }
}

import Messages

/// The training loss is high, and a model with no more weights, a shallower one or the same from its first weights, came to
/// a lower one in less time: the model could have, so optimization has failed.
struct OptimizationFails: FindingRule {
    static let name = Finding.Name.optimizationFails
    static let needsRun = true

    func finding(in measured: Measurements) -> Finding? {
        guard measured.isTrainingLossHigh, let loss = measured.trainingLoss,
            let own = measured.references.first(where: \.isOwn)
        else { return nil }
        let smaller = measured.references.filter { $0.parameters <= own.parameters }
        guard let best = smaller.min(by: { $0.loss < $1.loss }), best.loss <= ModelTooSimple.clearly * loss
        else { return nil }
        let budget = measured.budget
        let canLearn = own.loss <= ModelTooSimple.clearly * loss
        let reason =
            canLearn
            ? "so the optimizer, its rate or its weight decay keeps it from there"
            : "the same model, drawn anew in the same way, comes to \(text(own.loss)) with Adam, too, so its depth or its first values keep it from there: normalization, residual connections or other initializers help"
        return found(
            "the training loss is \(text(loss)), where \(best.description) comes to \(text(best.loss)) with Adam in \(counted(budget.steps, "step")) on \(counted(budget.examples, "example")), measured on \(budget.measuredOn) others: \(reason)",
            key: canLearn ? "optimizer" : "model")
    }
}

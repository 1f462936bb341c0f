/// The training loss has stopped falling about where it must if a share of the labels is wrong at random. The share is
/// that of labels contradicted by a model among those examples, new to it, that it is surest of.
///
/// Where examples are hard a model contradicts labels that it is unsure of, and few of the others; where labels are wrong at
/// random it contradicts as many of those it is sure of (Northcutt, Jiang and Chuang, "Confident learning", JAIR 2021).
struct LabelNoise: FindingRule {
    static let name = Finding.Name.labelNoise
    static let needsRun = true

    /// The share of labels, at least two standard errors above it, from which on they are noise. Of Fashion-MNIST's
    /// surest half, 1 to 2 % are contradicted.
    static let share = 0.05
    static let deviations = 2.0
    /// The least ratio of the surest quarter's share to the surest half's.
    static let evenness = 0.7
    /// The explained loss must be at least `explained` of the training loss, and this at least `remaining` of the
    /// explained loss: below it labels have been learned by heart.
    static let explained = 0.6
    static let remaining = 0.5
    /// The fewest examples of the surest half.
    static let fewest = 50

    func finding(in measured: Measurements) -> Finding? {
        guard measured.setup.isCrossEntropy, measured.isTrainingLossHigh, let loss = measured.trainingLoss,
            let course = measured.course, course.isOnPlateau, let agreement = measured.agreement,
            agreement.examples / 2 >= Self.fewest
        else { return nil }
        let share = agreement.surestHalf
        let error = (share * (1 - share) / Double(agreement.examples / 2)).squareRoot()
        guard share - Self.deviations * error >= Self.share,
            agreement.surestQuarter >= Self.evenness * share,
            // A model that knows no more than the most frequent label says nothing about labels.
            share <= 0.75 * (1 - agreement.mostFrequent),
            agreement.explainedLoss >= Self.explained * loss, loss >= Self.remaining * agreement.explainedLoss
        else { return nil }
        return found(
            "the training loss stays at \(text(loss)); a model contradicts \(percent(share)) of the labels of the half of \(agreement.examples) examples, new to it, that it is surest of, and \(percent(agreement.surestQuarter)) of the quarter: labels of which so many are wrong keep the loss at \(text(agreement.explainedLoss))",
            key: "data.train")
    }
}

/// The loss of the test set is far above that of training examples, and inputs do not tell which set they are of; or the
/// validation set, of the training set's own kind, is as far above it.
struct Overfitting: FindingRule {
    static let name = Finding.Name.overfitting

    /// How many times the training loss the test loss is, at least, and the part of a constant answer's loss that lies between
    /// them: a quarter of all there is to learn was learned of the training examples alone. Networks that are well trained
    /// have a ratio of two or three, at a small distance.
    static let ratio = 2.0
    static let distance = 0.25
    /// The same part where the test loss has risen during the run, and its last value ÷ its lowest, both means over a quarter
    /// of the epochs.
    static let risenDistance = 0.15
    static let rise = 1.3
    /// The fewest test examples for a meaningful test loss.
    static let fewest = 30

    func finding(in measured: Measurements) -> Finding? {
        guard let losses = measured.losses, losses.testExamples >= Self.fewest, let test = losses.test else {
            return nil
        }
        let isShifted = ShiftedTestSet.isShifted(measured)
        guard let other = isShifted ? losses.validation : test else { return nil }
        let rise = measured.course.flatMap { course -> Double? in
            guard !isShifted, let best = course.bestTestLoss, let last = course.lastTestLoss, best > 0 else {
                return nil
            }
            return last / best
        }
        let hasRisen = rise.map { $0 >= Self.rise } ?? false
        let least = (hasRisen ? Self.risenDistance : Self.distance) * measured.constant
        guard other >= Self.ratio * losses.training, other - losses.training >= least else { return nil }
        var evidence =
            "the loss is \(text(losses.training)) over \(losses.examples) training examples and \(text(other)) over \(isShifted ? "the validation set" : "\(losses.testExamples) \(losses.testName) examples"), where a constant answer has \(text(measured.constant))"
        if let training = losses.trainingAccuracy, let accuracy = losses.testAccuracy, !isShifted {
            evidence += "; accuracy \(percent(training)) and \(percent(accuracy))"
        }
        if let line = Self.bound(measured), !isShifted { evidence += "; \(line)" }
        if hasRisen, let rise { evidence += "; it has risen to \(text(rise)) times its lowest" }
        if let samples = measured.samples, !isShifted {
            evidence +=
                "; a classifier knows the set of \(percent(samples.accuracy)) of inputs, so the sets are alike"
        }
        return found(
            evidence,
            key: hasRisen
                ? "training.early_stopping"
                : measured.setup.hasWeightDecay ? "data.augment" : "optimizer.weight_decay")
    }

    /// What the union bound asks for, where accuracies are known and that of the test set is lower.
    private static func bound(_ measured: Measurements) -> String? {
        guard let losses = measured.losses, let training = losses.trainingAccuracy,
            let test = losses.testAccuracy, training > test, measured.setup.parameters > 0
        else { return nil }
        let bound = UnionBound(parameters: measured.setup.parameters, gap: training - test)
        let wanted = ProgressReporter.significant(bound.examples(forProbability: 0.05), 3)
        return
            "the bound 2|H|exp(−2Nε²) over all |H| = 2^(32 · \(bound.parameters)) networks would ask for N = \(wanted) examples to make a gap of ε = \(ProgressReporter.significant(bound.gap, 3)) improbable (0.05), where there are \(measured.setup.trainingExamples): far too loose to be taken literally"
    }
}

/// The test loss is above the training loss, and a classifier knows of most inputs which of the sets they are of.
///
/// Reference: Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017, arXiv:1610.06545.
struct ShiftedTestSet: FindingRule {
    static let name = Finding.Name.shiftedTestSet

    /// The accuracy from which on the sets differ, where one half is chance, if it is beyond chance by five of its standard
    /// errors as well: sets of one kind give 0.5 ± 0.5/√n.
    static let accuracy = 0.6
    static let deviations = 5.0
    /// How many times the training loss the test loss is, and the part of a constant answer's loss between them.
    static let ratio = 1.2
    static let distance = 0.05

    func finding(in measured: Measurements) -> Finding? {
        guard Self.isShifted(measured), let losses = measured.losses, let test = losses.test,
            let samples = measured.samples
        else { return nil }
        return found(
            "a classifier knows the set of \(percent(samples.accuracy)) of \(samples.examples) inputs, training or \(losses.testName), that it was not trained on; the loss is \(text(losses.training)) over training examples and \(text(test)) over \(losses.testName) examples",
            key: "data.train")
    }

    /// Whether the test loss is worth a look at the inputs.
    static func isWorthALook(_ measured: Measurements) -> Bool {
        guard let losses = measured.losses, let test = losses.test, losses.testExamples >= Overfitting.fewest
        else { return false }
        return test >= ratio * losses.training && test - losses.training >= distance * measured.constant
    }

    /// Whether the sets differ, and the test loss shows it.
    static func isShifted(_ measured: Measurements) -> Bool {
        guard isWorthALook(measured), let samples = measured.samples else {
            return false
        }
        let error = (0.25 / Double(max(1, samples.examples))).squareRoot()
        return samples.accuracy >= accuracy && samples.accuracy - 0.5 >= deviations * error
    }
}

import Datasets

/// The class weights of a data set's examples in a mean over them.
struct LabelWeights {
    private let weights: [Double]
    private let examples: StoredExamples

    init(_ weights: [Double], examples: StoredExamples) {
        self.weights = weights
        self.examples = examples
    }

    /// Σ weight over the examples at `rows`.
    ///
    /// Labels are known before a step, so every rank counts the labels of the whole mini-batch and sums the weights in
    /// the order of classes: the same result on all ranks, without an exchange for the step to wait for.
    func sum(_ rows: ArraySlice<Int32>) -> Double {
        guard let classes = examples.classes else {
            preconditionFailure("weights of classes for labels \(examples.layout.labels)")
        }
        var counts = Array(repeating: 0, count: weights.count)
        for row in rows { counts[Int(classes[Int(row)])] += 1 }
        return zip(counts, weights).reduce(0.0) { $0 + Double($1.0) * $1.1 }
    }
}

extension Replica {
    /// The divisor of a mini-batch's mean loss: its number of examples, or the sum of their class weights.
    func weight(of batch: Batch) -> Double { labelWeights?.sum(batch.rows) ?? Double(batch.count) }
}

import Datasets

/// What the examples of a data set count in a mean over them, by their class.
struct LabelWeights {
    private let weights: [Double]
    private let examples: StoredExamples

    /// Weights of the classes of `examples`, one for each.
    init(_ weights: [Double], examples: StoredExamples) {
        self.weights = weights
        self.examples = examples
    }

    /// Σ weight over the examples at `rows`.
    ///
    /// Labels are known before a step, so every rank counts those of the whole mini-batch: whole numbers, then one sum
    /// in the order of classes. It is the same on all ranks without an exchange that the step would have to wait for.
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
    /// What the examples of a mini-batch count in the mean loss: their number, unless the loss weighs classes.
    func weight(of batch: Batch) -> Double { labelWeights?.sum(batch.rows) ?? Double(batch.count) }
}

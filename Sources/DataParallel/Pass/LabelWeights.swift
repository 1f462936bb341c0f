import Datasets
import Layers

/// What a mean over the labels of examples is divided by, where that is not the number of examples: the positions that
/// count, or the weights of the labels' classes.
struct LabelWeights {
    /// The weight of each class; nil where all labels count alike.
    private let weights: [Double]?
    /// Whether examples have one label each.
    private let isOfExamples: Bool
    /// Rows of outputs of an example.
    private let rows: Int
    private let examples: StoredExamples

    /// The weights of a data set's labels for a model; nil where every example counts 1.
    init?(_ model: TracedModel, examples: StoredExamples) {
        guard model.dividesByWeight else { return nil }
        weights = model.labelWeights
        isOfExamples = model.positions.isEmpty
        rows = model.rowCount
        self.examples = examples
    }

    /// Σ weight over the labels of the examples at `rows`.
    ///
    /// Labels are known before a step, so every rank counts the labels of the whole mini-batch and sums the weights in
    /// the order of classes: the same result on all ranks, without an exchange for the step to wait for.
    func sum(_ rows: ArraySlice<Int32>) -> Double {
        guard let weights else { return Double(count(rows)) }
        guard let labels = examples.classIndices else {
            preconditionFailure("weights of classes for labels \(examples.layout.labels)")
        }
        let width = examples.layout.labelWidth
        var counts = Array(repeating: 0, count: weights.count)
        for row in rows {
            for place in Int(row) * width..<(Int(row) + 1) * width where labels[place] >= 0 {
                counts[Int(labels[place])] += 1
            }
        }
        return zip(counts, weights).reduce(0.0) { $0 + Double($1.0) * $1.1 }
    }

    /// The number of labels, of those of the examples at `rows`, that count.
    func count(_ rows: ArraySlice<Int32>) -> Int {
        if isOfExamples { return rows.count }
        guard let labels = examples.classIndices else {
            guard let lengths = examples.lengths else { return rows.count * self.rows }
            return rows.reduce(0) { $0 + Int(lengths[Int($1)]) }
        }
        let width = examples.layout.labelWidth
        return rows.reduce(0) { sum, row in
            var count = 0
            for place in Int(row) * width..<(Int(row) + 1) * width { count += labels[place] >= 0 ? 1 : 0 }
            return sum + count
        }
    }
}

extension Replica {
    /// The divisor of a mini-batch's mean loss: its number of examples, or the sum of their labels' weights.
    func weight(of batch: Batch) -> Double { labelWeights?.sum(batch.rows) ?? Double(batch.count) }
}

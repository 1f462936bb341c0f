import Datasets

/// How far estimates are from numeric targets, per output.
package struct ValueErrors: Sendable, Equatable {
    /// Σ |t − p| of each output.
    package let absolute: [Double]
    /// Σ (t − p)² of each output.
    package let squared: [Double]
    /// Σ (t − mean of t)² of each output.
    package let deviations: [Double]
    /// The number of examples.
    package let count: Int

    /// The mean of |t − p|, averaged over outputs.
    package var meanAbsolute: Double { Self.mean(absolute) / Double(count) }

    /// 1 − Σ (t − p)² ÷ Σ (t − mean of t)², averaged over outputs; nil for a single example.
    ///
    /// For an output whose targets are all equal it is 1 if every estimate is right, else 0, as in scikit-learn.
    package var r2: Double? {
        guard count > 1 else { return nil }
        return Self.mean(
            zip(squared, deviations).map { squared, deviation in
                if deviation > 0 { return 1 - squared / deviation }
                return squared == 0 ? 1 : 0
            })
    }

    /// Σ (t − mean of t)² of each output over the examples at `rows`, in their order: the same on every rank.
    static func deviations(of examples: StoredExamples, rows: [Int32]) -> [Double] {
        guard let targets = examples.targets else {
            preconditionFailure("deviations of labels \(examples.layout.labels)")
        }
        let width = targets.count / examples.layout.count
        var means = Array(repeating: 0.0, count: width)
        for row in rows {
            for output in 0..<width { means[output] += Double(targets[Int(row) * width + output]) }
        }
        for output in 0..<width { means[output] /= Double(max(1, rows.count)) }
        var sums = Array(repeating: 0.0, count: width)
        for row in rows {
            for output in 0..<width {
                let deviation = Double(targets[Int(row) * width + output]) - means[output]
                sums[output] += deviation * deviation
            }
        }
        return sums
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(max(1, values.count))
    }
}

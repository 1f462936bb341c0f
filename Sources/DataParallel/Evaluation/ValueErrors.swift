import Datasets

/// How far estimates are from numeric targets, per output.
package struct ValueErrors: Sendable, Equatable {
    /// Σ |t − p| of each output.
    package let absolute: [Double]
    /// Σ (t − p)² of each output.
    package let squared: [Double]
    /// Σ (t − mean of t)² of each output.
    package let deviations: [Double]
    /// The number of examples, or of their positions that count.
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
    ///
    /// - Parameter width: Outputs of an example, or of each of its positions, of which those behind its length do not count.
    static func deviations(of examples: StoredExamples, rows: [Int32], width: Int) -> [Double] {
        guard let targets = examples.targets else {
            preconditionFailure("deviations of labels \(examples.layout.labels)")
        }
        let positions = examples.layout.labelWidth / width
        func forEachPosition(_ body: (_ start: Int) -> Void) {
            for row in rows {
                let length = positions > 1 ? examples.lengths.map { Int($0[Int(row)]) } : nil
                for place in 0..<(length ?? positions) { body((Int(row) * positions + place) * width) }
            }
        }
        var means = Array(repeating: 0.0, count: width)
        var count = 0
        forEachPosition { start in
            count += 1
            for output in 0..<width { means[output] += Double(targets[start + output]) }
        }
        for output in 0..<width { means[output] /= Double(max(1, count)) }
        var sums = Array(repeating: 0.0, count: width)
        forEachPosition { start in
            for output in 0..<width {
                let deviation = Double(targets[start + output]) - means[output]
                sums[output] += deviation * deviation
            }
        }
        return sums
    }

    private static func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(max(1, values.count))
    }
}

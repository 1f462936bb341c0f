import DataParallel
import Datasets
import Foundation
import Graph
import Layers

/// A model that gives the same answer to every example: all that can be learned without looking at inputs.
struct ConstantAnswer: Model {
    private let answer = Parameter(.constant(0), role: .bias)
    /// The answer's shape.
    let shape: [Int]

    /// A model of answers (N, ...shape).
    init(shape: [Int]) { self.shape = shape }

    func callAsFunction(_ x: Tensor) -> Tensor {
        x.builder.variable(answer, shape: [1] + shape).broadcast(to: [x.shape[0]] + shape)
    }

    /// Answers, row-major, one of which is about the best for the usual losses: the mean of targets or one-hot rows for those
    /// that compare numbers, the logarithms of the classes' shares for those that compare scores, and their log-odds.
    ///
    /// - Parameter rows: The examples that they are to suit.
    static func candidates(_ examples: StoredExamples, rows: [Int32], for model: TracedModel) -> [[Float]] {
        let width = model.outputShape.reduce(1, *)
        var means = Array(repeating: 0.0, count: width)
        var count = rows.count
        if let targets = examples.targets, targets.count == examples.layout.count * width {
            for row in rows {
                for place in 0..<width { means[place] += Double(targets[Int(row) * width + place]) }
            }
        } else if let labels = examples.classIndices {
            // Where positions have labels of their own, all get the shares of their classes together.
            let (each, classes) = (examples.layout.labelWidth, width / model.rowCount)
            var shares = Array(repeating: 0.0, count: classes)
            count = 0
            for row in rows {
                for place in Int(row) * each..<(Int(row) + 1) * each where labels[place] >= 0 {
                    let label = Int(labels[place])
                    count += 1
                    // A single output tells classes 0 and 1 apart.
                    if classes == 1 {
                        shares[0] += Double(label)
                    } else if label < classes {
                        shares[label] += 1
                    }
                }
            }
            means = model.outputs(repeating: shares)
        }
        means = means.map { $0 / Double(max(1, count)) }
        var all = [means.map { Float($0) }, Array(repeating: 0, count: width)]
        if means.allSatisfy({ (0...1).contains($0) }) {
            let shares = means.map { min(max($0, 1e-6), 1 - 1e-6) }
            all.append(shares.map { Float(log($0)) })
            all.append(shares.map { Float(log($0 / (1 - $0))) })
        }
        return all
    }
}

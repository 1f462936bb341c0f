import Foundation
import GraphSupport
import Layers

/// PyTorch's losses: Data/losses.json, written by scripts/references/loss_references.py.
struct LossData: Decodable, Sendable {
    /// One loss on one pattern of predictions.
    struct Case: Decodable, Sendable {
        let name: String
        let options: [String: Option]
        /// The predictions it is for, by their name.
        let pattern: String
        /// [N]; nil with numeric targets.
        let labels: [Double]?
        /// [N][K]; nil with class labels.
        let targets: [[Double]]?
        let loss: Double
        /// [N][K]: the derivative of the mean loss in the predictions.
        let gradient: [[Double]]
    }

    /// A number or a list of them.
    struct Option: Decodable, Sendable {
        let values: [Double]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                values = [number]
            } else {
                values = try container.decode([Double].self)
            }
        }
    }

    let cases: [Case]
    /// [N][K] by name.
    let predictions: [String: [[Double]]]

    /// Reads the committed file.
    static func load() throws -> LossData {
        guard let url = Bundle.module.url(forResource: "losses", withExtension: "json", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(LossData.self, from: Data(contentsOf: url))
    }
}

extension LossData.Case {
    /// The loss of the case; nil for a name that is none.
    var function: Loss? {
        func number(_ name: String) -> Double? { options[name]?.values.first }
        switch name {
        case "cross_entropy":
            return .crossEntropy(
                labelSmoothing: number("label_smoothing") ?? 0,
                classWeights: options["class_weights"]?.values)
        case "mse": return .meanSquaredError
        case "l1": return .meanAbsoluteError
        case "huber": return .huber(delta: number("delta") ?? 1)
        case "smooth_l1": return .smoothL1(beta: number("beta") ?? 1)
        case "binary_cross_entropy":
            return .binaryCrossEntropy(positiveWeights: options["pos_weight"]?.values)
        case "hinge": return .hinge(margin: number("margin") ?? 1)
        default: return nil
        }
    }

    /// The gradient as one tensor [N, K].
    var gradients: ReferenceTensor { ReferenceTensor(rows: gradient) }

    /// The case's targets, as one shard of examples.
    var shard: ReferenceShard {
        ReferenceShard(
            count: gradient.count, labels: labels.map { ReferenceTensor([$0.count], $0) },
            targets: targets.map(ReferenceTensor.init(rows:)))
    }
}

extension ReferenceTensor {
    /// The tensor [N, K] of these rows.
    init(rows: [[Double]]) { self.init([rows.count, rows[0].count], rows.flatMap { $0 }) }
}

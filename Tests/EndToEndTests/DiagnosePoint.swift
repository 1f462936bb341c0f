import Foundation
import Safetensors

/// A point of a model's parameters on disk: its weights, and the configuration that has model and data.
struct DiagnosePoint: Sendable {
    /// The path of the weights.
    let weights: String
    /// The path of the configuration.
    let configuration: String

    /// Files that are there.
    init(weights: String, configuration: String) {
        self.weights = weights
        self.configuration = configuration
    }

    /// Writes a model at a point, trained by mse without scaling, into a folder of `data`.
    ///
    /// - Parameters:
    ///   - model: The configuration's list of layers.
    ///   - weights: The parameters' names, shapes and values.
    ///   - features: An example's features in each row.
    ///   - targets: An example's target each.
    ///   - others: Targets of the same features as data sets of other names: "test" or "validation".
    init(
        _ data: TestData, _ name: String, model: String,
        weights: [(name: String, shape: [Int], values: [Float])], features: [[Float]], targets: [Float],
        others: [(name: String, targets: [Float])] = []
    ) throws {
        let sets = [(name: "train", targets: targets)] + others
        let lines = sets.map {
            "  \($0.name): {format: npy, features: features.npy, labels: \($0.name).npy}\n"
        }
        configuration = try data.write(
            "\(name)/case.yaml",
            text: """
                data:
                \(lines.joined())  normalize: none
                model: \(model)
                loss: mse
                optimizer: {name: sgd, lr: 0.01}
                training: {batch: 3, shards: 8, seed: 0}

                """)
        for set in sets {
            try data.write("\(name)/\(set.name).npy", shape: [set.targets.count, 1], set.targets)
        }
        try data.write(
            "\(name)/features.npy", shape: [features.count, features[0].count], features.flatMap { $0 })
        var writer = SafetensorsWriter()
        for (name, shape, values) in weights { try writer.add(name: name, shape: shape, floats: values) }
        self.weights = data.path("\(name)/weights.safetensors")
        try writer.write(to: self.weights)
    }
}

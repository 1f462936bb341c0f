import Datasets
import Foundation
import GraphSupport
import Layers
import Safetensors

/// What PyTorch computed for one model, as README.md lists it.
struct TorchFile: Sendable {
    private let file: SafetensorsFile

    /// Examples of a mini-batch, and how many there are.
    static let (batch, batches) = (24, 10)

    /// Reads the committed file of `model`.
    init(_ model: TorchModel) throws {
        guard
            let url = Bundle.module.url(
                forResource: model.rawValue, withExtension: "safetensors", subdirectory: "Data")
        else { throw CocoaError(.fileNoSuchFile) }
        file = try SafetensorsFile.read(path: url.path)
    }

    /// A floating-point tensor.
    func tensor(_ name: String) throws -> ReferenceTensor {
        ReferenceTensor(try shape(name), try file.doubles(named: name))
    }

    /// A tensor of whole numbers.
    func integers(_ name: String) throws -> ReferenceTensor {
        ReferenceTensor(try shape(name), try file.int64s(named: name).map(Double.init))
    }

    private func shape(_ name: String) throws -> [Int] {
        guard let entry = file.entry(named: name) else { throw CocoaError(.fileReadCorruptFile) }
        return entry.shape
    }

    /// The model's first values, in the order of its variables.
    func initialValues(_ model: TracedModel) throws -> [[Float]] {
        try model.variables.map { variable in
            let tensor = try tensor("initial." + variable.name)
            guard tensor.shape == variable.shape else { throw CocoaError(.fileReadCorruptFile) }
            return tensor.values.map { Float($0) }
        }
    }

    /// The examples as a data set in memory.
    func dataset(_ model: TorchModel) throws -> Dataset {
        let features = try tensor("data.features").values.map { Float($0) }
        let labels: Dataset.Labels =
            model.hasClasses
            ? .classes(try integers("data.labels").values.map { Int32($0) }, count: model.outputs)
            : .targets(try tensor("data.labels").values.map { Float($0) }, width: model.outputs)
        return try Dataset(
            name: model.rawValue, features: features, exampleShape: model.exampleShape, labels: labels)
    }

    /// The first mini-batch.
    func firstBatch(_ model: TorchModel) throws -> ReferenceShard {
        let rows = 0..<Self.batch
        return ReferenceShard(
            count: Self.batch, features: try tensor("data.features").rows(rows),
            labels: model.hasClasses ? try integers("data.labels").rows(rows) : nil,
            targets: model.hasClasses ? nil : try tensor("data.labels").rows(rows),
            exampleIndices: ReferenceTensor([Self.batch], rows.map(Double.init)))
    }
}

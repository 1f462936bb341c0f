import DataParallel
import Datasets
import Foundation
import Layers
import Safetensors

/// `predictions.safetensors`: the outputs of a run's final weights for each of N test examples, in the order of the
/// data.
///
/// - "outputs", Float32 (N, ...): the model's outputs.
/// - "classes" and "labels", Int32 (N): the predicted and the true class, where each example has a class.
/// - "targets", Float32 (N, K): the true numbers, where the targets are numbers.
///
/// The bytes do not depend on the number of ranks. The entry "outputs" of the metadata holds `kind`.
package struct RunPredictions: Sendable {
    /// How outputs are to be read.
    package enum Kind: String, Sendable {
        /// The softmax of a row is the probability of each class.
        case logits
        /// The sigmoid of the only output is the probability of class 1.
        case logit
        /// The largest output, or the sign of the only one, gives the class, but no probability.
        case scores
        /// Estimates of the targets.
        case values
    }

    /// The largest number of outputs that are kept: 64 MiB.
    static let most = 1 << 24

    package let kind: Kind
    /// The number N of examples.
    package let count: Int
    /// N rows.
    package let outputs: [Float]
    package let classes: [Int32]?
    package let labels: [Int32]?
    /// N rows.
    package let targets: [Float]?
    private let shape: [Int]

    /// The predictions for `examples` of a model trained with `loss`, from its outputs, row by row.
    init(_ outputs: [Float], of model: TracedModel, _ loss: Loss, _ examples: StoredExamples) {
        let layout = examples.layout
        let readsSign = loss.function.isBinary(output: model.outputShape, target: layout.targetKind)
        shape = model.outputShape
        count = layout.count
        self.outputs = outputs
        labels = examples.classes.map { Array($0) }
        targets = examples.targets.map { Array($0) }
        let width = model.outputShape.reduce(1, *)
        classes =
            labels == nil
            ? nil
            : (0..<layout.count).map { row in
                Int32(
                    Prediction.classIndex(of: outputs[row * width..<(row + 1) * width], readsSign: readsSign))
            }
        kind =
            labels == nil
            ? .values
            : loss.function is CrossEntropyLoss
                ? .logits : readsSign && loss.function is BinaryCrossEntropyLoss ? .logit : .scores
    }

    /// Writes the file into a run's folder.
    func write(to folder: String) throws {
        var writer = SafetensorsWriter(metadata: ["outputs": kind.rawValue])
        try writer.add(name: "outputs", shape: [count] + shape, floats: outputs)
        if let classes { try writer.add(name: "classes", shape: [count], int32s: classes) }
        if let labels { try writer.add(name: "labels", shape: [count], int32s: labels) }
        if let targets {
            try writer.add(name: "targets", shape: [count, targets.count / max(1, count)], floats: targets)
        }
        try writer.write(to: "\(folder)/\(RunFolder.predictionsName)")
    }

    /// The predictions in a run's folder; nil where there are none. Throws where the file is not what `write` makes.
    package init?(folder: String) throws {
        let path = "\(folder)/\(RunFolder.predictionsName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try SafetensorsFile.read(path: path)
        guard let kind = file.metadata["outputs"].flatMap(Kind.init(rawValue:)),
            let entry = file.entry(named: "outputs"), let count = entry.shape.first, count > 0
        else { throw TrainingError(.badFile, "\(path) holds no predictions of a run") }
        func whole(_ name: String) throws -> [Int32]? {
            guard file.entry(named: name) != nil else { return nil }
            return try file.int64s(named: name).map { Int32(truncatingIfNeeded: $0) }
        }
        self.kind = kind
        self.count = count
        shape = Array(entry.shape.dropFirst())
        outputs = try file.tensor(named: "outputs")
        classes = try whole("classes")
        labels = try whole("labels")
        targets = file.entry(named: "targets") == nil ? nil : try file.tensor(named: "targets")
        let fits =
            classes.map { $0.count == count } ?? true
            && labels.map { $0.count == count && $0.allSatisfy { $0 >= 0 } } ?? true
            && targets.map { $0.count % count == 0 } ?? true
        guard fits, outputs.count % count == 0, (classes == nil) == (labels == nil),
            classes?.allSatisfy({ $0 >= 0 }) ?? true
        else { throw TrainingError(.badFile, "\(path) holds no predictions of a run") }
    }

    /// Outputs per example.
    package var width: Int { outputs.count / count }

    /// The probability of the predicted class, from 0 to 1; nil where outputs give none.
    package func confidence(_ row: Int) -> Double? {
        let outputs = outputs[row * width..<(row + 1) * width]
        switch kind {
        case .logits:
            guard let most = outputs.max() else { return nil }
            return 1 / outputs.reduce(0) { $0 + exp(Double($1 - most)) }
        case .logit:
            return outputs.first.map { 1 / (1 + exp(-abs(Double($0)))) }
        case .scores, .values: return nil
        }
    }
}

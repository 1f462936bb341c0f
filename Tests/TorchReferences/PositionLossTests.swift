import Datasets
import Graph
import GraphSupport
import Layers
import ReplicaSupport
import Testing

@testable import DataParallel

/// Cross-entropy of positions against PyTorch's: labels of which some do not count, and probabilities.
@Suite(.serialized) struct PositionLossTests {
    /// Outputs that are parameters: those of example n are column n of a weight.
    private struct Table: Model {
        let weight = Parameter(.constant(0))
        /// The outputs' shape of one example.
        let shape: [Int]

        func callAsFunction(_ x: Tensor) -> Tensor {
            let width = shape.reduce(1, *)
            let outputs = x.linear(weight: x.builder.variable(weight, shape: [width, x.shape[1]]), bias: nil)
            return outputs.reshaped(to: [x.shape[0]] + shape)
        }
    }

    private static func cases() throws -> [FunctionData.Case] {
        try FunctionData.load().cases.filter { $0.name == "cross_entropy" }
    }

    /// Moves the classes of (N, K, positions...) behind the positions.
    private static func classesLast(_ tensor: ReferenceTensor) -> ReferenceTensor {
        let (count, classes) = (tensor.shape[0], tensor.shape[1])
        let rows = tensor.values.count / count / classes
        var values = tensor.values
        for example in 0..<count {
            for row in 0..<rows {
                for place in 0..<classes {
                    values[(example * rows + row) * classes + place] =
                        tensor.values[(example * classes + place) * rows + row]
                }
            }
        }
        return ReferenceTensor([count] + tensor.shape.dropFirst(2) + [classes], values)
    }

    /// Loss and gradient of a step, for both places where classes may lie, whatever the number of shards.
    @Test(arguments: [1, 2, 8], [false, true])
    func lossAndGradient(shards: Int, classesLast: Bool) throws {
        for test in try Self.cases() {
            func laid(_ tensor: ReferenceTensor) -> ReferenceTensor {
                classesLast && tensor.shape.count == test.inputs[0].shape.count
                    ? Self.classesLast(tensor) : tensor
            }
            let (logits, target) = (laid(test.inputs[0].tensor), test.inputs[1].tensor)
            guard let expected = test.gradients[0].map({ laid($0.tensor) }) else { continue }
            let (count, shape) = (logits.shape[0], Array(logits.shape.dropFirst()))
            // With as many positions as classes nobody could tell which is which; of images, classes come first.
            if classesLast, shape.count > 2 { continue }
            let width = shape.reduce(1, *)
            let hasLabels = target.shape.count < logits.shape.count
            // Probabilities of positions in a row have classes last.
            if !hasLabels, !classesLast { continue }
            let labels: Dataset.Labels =
                hasLabels
                ? .positions(
                    target.values.map { $0 == -100 ? -1 : Int32($0) }, shape: Array(target.shape.dropFirst()),
                    count: test.inputs[0].shape[1])
                : .targets(
                    laid(target).values.map { Float($0) }, width: shape.last ?? 1, rows: shape.dropLast())
            let features = (0..<count * count).map { Float($0 / count == $0 % count ? 1 : 0) }
            let data = try Dataset(name: "outputs", features: features, exampleShape: [count], labels: labels)
            let harness = try ReplicaHarness(
                Table(shape: shape), data: data,
                loss: .crossEntropy(
                    labelSmoothing: test.options.label_smoothing ?? 0,
                    classWeights: test.options.class_weights),
                rule: GradientRecorder(), batch: count, shards: shards)
            func columns(_ tensor: ReferenceTensor) -> [Float] {
                (0..<width * count).map { Float(tensor.values[$0 % count * width + $0 / count]) }
            }
            try harness.state.set([columns(logits)])
            // The loss of an evaluation is the same mean.
            let totals = try harness.evaluate(0..<count, metrics: [.loss])
            let result = try harness.step(0..<count)
            let what = "\(test.options), \(logits.shape), \(shards) shards"
            let loss = test.output.values[0]
            #expect(abs(result.meanLoss - loss) <= 3e-6 * max(1, loss), "\(what)")
            #expect(abs(totals.loss - loss) <= 3e-6 * max(1, loss), "\(what)")
            let found = harness.state.value(0)
            let scale = expected.values.map(\.magnitude).max() ?? 0
            for (got, wanted) in zip(found, columns(expected)) {
                #expect(abs(Double(got) - Double(wanted)) <= 3e-6 * max(scale, 1e-3), "\(what)")
            }
        }
    }
}

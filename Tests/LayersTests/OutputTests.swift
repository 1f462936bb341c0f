import Foundation
import Graph
import GraphSupport
import Layers
import Testing

/// The loss as a function of two outputs.
@Suite struct OutputTests {
    /// The loss of an example whose outputs are `outputs` and whose class is 0, with outputs `places` replaced by 1.5
    /// and −0.5, by a model that applies `end` to them.
    private func loss(
        _ end: [any Layer], _ loss: Loss, outputs: [Double], places: (Int, Int)
    ) throws -> Double {
        let whole = try TracedModel(
            Sequential([Linear(outputs.count)] + end), exampleShape: [2], target: .classes(outputs.count),
            loss: loss)
        let model = try whole.replacingOutputs(places.0, places.1)
        #expect(
            model.variables.map(\.name) == ["a", "b"] && model.variables.map(\.shape) == [[1, 1], [1, 1]])
        let shard = ReferenceShard(
            count: 1, features: ReferenceTensor([1, outputs.count], outputs),
            labels: ReferenceTensor([1], [0]))
        let results = ReferenceInterpreter().run(
            [shard], variables: [ReferenceTensor([1, 1], [1.5]), ReferenceTensor([1, 1], [-0.5])],
            graph: model.evaluationGraph(count:))
        return results[0][.output(.lossSum)].scalar
    }

    /// With logits 1.5, −0.5 and 0.25 softmax gives e^1.5 / (e^1.5 + e^−0.5 + e^0.25) = 0.7043, ...
    @Test func byHand() throws {
        let parts = [exp(1.5), exp(-0.5), exp(0.25)]
        let total = parts.reduce(0, +)
        let shares = parts.map { $0 / total }
        // The third output stays; the first two are whatever they are.
        for first in [7.0, -1000] {
            let outputs = [first, 3, 0.25]
            let entropy = try loss([], .crossEntropy, outputs: outputs, places: (0, 1))
            #expect(abs(entropy + log(shares[0])) < 1e-6, "\(entropy)")
            let squares = pow(shares[0] - 1, 2) + pow(shares[1], 2) + pow(shares[2], 2)
            let squared = try loss([Softmax()], .meanSquaredError, outputs: outputs, places: (0, 1))
            #expect(abs(squared - squares / 3) < 1e-6, "\(squared)")
        }
        // b is another output, a the last.
        let other = try loss([], .crossEntropy, outputs: [0.25, 9, 9], places: (2, 1))
        #expect(abs(other + log(shares[2])) < 1e-6, "\(other)")
        // Without a last function outputs are the prediction.
        let plain = try loss([], .meanSquaredError, outputs: [9, 9, 0.25], places: (0, 1))
        #expect(abs(plain - (0.25 + 0.25 + 0.0625) / 3) < 1e-6, "\(plain)")
    }

    @Test func ends() throws {
        for (layer, end) in [
            (Softmax(), .softmax), (LogSoftmax(), .logSoftmax), (Sigmoid(), .sigmoid), (Tanh(), .tanh),
            (ReLU(), nil),
        ] as [(any Layer, TracedModel.OutputEnd?)] {
            let model = try TracedModel(
                Sequential([Linear(3), layer]), exampleShape: [2], target: .classes(3),
                loss: .meanSquaredError)
            #expect(model.outputEnd == end)
            let last = model.outputsGraph(model.inputTypes(count: 2))
            let value = try #require(last.value(for: .output(.prediction)))
            guard case .dense = last.nodes[value.node].operation else {
                // A ReLU is part of the outputs.
                #expect(end == nil)
                continue
            }
            #expect(last.type(of: value).shape == [2, 3])
        }
    }
}

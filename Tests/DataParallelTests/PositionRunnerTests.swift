import Datasets
import Layers
import ReplicaSupport
import Testing

@testable import DataParallel

/// Models run position by position have the outputs of the whole sequence, bit for bit.
@Suite(.serialized) struct PositionRunnerTests {
    private static let steps = 37
    private static let examples = 3

    private static let models: [(name: String, layers: [any Layer])] = [
        ("lstm", [Embedding(9, features: 7), LSTM(21, layers: 2), Linear(5)]),
        ("gru", [Embedding(9, features: 7), GRU(18), RNN(13), RNN(16, isReLU: true), Linear(5)]),
        (
            "transformer",
            [
                Embedding(9, features: 16), PositionalEmbedding(longest: 40),
                TransformerEncoder(2, TransformerOptions(heads: 2, feedforward: 30, isCausal: true)),
                RMSNormalization(), Linear(5),
            ]
        ),
        (
            "attention",
            [
                Embedding(9, features: 24), SinusoidalEncoding(), LayerNormalization(),
                MultiheadAttention(heads: 3, isCausal: true), ReLU(), Linear(5),
            ]
        ),
    ]

    @Test(arguments: models.map(\.name))
    func sameBits(_ name: String) throws {
        let layers = try #require(Self.models.first { $0.name == name }).layers
        let tokens = (0..<Self.examples * Self.steps).map { Float(($0 * 7 + $0 / 5) % 9) }
        let data = try Dataset(
            name: "tokens", features: tokens, exampleShape: [Self.steps],
            labels: .positions(tokens.map { Int32($0) % 5 }, shape: [Self.steps], count: 5))
        let harness = try ReplicaHarness(
            Sequential(layers), data: data, rule: GradientRecorder(), batch: Self.examples, shards: 1)
        let whole = try harness.predictions(0..<Self.examples)
        let runner = try PositionRunner(
            harness.model.positionModel(longest: Self.steps + 2), outputs: 5, state: harness.state,
            precision: .float32, on: TestCluster.get())
        for example in 0..<Self.examples {
            runner.reset()
            for step in 0..<Self.steps {
                let place = example * Self.steps + step
                let found = runner.outputs(for: Int(tokens[place]))
                #expect(found == Array(whole[5 * place..<5 * place + 5]), "\(name), position \(step)")
            }
        }
        #expect(runner.count == Self.steps)
    }

    @Test func positionsAreLimited() throws {
        let model = try TracedModel(
            Sequential([Embedding(9, features: 4), PositionalEmbedding(longest: 12), Linear(3)]),
            exampleShape: [12], target: .none, loss: .crossEntropy)
        #expect(try model.positionModel(longest: 100).longest == 12)
        #expect(try model.positionModel(longest: 5).longest == 5)
    }

    @Test func modelsThatReadWhatComesLater() throws {
        for (layers, says) in [
            ([Embedding(9, features: 4), LSTM(3, isBidirectional: true)], "bidirectional"),
            ([Embedding(9, features: 4), MultiheadAttention(heads: 2)], "not causal"),
            ([Embedding(9, features: 4), SequencePool(.last)], "sequence_pool"),
            ([Embedding(9, features: 4), Flatten(), Linear(3)], "a weight for each position"),
        ] as [([any Layer], String)] {
            let model = try TracedModel(
                Sequential(layers), exampleShape: [6], target: .none, loss: .crossEntropy)
            do {
                _ = try model.positionModel(longest: 6)
                Issue.record("\(says)")
            } catch { #expect(error.description.contains(says), "\(error)") }
        }
    }
}

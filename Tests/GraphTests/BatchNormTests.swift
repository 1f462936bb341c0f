import Graph
import GraphSupport
import Layers
import Testing

/// Batch norm over shards against batch norm of the whole mini-batch in one shard.
@Suite struct BatchNormTests {
    private let examples = 12

    private var batch: ReferenceShard {
        .batch(count: examples, exampleShape: [2, 5, 4], classes: 3, seed: 5)
    }

    private func model(synchronized: Bool) throws -> TracedModel {
        let layers: Sequential = [
            Conv2d(3, kernel: 3, padding: 1), BatchNormalization(synchronized: synchronized), ReLU(),
            Flatten(),
            Linear(4), BatchNormalization(synchronized: synchronized), Tanh(), Linear(3),
        ]
        return try TracedModel(layers, exampleShape: [2, 5, 4], target: .classes(3), loss: .crossEntropy)
    }

    /// What training makes of the mini-batch cut into `counts`, gradients and objective summed over shards.
    private func train(_ model: TracedModel, _ counts: [Int]) -> [(role: Graph.Role, tensor: ReferenceTensor)]
    {
        // Weights and biases away from their first 1 and 0, so that wrong ones cannot hide.
        let variables = model.referenceVariables(seed: 1).enumerated().map { place, tensor in
            tensor.combined(with: .positive(tensor.shape, seed: 50 + UInt64(place))) { $0 + 0.3 * $1 }
        }
        let results = ReferenceInterpreter().run(
            batch.split(counts), variables: variables, graph: model.trainingGraph)
        return results[0].roles.map { role in
            switch role {
            case .gradient, .output: (role, .total(results.map { $0[role] }))
            case .state, .report: (role, results[0][role])
            }
        }
    }

    private func activations(_ counts: [Int], synchronized: Bool) -> ReferenceTensor {
        let attributes = BatchNorm(epsilon: 1e-5, synchronized: synchronized)
        let variables: [ReferenceTensor] = [.positive([2], seed: 1), .distinct([2], seed: 2)]
        let results = ReferenceInterpreter().run(batch.split(counts), variables: variables) { count in
            let builder = GraphBuilder(mode: .training)
            let x = builder.input(.features, TensorType([count, 2, 5, 4]))
            let weight = Tensor(builder.add(.leaf(.parameter(0)), [], type: TensorType([2])), in: builder)
            let bias = Tensor(builder.add(.leaf(.parameter(1)), [], type: TensorType([2])), in: builder)
            let y = x.batchNormalized(attributes, weight: weight, bias: bias).y
            return builder.graph(for: [Graph.Result(.output(.prediction), y.value)])
        }
        return .concatenated(results.map { $0[.output(.prediction)] })
    }

    @Test(arguments: [[6, 6], [1, 4, 7], [5, 0, 6, 1, 0], [0, 12], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]])
    func synchronizedShardsEqualTheWholeBatch(counts: [Int]) throws {
        #expect(
            activations(counts, synchronized: true)
                .mismatch(with: activations([examples], synchronized: true)) == nil)
        let model = try model(synchronized: true)
        let whole = train(model, [examples])
        #expect(whole.contains { if case .state = $0.role { true } else { false } })
        for (one, other) in zip(train(model, counts), whole) {
            #expect(one.role == other.role)
            #expect(one.tensor.mismatch(with: other.tensor, relative: 1e-9) == nil, "\(one.role)")
        }
    }

    /// Control: shards that normalize alone give other outputs and other gradients, but the same running statistics
    /// of their first layer, which follow the whole mini-batch either way.
    @Test func shardsAloneDiffer() throws {
        #expect(
            activations([4, 8], synchronized: false)
                .mismatch(with: activations([12], synchronized: false), relative: 1e-3, absolute: 1e-3) != nil
        )
        let model = try model(synchronized: false)
        let (alone, whole) = (train(model, [4, 8]), train(model, [examples]))
        for (one, other) in zip(alone, whole) {
            guard case .gradient(let place) = one.role, model.variables[place].name == "0.weight" else {
                continue
            }
            #expect(one.tensor.mismatch(with: other.tensor, relative: 1e-3, absolute: 1e-3) != nil)
        }
        let first = try #require(model.variables.firstIndex { $0.name == "1.running_var" })
        let (one, other) = (
            try #require(alone.first { $0.role == .state(first) }),
            try #require(whole.first { $0.role == .state(first) })
        )
        #expect(one.tensor.mismatch(with: other.tensor) == nil)
    }

    /// Synchronized or not, one shard that holds everything is the same.
    @Test func oneShardNeedsNoSynchronization() throws {
        for (one, other) in zip(
            train(try model(synchronized: true), [examples]),
            train(try model(synchronized: false), [examples]))
        {
            #expect(one.tensor.mismatch(with: other.tensor) == nil, "\(one.role)")
        }
    }
}

import Graph
import GraphSupport
import Layers
import Testing

/// Hessian-vector products of whole networks: two differentiations against differences of gradients.
@Suite struct SecondDerivativeTests {
    private struct Network: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let layers: Sequential
        var counts = [4, 0, 1, 3]

        static var all: [Network] {
            let smooth: Sequential = [
                Conv2d(3, kernel: 3, stride: 2, padding: 1), BatchNormalization(), Tanh(), Flatten(),
                Linear(5), GELU(),
                Linear(3),
            ]
            let residual: Sequential = [
                Conv2d(2, kernel: 3, padding: 1, bias: false), BatchNormalization(), Sigmoid(),
                Residual([Conv2d(2, kernel: 3, padding: 1), BatchNormalization(synchronized: false), GELU()]),
                AvgPool2d(2), Dropout(0.3), Flatten(), Linear(3), BatchNormalization(),
            ]
            // Spectral norm takes no part: its singular vectors move with the weights, but not in a derivative.
            let normalized: Sequential = [
                Conv2d(4, kernel: 3, stride: 2, padding: 1, form: .weightNorm), GroupNormalization(2), Tanh(),
                Conv2d(2, kernel: 2), InstanceNormalization(affine: true), Flatten(),
                Linear(5, form: .weightNorm), LayerNormalization(), GELU(), Linear(3, form: .weightNorm),
            ]
            let kinked: Sequential = [
                Conv2d(3, kernel: 3), BatchNormalization(), ReLU(), MaxPool2d(2), Flatten(), Linear(4),
                LeakyReLU(), Linear(3),
            ]
            return [
                Network(testDescription: "conv, batch norm, tanh, gelu", layers: smooth),
                Network(testDescription: "residual, dropout, pooling", layers: residual, counts: [4, 3]),
                Network(testDescription: "relu, max pooling", layers: kinked),
                Network(testDescription: "examples and weights normalized", layers: normalized),
            ]
        }
    }

    private let exampleShape = [2, 6, 6]

    private func parameters(_ model: TracedModel) -> [(parameter: Int, shape: [Int])] {
        model.variables.indices.filter { model.variables[$0].isTrainable }.map {
            ($0, model.variables[$0].shape)
        }
    }

    private func gradientGraph(_ model: TracedModel, _ count: Int) -> Graph {
        model.trainingGraph(count: count)
    }

    private func productGraph(_ model: TracedModel, _ count: Int) -> Graph {
        model.hessianProductGraph(model.inputTypes(count: count))
    }

    @Test(arguments: Network.all)
    private func hessianVectorProductEqualsDifferences(_ network: Network) throws {
        let model = try TracedModel(
            network.layers, exampleShape: exampleShape, target: .classes(3), loss: .crossEntropy)
        let shards = ReferenceShard.batch(
            count: network.counts.reduce(0, +), exampleShape: exampleShape, classes: 3, seed: 21
        ).split(network.counts)
        let values = model.referenceVariables(seed: 4)
        let directions = values.enumerated().map {
            ReferenceTensor.uniform($1.shape, seed: 300 + UInt64($0))
        }
        func totals(_ variables: [ReferenceTensor], _ graph: (Int) -> Graph) -> [ReferenceTensor] {
            let results = ReferenceInterpreter().run(
                shards, variables: variables, directions: directions, graph: graph)
            return parameters(model).map { item in
                .total(results.map { $0[.gradient(parameter: item.parameter)] })
            }
        }
        let products = totals(values) { productGraph(model, $0) }
        let step = 1e-5
        func gradients(at distance: Double) -> [ReferenceTensor] {
            let moved = zip(values, directions).map { $0.combined(with: $1) { $0 + distance * $1 } }
            return totals(moved) { gradientGraph(model, $0) }
        }
        let (above, below) = (gradients(at: step), gradients(at: -step))
        for (place, item) in parameters(model).enumerated() {
            let difference = above[place].combined(with: below[place]) { ($0 - $1) / (2 * step) }
            #expect(
                products[place].mismatch(with: difference, relative: 1e-5, absolute: 1e-7) == nil,
                "\(model.variables[item.parameter].name)")
            // Control: a product off by a thousandth would be noticed where there is curvature.
            if difference.values.contains(where: { $0.magnitude > 1e-3 }) {
                #expect(
                    products[place].map { $0 * 1.001 }.mismatch(
                        with: difference, relative: 1e-5, absolute: 1e-7)
                        != nil)
            }
        }
        #expect(products.contains { $0.values.contains { $0.magnitude > 1e-3 } })
    }

    /// The shards' slopes add up to ⟨gradient, direction⟩, and asking for them leaves the product alone.
    @Test(arguments: Network.all)
    private func slopesAddUpToTheGradients(_ network: Network) throws {
        let model = try TracedModel(
            network.layers, exampleShape: exampleShape, target: .classes(3), loss: .crossEntropy)
        let shards = ReferenceShard.batch(
            count: network.counts.reduce(0, +), exampleShape: exampleShape, classes: 3, seed: 21
        ).split(network.counts)
        let values = model.referenceVariables(seed: 4)
        let directions = values.enumerated().map {
            ReferenceTensor.uniform($1.shape, seed: 300 + UInt64($0))
        }
        func run(_ graph: (Int) -> Graph) -> [ReferenceResults] {
            ReferenceInterpreter().run(shards, variables: values, directions: directions, graph: graph)
        }
        let gradients = run { gradientGraph(model, $0) }
        let plain = run { productGraph(model, $0) }
        let sloped = run { model.hessianProductGraph(model.inputTypes(count: $0), givesSlope: true) }
        var whole = 0.0
        for (shard, results) in sloped.enumerated() {
            var expected = 0.0
            for item in parameters(model) {
                let role = Graph.Role.gradient(parameter: item.parameter)
                #expect(results[role] == plain[shard][role])
                expected += zip(gradients[shard][role].values, directions[item.parameter].values).reduce(0) {
                    $0 + $1.0 * $1.1
                }
            }
            let slope = results[.output(.slope)].scalar
            #expect(abs(slope - expected) <= 1e-9 * max(1, abs(expected)), "shard \(shard)")
            whole += slope
        }
        #expect(abs(whole) > 1e-3)
        #expect(plain.allSatisfy { !$0.roles.contains(.output(.slope)) })
    }
}

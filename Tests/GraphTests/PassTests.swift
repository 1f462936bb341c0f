import GraphSupport
import Layers
import Testing

@testable import Graph

/// Passes change a graph's form, never its values.
@Suite struct PassTests {
    private static let counts = [3, 0, 4]
    private static let exampleShape = [2, 6, 6]

    private func model(synchronized: Bool = true) throws -> TracedModel {
        let layers: Sequential = [
            Conv2d(4, kernel: 3, padding: 1), ReLU(), Conv2d(4, kernel: 3, stride: 2, bias: false),
            BatchNormalization(synchronized: synchronized), ReLU(), Dropout(0.3), Flatten(), Linear(6),
            ReLU(), Linear(3),
        ]
        return try TracedModel(
            layers, exampleShape: Self.exampleShape, target: .classes(3), loss: .crossEntropy)
    }

    /// The forward graph of `model`, without any pass.
    private func forward(_ model: TracedModel, _ count: Int) -> Graph {
        let source = ModelVariables(of: model.model)
        let builder = GraphBuilder(mode: .training, variables: source.variables.map(\.variable))
        let y = model.model(builder.input(.features, TensorType([count] + Self.exampleShape)))
        let losses = y.crossEntropy(labels: builder.input(.labels, TensorType([count], .int32)))
        return builder.graph(
            for: [
                Graph.Result(.output(.prediction), y.value),
                Graph.Result(.output(.objective), (losses.sum() / builder.batchCount).value),
            ] + builder.stateUpdates.map { Graph.Result(.state($0.variable), $0.value) })
    }

    private func addingGradients(_ graph: Graph, _ model: TracedModel) -> Graph {
        let trainable = model.variables.indices.filter { model.variables[$0].isTrainable }
        return graph.addingGradients(parameterShapes: trainable.map { ($0, model.variables[$0].shape) })
    }

    private func run(_ model: TracedModel, _ graph: (Int) -> Graph) -> [ReferenceResults] {
        let batch = ReferenceShard.batch(
            count: Self.counts.reduce(0, +), exampleShape: Self.exampleShape, classes: 3, seed: 9)
        return ReferenceInterpreter().run(
            batch.split(Self.counts), variables: model.referenceVariables(seed: 3), graph: graph)
    }

    private func expectEqual(_ some: [ReferenceResults], _ others: [ReferenceResults]) {
        for (one, other) in zip(some, others) {
            #expect(one.roles == other.roles)
            for role in other.roles { #expect(one[role].mismatch(with: other[role]) == nil, "\(role)") }
        }
    }

    private func count(_ graph: Graph, _ matches: (Operation) -> Bool) -> Int {
        graph.nodes.count { matches($0.operation) }
    }

    @Test func fusingActivationsKeepsValues() throws {
        let model = try model()
        let plain = forward(model, 3)
        let fused = plain.fusingActivations()
        #expect(count(plain) { $0 == .elementwise(.unary(.relu)) } == 3)
        #expect(count(fused) { $0 == .elementwise(.unary(.relu)) } == 0)
        #expect(count(fused) { $0 == .dense(.biasAdd(relu: true)) } == 1)
        #expect(count(fused) { $0 == .dense(.linear(relu: true)) } == 1)
        #expect(
            count(fused) {
                if case .batchNormalization(.batchNorm(let attributes)) = $0 {
                    attributes.relu
                } else {
                    false
                }
            } == 1)
        expectEqual(
            run(model) { addingGradients(forward(model, $0).fusingActivations(), model) },
            run(model) { addingGradients(forward(model, $0), model) })
    }

    /// A dense layer, read by a ReLU alone or by something else too.
    private func dense(alsoReading second: (Tensor, Tensor) -> Tensor?) -> Graph {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input(.features, TensorType([2, 3]))
        let weight = Tensor(builder.add(.leaf(.parameter(0)), [], type: TensorType([4, 3])), in: builder)
        let product = x.linear(weight: weight, bias: nil)
        var results = [Graph.Result(.output(.prediction), product.relu().value)]
        if let other = second(product, x) { results.append(Graph.Result(.output(.lossSum), other.value)) }
        return builder.graph(for: results)
    }

    @Test func reluIsFusedOnlyIntoWhatItAloneReads() {
        func isFused(_ graph: Graph) -> Bool {
            graph.fusingActivations().nodes.contains { $0.operation == .dense(.linear(relu: true)) }
        }
        #expect(isFused(dense { _, _ in nil }))
        #expect(!isFused(dense { product, _ in product.tanh() }))
        #expect(!isFused(dense { product, _ in product }))
        // The same input read by others does not matter.
        #expect(isFused(dense { _, x in x.tanh() }))
    }

    @Test(arguments: [true, false])
    func loweringBatchNormKeepsValues(synchronized: Bool) throws {
        let model = try model(synchronized: synchronized)
        func complete(_ count: Int) -> Graph {
            addingGradients(forward(model, count).fusingActivations(), model)
        }
        let lowered = complete(3).loweringBatchNorm()
        #expect(count(lowered) { if case .batchNormalization(.batchNorm) = $0 { true } else { false } } == 0)
        #expect(
            count(lowered) { if case .batchNormalization(.batchNormApply) = $0 { true } else { false } } == 1)
        #expect(count(lowered) { $0 == .collective(.crossShardMoments) } == 1)
        expectEqual(run(model) { complete($0).loweringBatchNorm() }, run(model, complete))
    }

    @Test func reducedGradientsAreTheSumOverShards() throws {
        let model = try model()
        let places = model.variables.indices.filter { model.variables[$0].isTrainable }
        let groups = [Array(places.suffix(3).reversed()), Array(places.dropLast(3))]
        func complete(_ count: Int) -> Graph { addingGradients(forward(model, count), model) }
        let parts = run(model, complete)
        let reduced = run(model) { complete($0).reducingGradients(in: groups) }
        for role in parts[0].roles {
            let isGradient = if case .gradient = role { true } else { false }
            for (shard, result) in reduced.enumerated() {
                let expected = isGradient ? ReferenceTensor.total(parts.map { $0[role] }) : parts[shard][role]
                #expect(result[role].mismatch(with: expected) == nil, "\(role)")
            }
        }
        #expect(parts[0][.gradient(parameter: 0)].mismatch(with: reduced[0][.gradient(parameter: 0)]) != nil)
        let graph = complete(3).reducingGradients(in: groups)
        let sums = graph.nodes.filter { $0.operation == .collective(.crossShardSum) }.suffix(2)
        #expect(sums.map(\.operands.count) == [groups[0].count, groups[1].count])
    }

    @Test func deadNodesGo() throws {
        let model = try model()
        let graph = addingGradients(forward(model, 3), model)
        let dead = Graph.Node(
            operation: .elementwise(.unary(.exp)), operands: [Graph.Value(0)], types: graph.nodes[0].types)
        let padded = Graph(nodes: graph.nodes + [dead], results: graph.results)
        #expect(padded != graph)
        #expect(padded.withoutDeadNodes() == graph)
        // Removing a result removes what only it needed, and shifts the rest.
        let kept = graph.results.filter { $0.role == .gradient(parameter: 0) }
        let less = Graph(nodes: graph.nodes, results: kept).withoutDeadNodes()
        #expect(less.nodes.count < graph.nodes.count)
        func small(_ count: Int) -> Graph {
            let graph = addingGradients(forward(model, count), model)
            return Graph(
                nodes: graph.nodes, results: graph.results.filter { $0.role == .gradient(parameter: 0) })
        }
        expectEqual(run(model) { small($0).withoutDeadNodes() }, run(model, small))
    }

    @Test func equalNodesAreMadeOnce() {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input(.features, TensorType([2, 3]))
        #expect(x.tanh().value == x.tanh().value)
        #expect(x.tanh().value != x.sigmoid().value)
        #expect(builder.constant(1, shape: []).value != builder.constant(1, shape: [1]).value)
    }

    @Test func descriptionIsTheSameForTheSameModel() throws {
        let (one, other) = (try model(), try model())
        #expect(one.trainingGraph(count: 4).description == other.trainingGraph(count: 4).description)
        #expect(one.trainingGraph(count: 4) == other.trainingGraph(count: 4))
        #expect(one.trainingGraph(count: 4).description != one.trainingGraph(count: 5).description)
        let graph = dense { _, _ in nil }
        #expect(
            graph.description == """
                %0 = input(Graph.GraphInput.features)() : float32[2, 3]
                %1 = parameter(0)() : float32[4, 3]
                %2 = linear(relu: false)(%0, %1) : float32[2, 4]
                %3 = unary(Graph.Unary.relu)(%2) : float32[2, 4]
                output(Graph.Graph.Output.prediction) <- %3
                """)
        // The digest of a graph's text is a part of what a checkpoint is of.
        #expect("\(Operation.leaf(.input(.exampleIndices)))" == "input(Graph.GraphInput.exampleIndices)")
    }
}

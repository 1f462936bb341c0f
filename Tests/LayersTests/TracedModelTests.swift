import Graph
import GraphSupport
import Layers
import Testing

/// What training, evaluation and prediction graphs hold.
@Suite struct TracedModelTests {
    private let exampleShape = [1, 6, 6]

    private func model(
        target: TargetKind = .classes(3), loss: Loss = .crossEntropy
    ) throws -> TracedModel {
        let layers: Sequential = [
            Conv2d(2, kernel: 3), BatchNormalization(momentum: 0.25), ReLU(), Dropout(0.4), Flatten(),
            Linear(3),
        ]
        return try TracedModel(layers, exampleShape: exampleShape, target: target, loss: loss)
    }

    private func contains(_ graph: Graph, _ matches: (Operation) -> Bool) -> Bool {
        graph.nodes.contains { matches($0.operation) }
    }

    private func isDropout(_ operation: Operation) -> Bool {
        if case .random(.dropout) = operation { true } else { false }
    }

    private func isBatchNorm(_ operation: Operation) -> Bool {
        if case .batchNormalization(.batchNorm) = operation { true } else { false }
    }

    private func isInference(_ operation: Operation) -> Bool {
        if case .batchNormalization(.batchNormInference(let attributes)) = operation {
            attributes.relu
        } else {
            false
        }
    }

    /// A unit of a layer of sequences is looked at over positions, whether these are a dimension or rows of a matrix; what a
    /// layer reads has as many rows as there are positions.
    @Test func unitsOfSequences() throws {
        let layers: Sequential = [Linear(4), ReLU(), SequencePool(.mean), Linear(3)]
        let model = try TracedModel(
            layers, exampleShape: [5, 2], target: .classes(3), loss: .crossEntropy)
        let rectified = model.signals(.rectified), weighted = model.signals(.weighted)
        #expect(rectified.map(\.width) == [4] && weighted.map(\.width) == [4, 3])
        let features = ReferenceTensor.distinct([3, 5, 2], seed: 5)
        let variables = model.variables.map { ReferenceTensor.distinct($0.shape, seed: 6) }
        let shard = ReferenceShard(count: 3, features: features)
        for (signal, isRectified) in [(rectified[0], true), (weighted[0], false)] {
            let found = ReferenceInterpreter().run([shard], variables: variables) { count in
                model.signalGraph(model.inputTypes(count: count), signal)
            }[0][.output(.prediction)]
            var expected = ReferenceTensor([3, 4], repeating: isRectified ? 0 : -.infinity)
            for (row, place) in (0..<15).map({ ($0, $0 / 5) }) {
                for unit in 0..<4 {
                    let sum = (0..<2).reduce(variables[1].values[unit]) {
                        $0 + variables[0].values[unit * 2 + $1] * features.values[row * 2 + $1]
                    }
                    expected.values[place * 4 + unit] = max(expected.values[place * 4 + unit], sum)
                }
            }
            #expect(found.mismatch(with: expected) == nil)
        }
        let power = ReferenceInterpreter().run([shard], variables: variables) { count in
            model.signalPowerGraph(model.inputTypes(count: count), weighted[0])
        }[0][.output(.prediction)]
        #expect(power.shape == [3, 1])
        let encoder: Sequential = [
            Linear(4), TransformerEncoder(1, TransformerOptions(heads: 2, feedforward: 6)),
            SequencePool(.last),
            Linear(3),
        ]
        let transformer = try TracedModel(
            encoder, exampleShape: [5, 2], target: .classes(3), loss: .crossEntropy)
        #expect(transformer.layerInputs.map(\.rows) == [5, 5, 5, 5, 1])
    }

    @Test func trainingGraphHoldsGradientsStatesAndLoss() throws {
        let model = try model()
        let graph = model.trainingGraph(count: 4)
        // 0 to 1 are the convolution's, 2 to 5 batch norm's, 6 to 7 the dense layer's.
        #expect(
            graph.results.map(\.role) == [.report(.loss), .state(4), .state(5)]
                + [0, 1, 2, 3, 6, 7].map { .gradient(parameter: $0) })
        for result in graph.results {
            switch result.role {
            case .gradient(let place), .state(let place):
                #expect(graph.type(of: result.value) == TensorType(model.variables[place].shape))
            case .report: #expect(graph.type(of: result.value) == TensorType([], .float64))
            case .output: Issue.record("a training step has no output of its own")
            }
        }
        #expect(contains(graph, isDropout) && contains(graph, isBatchNorm))
        #expect(!contains(graph, isInference))
    }

    @Test func evaluationGraphHasNoDropoutAndUsesRunningStatistics() throws {
        let model = try model()
        let graph = model.evaluationGraph(count: 4)
        #expect(
            graph.results.map(\.role) == [
                .output(.prediction), .output(.lossSum), .output(.correct), .output(.scores),
            ])
        #expect(!contains(graph, isDropout) && !contains(graph, isBatchNorm))
        #expect(contains(graph, isInference))
        #expect(!contains(graph) { $0.isCollective })
        let mean = try #require(model.variables.firstIndex { $0.name == "1.running_mean" })
        #expect(contains(graph) { $0 == .leaf(.state(mean)) })
        let prediction = model.predictionGraph(count: 4)
        #expect(prediction.results.map(\.role) == [.output(.prediction)])
        #expect(!contains(prediction) { $0 == .leaf(.input(.labels)) })
    }

    private func shard(_ count: Int) -> ReferenceShard {
        .batch(count: count, exampleShape: exampleShape, classes: 3, seed: 2)
    }

    @Test func evaluationIsThatOfEachExampleAlone() throws {
        let model = try model()
        let variables = model.referenceVariables(seed: 8)
        func run(_ counts: [Int]) -> [ReferenceResults] {
            ReferenceInterpreter().run(
                shard(6).split(counts), variables: variables, graph: model.evaluationGraph)
        }
        let (whole, parts) = (run([6]), run([1, 0, 3, 2]))
        let joined = ReferenceTensor.concatenated(parts.map { $0[.output(.prediction)] })
        #expect(joined.mismatch(with: whole[0][.output(.prediction)]) == nil)
        for role in [Graph.Role.output(.lossSum), .output(.correct)] {
            #expect(ReferenceTensor.total(parts.map { $0[role] }).mismatch(with: whole[0][role]) == nil)
        }
    }

    @Test func lossReportIsTheSumOverExamples() throws {
        // Without dropout and batch norm, training's sum of losses is evaluation's.
        let model = try TracedModel(
            Sequential([Flatten(), Linear(3)]), exampleShape: exampleShape, target: .classes(3),
            loss: .crossEntropy)
        let variables = model.referenceVariables(seed: 8)
        let shards = shard(7).split([4, 3])
        let training = ReferenceInterpreter().run(shards, variables: variables, graph: model.trainingGraph)
        let evaluation = ReferenceInterpreter().run(
            shards, variables: variables, graph: model.evaluationGraph)
        let sum = ReferenceTensor.total(evaluation.map { $0[.output(.lossSum)] })
        for result in training { #expect(result[.report(.loss)].mismatch(with: sum) == nil) }
    }

    @Test func runningStatisticsFollowTheBatch() throws {
        let model = try TracedModel(
            BatchNormalization(momentum: 0.25), exampleShape: [1], target: .values([1]),
            loss: .meanSquaredError)
        let shard = ReferenceShard(
            count: 4, features: ReferenceTensor([4, 1], [1, 3, 5, 7]),
            targets: ReferenceTensor([4, 1], repeating: 0))
        let results = ReferenceInterpreter().run(
            [shard], variables: model.referenceVariables(seed: 0), graph: model.trainingGraph)
        // Mean 4 from 0, unbiased variance 20/3 from 1.
        #expect(results[0][.state(2)].mismatch(with: ReferenceTensor([1], [1])) == nil)
        #expect(results[0][.state(3)].mismatch(with: ReferenceTensor([1], [0.75 + 5.0 / 3])) == nil)
    }

    @Test func meanSquaredErrorIsTheMeanOverElements() throws {
        let model = try TracedModel(
            Flatten(), exampleShape: [2], target: .values([2]), loss: .meanSquaredError)
        let shard = ReferenceShard(
            count: 2, features: ReferenceTensor([2, 2], [1, 2, 3, 4]),
            targets: ReferenceTensor([2, 2], [0, 0, 3, 2]))
        let results = ReferenceInterpreter().run([shard], variables: [], graph: model.evaluationGraph)
        #expect(results[0].roles == [.output(.prediction), .output(.lossSum), .output(.scores)])
        // Examples: (1 + 4)/2 and (0 + 4)/2.
        #expect(results[0][.output(.lossSum)].scalar == 4.5)
    }

    /// The sum over outputs is the mean times their number: loss, gradient, and the Hessian by a second derivative.
    @Test(arguments: [
        (Loss.squaredError(reduction: .sumOutputs), Loss.meanSquaredError),
        (.absoluteError(reduction: .sumOutputs), .meanAbsoluteError),
        (.huber(delta: 1.5, reduction: .sumOutputs), .huber(delta: 1.5)),
        (.smoothL1(beta: 0.5, reduction: .sumOutputs), .smoothL1(beta: 0.5)),
    ])
    func theSumOverOutputs(_ loss: Loss, _ mean: Loss) throws {
        func results(_ loss: Loss) throws -> (ReferenceResults, ReferenceResults) {
            let model = try TracedModel(Linear(3), exampleShape: [2], target: .values([3]), loss: loss)
            let shard = ReferenceShard(
                count: 2, features: ReferenceTensor([2, 2], [1, 2, 3, 4]),
                targets: ReferenceTensor([2, 3], [0, 0, 3, 2, 1, -5]))
            let variables = model.referenceVariables(seed: 3)
            return (
                ReferenceInterpreter().run([shard], variables: variables, graph: model.trainingGraph)[0],
                ReferenceInterpreter().run([shard], variables: variables, graph: model.evaluationGraph)[0]
            )
        }
        let (sums, means) = (try results(loss), try results(mean))
        let (sum, average) = (sums.1[.output(.lossSum)].scalar, means.1[.output(.lossSum)].scalar)
        #expect(average > 0)
        #expect(abs(sum - 3 * average) < 1e-12 * sum)
        for parameter in 0..<2 {
            let (found, part) = (
                sums.0[.gradient(parameter: parameter)], means.0[.gradient(parameter: parameter)]
            )
            #expect(part.values.contains { $0 != 0 })
            for (a, b) in zip(found.values, part.values) { #expect(abs(a - 3 * b) < 1e-11 * max(1, abs(a))) }
        }
    }

    @Test func meanSquaredErrorTakesLabelsAsOneHotRows() throws {
        let model = try TracedModel(
            Flatten(), exampleShape: [2], target: .classes(2), loss: .meanSquaredError)
        let shard = ReferenceShard(
            count: 2, features: ReferenceTensor([2, 2], [1, 2, 3, 4]), labels: ReferenceTensor([2], [0, 1]))
        let results = ReferenceInterpreter().run([shard], variables: [], graph: model.evaluationGraph)
        // (0, 2) and (3, 3): 4/2 + 18/2; the second row's largest is its label.
        #expect(results[0][.output(.lossSum)].scalar == 11)
        #expect(results[0][.output(.correct)].scalar == 1)
    }

    @Test func everyDropoutLayerDrawsItsOwnMask() throws {
        let layers: Sequential = [Dropout(0.5), Tanh(), Dropout(0.5), Dropout(0)]
        let model = try TracedModel(layers, exampleShape: [4], target: .values([4]), loss: .meanSquaredError)
        let tags = model.trainingGraph(count: 2).nodes.compactMap { node -> Int? in
            if case .random(.dropout(_, let tag)) = node.operation { tag } else { nil }
        }
        #expect(tags == [0, 1])
    }
}

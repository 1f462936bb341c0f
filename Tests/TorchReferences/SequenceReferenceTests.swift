import CKernels
import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Safetensors
import Testing

@testable import Layers

/// Models of sequences against PyTorch: outputs, loss and gradients of the first mini-batch, and ten steps of SGD.
@Suite(.serialized) struct SequenceReferenceTests {
    /// A model with its file, its variables and its mini-batches.
    private struct Case {
        let layers: Sequential
        let variables: ModelVariables
        let file: SafetensorsFile
        let values: [ReferenceTensor]
        let batches: [ReferenceShard]
        /// Whether features are tokens.
        let hasTokens: Bool
        /// Whether each position has a label.
        let hasPositions: Bool
        let classes: Int

        init(_ model: SequenceModel) throws {
            layers = model.layers
            variables = ModelVariables(of: layers)
            let file = try model.file()
            self.file = file
            values = try variables.variables.map { try file.required("initial." + $0.name) }
            let features = try file.required("data.features")
            hasTokens = (try? file.int64s(named: "data.features")) != nil
            var labels = try file.required("data.labels")
            hasPositions = labels.shape.count == 2
            let lengths = try file.reference("data.lengths")
            for place in labels.values.indices {
                let length = hasPositions ? lengths?.values[place / labels.shape[1]] : nil
                let isInside = length.map { Double(place % labels.shape[1]) < $0 } ?? true
                if labels.values[place] == -100 || !isInside { labels.values[place] = -1 }
            }
            classes = try file.required("first.output").shape.last ?? 0
            let whole = ReferenceShard(
                count: features.shape[0], features: features, labels: labels, lengths: lengths)
            batches = (0..<SequenceModel.batches).map { number in
                whole.rows(number * SequenceModel.batch..<(number + 1) * SequenceModel.batch)
            }
        }

        /// The model's output and its mean loss over what counts, with gradients in all parameters.
        func graph(_ count: Int) throws -> Graph {
            let builder = GraphBuilder(mode: .training, variables: variables.variables.map(\.variable))
            let shape = [count] + (batches[0].features?.shape.dropFirst() ?? [])
            var x = builder.input(.features, TensorType(shape, hasTokens ? .int32 : .float32))
            if batches[0].lengths != nil {
                x = x.with(lengths: builder.input(.lengths, TensorType([count], .int32)))
            }
            let output = layers(x)
            let rows = output.reshaped(to: [output.type.count / classes, classes])
            let labels = builder.input(
                .labels, TensorType([count] + output.shape.dropFirst().dropLast(), .int32))
            let losses = rows.crossEntropy(labels: labels.reshaped(to: [rows.shape[0]]))
            let counted = builder.labelWeightSum(Array(repeating: 1, count: classes))
            let objective = losses.sum() / counted
            return builder.graph(for: [
                Graph.Result(.output(.objective), objective.value),
                Graph.Result(.output(.prediction), output.value),
                Graph.Result(.output(.lossSum), objective.value),
            ]).fusingActivations().addingGradients(
                parameterShapes: values.enumerated().map { ($0, $1.shape) })
        }

        /// Compares outputs where they count: all that a label is for, or, without labels of positions, all.
        func isCounted(_ element: Int, width: Int) -> Bool {
            guard hasPositions, let lengths = batches[0].lengths else { return true }
            let steps = batches[0].features?.shape[1] ?? 1
            return Double(element / width % steps) < lengths.values[element / width / steps]
        }
    }

    private static let gradientBound = 1e-5
    private static let bound = 5e-6

    /// In Float64 the layers' formulas are torch's, whole and decomposed.
    @Test(arguments: SequenceModel.allCases)
    func formulas(_ model: SequenceModel) throws {
        let test = try Case(model)
        for isDecomposed in [false, true] {
            let results = ReferenceInterpreter().run([test.batches[0]], variables: test.values) { count in
                guard let graph = try? test.graph(count) else { preconditionFailure("no graph") }
                return isDecomposed ? graph.decomposed() : graph
            }[0]
            try expectFirst(test, results[.output(.prediction)], results[.output(.lossSum)].scalar) {
                results[.gradient(parameter: $0)]
            }
        }
    }

    /// So are the kernels of every instruction set, at every cut into shards.
    @Test(arguments: SequenceModel.allCases, [[6], [2, 0, 3, 1]])
    func kernels(_ model: SequenceModel, _ counts: [Int]) throws {
        prepareThreadForPrograms()
        let test = try Case(model)
        for isa in 0...dt_isa_detect().rawValue {
            let run = try ShardedRun(
                test.batches[0].split(counts), variables: test.values,
                kernels: dt_kernels_for(dt_isa(rawValue: isa))
            ) { try! test.graph($0) }
            run.run()
            let output = ReferenceTensor.concatenated(
                run.shards.map { run.result(.output(.prediction), shard: $0) })
            let loss = run.shards.map { run.result(.output(.lossSum), shard: $0).scalar }.reduce(0, +)
            try expectFirst(test, output, loss) {
                run.result(.gradient(parameter: $0), shard: run.shards[0])
            }
        }
    }

    @Test(arguments: SequenceModel.allCases)
    func tenSteps(_ model: SequenceModel) throws {
        prepareThreadForPrograms()
        let test = try Case(model)
        var values = test.values
        var momentum = values.map { $0.map { _ in 0 } }
        var losses: [Double] = []
        for batch in test.batches {
            let run = try ShardedRun(
                batch.split([2, 0, 3, 1]), variables: values, kernels: dt_kernels_for(dt_isa_detect())
            ) { try! test.graph($0) }
            run.run()
            losses.append(run.shards.map { run.result(.output(.lossSum), shard: $0).scalar }.reduce(0, +))
            for place in values.indices {
                let gradient = run.result(.gradient(parameter: place), shard: run.shards[0])
                momentum[place] = momentum[place].combined(with: gradient) { 0.9 * $0 + $1 }
                values[place] = values[place].combined(with: momentum[place]) { Double(Float($0 - 0.1 * $1)) }
            }
        }
        let expected = try test.file.required("losses.sgd")
        #expect(ReferenceTensor([losses.count], losses).error(against: expected) <= Self.bound)
        for (place, variable) in test.variables.variables.enumerated() {
            let after = try test.file.required("after10.sgd." + variable.name)
            #expect(values[place].error(against: after) <= Self.bound, "\(variable.name)")
        }
    }

    /// The comparison is not blind: the same model without its lengths is another one.
    @Test func lengthsMatter() throws {
        let test = try Case(.lstmLengths)
        var batch = test.batches[0]
        batch.lengths = batch.lengths?.map { _ in 7 }
        let results = ReferenceInterpreter().run([batch], variables: test.values) { try! test.graph($0) }[0]
        let gradient = results[.gradient(parameter: 1)]
        let expected = try test.file.required("first.gradient." + test.variables.variables[1].name)
        #expect(gradient.error(against: expected) > 0.01)
    }

    private func expectFirst(
        _ test: Case, _ output: ReferenceTensor, _ loss: Double, gradient: (Int) -> ReferenceTensor
    ) throws {
        let expected = try test.file.required("first.output")
        let width = expected.shape.last ?? 1
        var (found, wanted) = (output, expected)
        for element in wanted.values.indices where !test.isCounted(element, width: width) {
            (found.values[element], wanted.values[element]) = (0, 0)
        }
        #expect(found.error(against: wanted) <= Self.bound, "outputs")
        let torchLoss = try test.file.required("first.loss").scalar
        #expect((loss - torchLoss).magnitude <= Self.bound * torchLoss, "loss")
        for (place, variable) in test.variables.variables.enumerated() {
            let wanted = try test.file.required("first.gradient." + variable.name)
            #expect(
                gradient(place).error(against: wanted) <= Self.gradientBound, "gradient of \(variable.name)")
        }
    }
}

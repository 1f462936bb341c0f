import CKernels
import Graph
import GraphSupport
import Layers
import Runtime
import RuntimeSupport
import Testing

/// Losses and their gradients against PyTorch's own numbers, at logits from 1e-6 to 1e4.
@Suite(.serialized) struct LossReferenceTests {
    /// The mean loss of a case and its gradient in the predictions, which are parameter 0.
    private func graph(_ test: LossData.Case, _ loss: Loss) -> Graph {
        let shape = test.gradients.shape
        let builder = GraphBuilder(mode: .training)
        let prediction = Tensor(builder.add(.leaf(.parameter(0)), [], type: TensorType(shape)), in: builder)
        let target =
            test.labels == nil
            ? builder.input(.targets, TensorType(shape))
            : builder.input(.labels, TensorType([shape[0]], .int32))
        let losses = loss.function.perExample(prediction, target)
        let divisor = loss.function.classWeights.map(builder.labelWeightSum) ?? builder.batchCount
        let objective = losses.sum() / divisor
        let forward = builder.graph(for: [
            Graph.Result(.output(.objective), objective.value),
            // Differentiation takes the objective away.
            Graph.Result(.output(.prediction), objective.value),
        ])
        return forward.addingGradients(parameterShapes: [(0, shape)])
    }

    /// The cases of a loss, each with its predictions.
    private func cases(_ name: String) throws -> [(test: LossData.Case, predictions: ReferenceTensor)] {
        let data = try LossData.load()
        return try data.cases.filter { $0.name == name }.map { test in
            (test, ReferenceTensor(rows: try #require(data.predictions[test.pattern])))
        }
    }

    private static let names = [
        "cross_entropy", "mse", "l1", "huber", "smooth_l1", "binary_cross_entropy", "hinge",
    ]

    /// In Float64 the formulas are torch's, whole and decomposed.
    @Test(arguments: names)
    func formulas(_ name: String) throws {
        let cases = try cases(name)
        #expect(cases.count >= 8)
        for (test, predictions) in cases {
            let whole = graph(test, try #require(test.function))
            for graph in [whole, whole.decomposed()] {
                let results = ReferenceInterpreter().run([test.shard], variables: [predictions]) { _ in
                    graph
                }[0]
                let what = "\(test.options) on \(test.pattern)"
                let loss = results[.output(.prediction)].scalar
                #expect(abs(loss - test.loss) <= 1e-12 * max(1e-3, abs(test.loss)), "loss, \(what)")
                let gradient = results[.gradient(parameter: 0)]
                #expect(
                    gradient.mismatch(with: test.gradients, relative: 1e-11, absolute: 1e-13) == nil,
                    "gradient, \(what)")
            }
        }
    }

    /// So are the kernels of every instruction set, to a few roundings of Float32; NaN is within no bound.
    @Test(arguments: names)
    func kernels(_ name: String) throws {
        prepareThreadForPrograms()
        for (test, predictions) in try cases(name) {
            let loss = try #require(test.function)
            for isa in 0...dt_isa_detect().rawValue {
                let run = try ShardedRun(
                    [test.shard], variables: [predictions],
                    kernels: dt_kernels_for(dt_isa(rawValue: isa))
                ) { _ in graph(test, loss) }
                run.run()
                let what = "\(test.options) on \(test.pattern), instruction set \(isa)"
                let found = run.result(.output(.prediction), shard: 0).scalar
                #expect(abs(found - test.loss) <= 1e-6 * max(1e-3, abs(test.loss)), "loss, \(what)")
                let gradient = run.result(.gradient(parameter: 0), shard: 0)
                // Where softmax and the wanted probabilities cancel, a rounding of either stays: 1/N at most.
                let scale = test.gradients.values.map(\.magnitude).max() ?? 0
                let worst = zip(gradient.values, test.gradients.values).map { ($0 - $1).magnitude }.max() ?? 0
                #expect(worst <= max(1e-6 * scale, 3e-8), "gradient, \(what)")
            }
        }
    }

    /// The comparison is not blind: options matter, and so do a wrong sign and a missing weight.
    @Test func differencesShow() throws {
        let (plain, predictions) = try #require(
            try cases("cross_entropy").first { $0.test.options.isEmpty && $0.test.pattern == "plain 4" })
        for wrong in [
            Loss.crossEntropy(labelSmoothing: 0.01), .crossEntropy(classWeights: [1, 1, 1, 1.01]),
            .meanSquaredError,
        ] {
            let results = ReferenceInterpreter().run([plain.shard], variables: [predictions]) { _ in
                graph(plain, wrong)
            }[0]
            #expect(abs(results[.output(.prediction)].scalar - plain.loss) > 1e-4)
            #expect(results[.gradient(parameter: 0)].mismatch(with: plain.gradients) != nil)
        }
    }

    /// A mini-batch of classes without weight has the loss 0 and no gradient, where torch divides 0 by 0.
    @Test func aBatchWithoutWeight() throws {
        let (plain, predictions) = try #require(try cases("cross_entropy").first)
        var shard = plain.shard
        shard.labels = ReferenceTensor([shard.count], repeating: 3)
        let loss = Loss.crossEntropy(classWeights: [1, 1, 1, 0])
        prepareThreadForPrograms()
        let run = try ShardedRun(
            [shard], variables: [predictions], kernels: dt_kernels_for(dt_isa_detect())
        ) { _ in graph(plain, loss) }
        run.run()
        #expect(run.result(.output(.prediction), shard: 0).scalar == 0)
        #expect(run.result(.gradient(parameter: 0), shard: 0).values.allSatisfy { $0 == 0 })
    }
}

import CKernels
import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Testing

@testable import Layers

/// The models against what PyTorch computed for them.
///
/// What must hold is 1e-4 of each tensor's scale; the bounds are those of README.md, which tell a slightly wrong
/// rule from rounding.
@Suite(.serialized) struct TorchReferenceTests {
    /// A model, an optimizer and how mini-batches are cut; 24 examples in 7 shards are of unequal sizes.
    struct Run: Sendable, CustomTestStringConvertible {
        let model: TorchModel
        let optimizer: TorchTraining.Optimizer
        let shards: Int

        var testDescription: String { "\(model) \(optimizer) \(shards) shards" }

        static let all: [Run] = TorchModel.allCases.flatMap { model in
            TorchTraining.Optimizer.allCases.flatMap { optimizer in
                [1, 7, 8].map { Run(model: model, optimizer: optimizer, shards: $0) }
            }
        }
    }

    private static let gradientBound = 1e-5
    private static let bound = 5e-6

    @Test(arguments: Run.all)
    func tenSteps(_ run: Run) throws {
        let file = try TorchFile(run.model)
        let variables = try run.model.traced().variables
        let training = try TorchTraining(run.model, run.optimizer, shards: run.shards, file: file)
        let optimizer = run.optimizer.rawValue

        for (place, variable) in variables.enumerated() where variable.isTrainable {
            let expected = try file.tensor("first.gradient." + variable.name)
            let error = try #require(training.firstGradients[place]).error(against: expected)
            #expect(error <= Self.gradientBound, "gradient of \(variable.name)")
        }
        let losses = ReferenceTensor([TorchFile.batches], training.losses)
        #expect(losses.error(against: try file.tensor("losses." + optimizer)) <= Self.bound)
        for (place, variable) in variables.enumerated() {
            let expected = try file.tensor("after10.\(optimizer).\(variable.name)")
            #expect(training.values[place].error(against: expected) <= Self.bound, "\(variable.name)")
        }
        let output = try file.tensor("evaluation.\(optimizer).output")
        #expect(training.evaluationOutput.error(against: output) <= Self.bound)
        let loss = try file.tensor("evaluation.\(optimizer).loss").scalar
        #expect((training.evaluationLoss - loss).magnitude <= Self.bound * loss.magnitude)
    }

    @Test(arguments: TorchModel.allCases, [1, 8])
    func firstForwardPass(_ torchModel: TorchModel, shards: Int) throws {
        let file = try TorchFile(torchModel)
        let model = try torchModel.traced()
        let values = zip(model.variables, try file.initialValues(model)).map {
            ReferenceTensor($0.shape, $1.map(Double.init))
        }
        let batch = try file.firstBatch(torchModel)
        let parts = (0...shards).map { $0 * batch.count / shards }
        prepareThreadForPrograms()
        let run = try ShardedRun(
            batch.split(zip(parts.dropFirst(), parts).map { $0 - $1 }), variables: values,
            kernels: dt_kernels_for(dt_isa_detect())
        ) { count in
            // The training graph keeps no predictions, so the model is traced once more for them.
            let builder = GraphBuilder(mode: .training, variables: model.variables.map(\.source))
            let output = model.model(builder.input(.features, TensorType([count] + model.exampleShape)))
            return builder.graph(for: [Graph.Result(.output(.prediction), output.value)]).fusingActivations()
        }
        run.run()
        let output = ReferenceTensor.concatenated(
            run.shards.map { run.result(.output(.prediction), shard: $0) })
        #expect(output.error(against: try file.tensor("first.output")) <= Self.bound)
    }

    @Test(arguments: TorchModel.allCases)
    func fileFitsTheModel(_ torchModel: TorchModel) throws {
        let file = try TorchFile(torchModel)
        let model = try torchModel.traced()
        for counter in model.counters {
            #expect(try file.integers("after10.sgd." + counter).scalar == Double(TorchFile.batches))
        }
        #expect(try file.tensor("first.loss").scalar == file.tensor("losses.sgd").values[0])
        #expect(try file.tensor("first.loss").scalar == file.tensor("losses.adam").values[0])
        #expect(model.outputShape == [torchModel.outputs])
    }

    @Test func comparisonNoticesAWrongRule() throws {
        // PyTorch's Adam is not its SGD: the comparison must not pass for the wrong one.
        let file = try TorchFile(.mlp)
        let training = try TorchTraining(.mlp, .sgd, shards: 8, file: file)
        let expected = try file.tensor("after10.adam.0.weight")
        #expect(training.values[0].error(against: expected) > 1e-4)
    }
}

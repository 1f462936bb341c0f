import Graph
import GraphSupport
import Layers
import Runtime
import RuntimeSupport
import Testing

/// Whole training and evaluation graphs on every instruction set: losses, gradients, running statistics and
/// predictions against the interpreter, which runs them as they were before lowering.
@Suite struct ModelTests {
    private static let tolerance = 2e-5

    @Test(arguments: ModelCase.all)
    func training(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        let variables = test.variables(model)
        let expected = ReferenceInterpreter().run(
            test.shards, variables: variables, graph: model.trainingGraph)
        for variant in KernelVariant.all {
            for parametersPerBucket in [1, 3, 100] {
                let run = try ShardedRun(
                    test.shards, variables: variables, kernels: variant.kernels,
                    parametersPerBucket: parametersPerBucket, graph: model.trainingGraph)
                run.run()
                run.run()
                #expect(run.roles.count == model.variables.count + 1)
                for role in run.roles {
                    let error = run.result(role, shard: run.shards[0])
                        .error(against: Self.expected(role, expected))
                    #expect(error <= Self.tolerance, "\(role) on \(variant.testDescription)")
                }
            }
        }
    }

    @Test(arguments: ModelCase.all)
    func evaluation(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        let variables = test.variables(model).map { $0.map(\.magnitude) }
        let expected = ReferenceInterpreter().run(
            test.shards, variables: variables, graph: model.evaluationGraph)
        for variant in KernelVariant.all {
            let run = try ShardedRun(
                test.shards, variables: variables, kernels: variant.kernels, graph: model.evaluationGraph)
            run.run()
            #expect(run.roles.count == 4)
            for (role, error) in run.errors(against: expected) {
                #expect(error <= Self.tolerance, "\(role) on \(variant.testDescription)")
            }
        }
    }

    /// Shards' parts of a gradient add up; everything else is the same for every shard.
    private static func expected(_ role: Graph.Role, _ results: [ReferenceResults]) -> ReferenceTensor {
        guard case .gradient = role else { return results[0][role] }
        return .total(results.map { $0[role] })
    }
}

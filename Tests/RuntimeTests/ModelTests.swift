import CKernels
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

    /// Eight significant bits in every product leave the whole gradient about as far from the interpreter's, and everything else;
    /// dense layers have the same bits on every instruction set, convolutions exist where the processor has an instruction for
    /// them.
    @Test(arguments: ModelCase.all)
    func bfloat16(_ test: ModelCase) throws {
        prepareThreadForPrograms()
        let model = try test.traced()
        let variables = test.variables(model)
        for graph in [model.trainingGraph, model.evaluationGraph] as [(Int) -> Graph] {
            let expected = ReferenceInterpreter().run(test.shards, variables: variables, graph: graph)
            var first: [Graph.Role: ReferenceTensor] = [:]
            for kernels in test.bfloat16Kernels(graph(1)) {
                let name = String(cString: dt_isa_name(kernels.pointee.isa))
                let run = try ShardedRun(
                    test.shards, variables: variables, kernels: kernels, precision: .bfloat16, graph: graph)
                run.run()
                run.run()
                var (error, size) = (0.0, 0.0)
                for role in run.roles {
                    let result = run.result(role, shard: run.shards[0])
                    let exact = Self.expected(role, expected)
                    #expect(first[role, default: result].mismatch(with: result) == nil, "\(role) on \(name)")
                    first[role] = result
                    if case .gradient = role {
                        error += zip(result.values, exact.values).reduce(0) {
                            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
                        }
                        size += exact.values.reduce(0) { $0 + $1 * $1 }
                    } else {
                        #expect(result.error(against: exact) <= 0.05, "\(role) on \(name)")
                    }
                }
                #expect(error.squareRoot() <= 0.1 * size.squareRoot(), "the gradient on \(name)")
            }
        }
    }

    /// Shards' parts of a gradient add up; everything else is the same for every shard.
    private static func expected(_ role: Graph.Role, _ results: [ReferenceResults]) -> ReferenceTensor {
        guard case .gradient = role else { return results[0][role] }
        return .total(results.map { $0[role] })
    }
}

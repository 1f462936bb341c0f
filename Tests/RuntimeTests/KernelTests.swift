import CKernels
import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Testing

/// Every operation as the planner binds it, on every instruction set this machine has, against its direct
/// definition in Float64.
@Suite struct KernelTests {
    @Test(arguments: KernelCase.elementwise)
    func elementwise(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.arrays)
    func arrays(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.images)
    func images(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.network)
    func network(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.batchNorm)
    func batchNorm(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.normalization)
    func normalization(_ test: KernelCase) throws { try check(test) }

    @Test(arguments: KernelCase.sequences)
    func sequences(_ test: KernelCase) throws { try check(test) }

    private func check(_ test: KernelCase) throws {
        prepareThreadForPrograms()
        let expected = ReferenceInterpreter().run(test.shards, variables: test.variables, graph: test.graph)
        for variant in KernelVariant.all {
            let run = try ShardedRun(
                test.shards, variables: test.variables, kernels: variant.kernels, graph: test.graph)
            // The second step finds the memory as the first one left it.
            for step in 1...2 {
                run.run()
                for (role, error) in run.errors(against: expected) {
                    #expect(error <= test.tolerance, "\(role) on \(variant.testDescription), step \(step)")
                }
            }
        }
    }

    /// Every operation that survives lowering is in some case.
    @Test func everyOperationIsTested() {
        let all =
            KernelCase.elementwise + KernelCase.arrays + KernelCase.images + KernelCase.network
            + KernelCase.batchNorm + KernelCase.normalization + KernelCase.sequences
        let tested = Set(
            all.flatMap { $0.firstGraph.loweringBatchNorm().nodes.map { OperationKind($0.operation) } })
        // States and directions are memory like parameters; lowering leaves no batch norm whole.
        let wanted = OperationKind.allCases.filter { ![.state, .direction, .batchNorm].contains($0) }
        #expect(wanted.filter { !tested.contains($0) }.isEmpty)
    }

    /// The comparison can fail: another graph's results are not within the tolerance.
    @Test func comparisonNoticesAnotherGraph() throws {
        prepareThreadForPrograms()
        let (sigmoid, tanh) = (KernelCase.elementwise[3], KernelCase.elementwise[2])
        let expected = ReferenceInterpreter().run(
            sigmoid.shards, variables: sigmoid.variables, graph: tanh.graph)
        let run = try ShardedRun(
            sigmoid.shards, variables: sigmoid.variables, kernels: KernelVariant.all[0].kernels,
            graph: sigmoid.graph)
        run.run()
        #expect(run.errors(against: expected).allSatisfy { $0.error > 1e-3 })
    }
}

import ProcessSupport
import Testing

extension EndToEndTests {
    /// Products of Hessians with vectors have the same bits at any number of ranks, on any nodes.
    @Suite struct HessianProductRanks {
        private func product(_ ranks: Int, _ arguments: String...) throws -> String {
            let run = try MPIRun.run(
                ranks: ranks, executable: BuiltExecutable.path("hessian-product"), arguments: arguments)
            #expect(run.exitCode == 0, "\(run)")
            return run.standardOutput
        }

        @Test(arguments: ["mlp", "cnn"])
        func sameBits(_ model: String) throws {
            let alone = try product(1, model)
            #expect(alone.split(separator: " ").count > 50, "\(alone)")
            for ranks in [2, 3, 4, 7] { #expect(try product(ranks, model) == alone, "\(ranks) ranks") }
            #expect(try product(5, model, "2") == alone, "5 ranks on nodes of 2")
        }
    }
}

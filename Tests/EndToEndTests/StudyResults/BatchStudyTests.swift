import Foundation
import Testing

extension EndToEndTests {
    /// Small against large batches: what the built-in studies show. Claims on new examples are of three seeds.
    @Suite struct BatchStudies {
        private static let seeds = [0, 1, 2]

        /// After equally many passes, each at its own rate: small batches fit and generalize better, large ones need
        /// fewer steps to a loss, and more passes.
        @Test func batchSize() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("batch-size", data)
            let bySize = ["batch-1", "batch-16-seed-0", "batch-128", "batch-full-seed-0"]
            try #expect(bySize.map { try study.number("step", $0) } == [10_000, 640, 80, 20])
            let steps = try bySize.map { try study.number("reach_step", $0) }
            #expect(zip(steps, steps.dropFirst()).allSatisfy(>), "\(steps)")
            let passes = try bySize.map { try study.number("reach_epoch", $0) }
            #expect(zip(passes, passes.dropFirst()).allSatisfy(<=) && passes[0] < passes[3], "\(passes)")
            let losses = try bySize.map { try study.number("train_eval_loss", $0) }
            #expect(
                losses[0] < losses[2] && losses[1] < losses[2] && losses[2] < losses[3] - 0.1, "\(losses)")
            for seed in Self.seeds {
                let (small, large) = ("batch-16-seed-\(seed)", "batch-full-seed-\(seed)")
                #expect(
                    try study.number("train_accuracy", small) > study.number("train_accuracy", large) + 0.05)
                #expect(
                    try study.number("test_accuracy", small) > study.number("test_accuracy", large) + 0.01)
            }
            // The gradient of all examples has no noise; that of 16 is mostly noise.
            let noise = try study.events("batch-16-seed-0", ["step"]).compactMap { $0["noise_scale"] }
            #expect(!noise.isEmpty && noise.filter { $0 > 16 }.count > noise.count / 2, "\(noise)")
        }

        /// At about equal training accuracy large batches and Adam are at sharper points than small batches of SGD with
        /// momentum, as the notes have it. That their gap is wider is not confirmed: Adam's is narrower.
        @Test func sharpness() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let study = try BuiltInStudy("sharpness", data)
            func values(_ metric: String, _ kind: String) throws -> [Double] {
                try Self.seeds.map { try study.number(metric, "\(kind)-seed-\($0)") }
            }
            for kind in ["small", "large", "adam", "swats"] {
                let accuracy = try values("train_accuracy", kind)
                #expect(accuracy.allSatisfy { (0.9...0.99).contains($0) }, "\(kind) \(accuracy)")
            }
            let small = try values("lambda_max", "small")
            let large = try values("lambda_max", "large")
            let adam = try values("lambda_max", "adam")
            let swats = try values("lambda_max", "swats")
            for seed in Self.seeds {
                #expect(large[seed] > 2 * small[seed] && adam[seed] > 1.5 * small[seed])
                #expect(swats[seed] > small[seed] && swats[seed] < adam[seed])
            }
            let gaps = try (
                small: values("generalization_gap", "small"), large: values("generalization_gap", "large"),
                adam: values("generalization_gap", "adam")
            )
            #expect(abs(gaps.large.mean - gaps.small.mean) < 0.08, "\(gaps)")
            #expect(zip(gaps.adam, gaps.small).allSatisfy(<), "\(gaps)")
            // Between the two the training loss has a barrier: they are not ends of one valley along the line.
            let line = try study.landscape("between").compactMap { $0["loss"] }
            try #require(line.count == 31)
            #expect(try #require(line.max()) > max(line[0], line[30]) + 0.03, "\(line)")
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// The rates of single weights in metrics.jsonl.
    @Suite struct EffectiveRates {
        /// The step lines of a run, and its weights' bytes.
        private static func train(_ ranks: Int, _ data: TestData, _ settings: [String]) throws -> (
            steps: [[String: Any]], weights: Data
        ) {
            let configuration = try SameBytes.configuration(data, "mlp")
            let folder = data.path("run-\(UUID())")
            let run = try DTrainRun.run(
                ranks,
                ["--config", configuration, "--output", folder, "--steps", "6"]
                    + settings.flatMap { ["--set", $0] })
            try #require(run.exitCode == 0, "\(run)")
            let lines = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(
                separator: "\n")
            let steps = try lines.compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }.filter { $0["event"] as? String == "step" }
            return (steps, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/weights.safetensors")))
        }

        private static let keys = ["effective_rate_min", "effective_rate_mean", "effective_rate_max"]

        @Test(arguments: [
            ["optimizer={name: adam, lr: 0.01}"], ["optimizer={name: adagrad, lr: 0.01, mean: true}"],
            ["optimizer={name: adam, lr: 0.01, sharded: true, lookahead: {k: 2}}", "training.delayed=true"],
        ])
        func theSameAtAnyNumberOfRanks(_ optimizer: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let settings = optimizer + ["logging.effective_rates=2", "logging.every_steps=3"]
            let one = try Self.train(1, data, settings)
            let three = try Self.train(3, data, settings)
            func rates(_ steps: [[String: Any]]) -> [[Double]] {
                steps.map { step in Self.keys.compactMap { step[$0] as? Double } }
            }
            #expect(one.steps.compactMap { $0["step"] as? Int } == [2, 3, 4, 6])
            #expect(rates(one.steps) == rates(three.steps))
            for (step, found) in zip([2, 3, 4, 6], rates(one.steps)) {
                guard step != 3 else {
                    #expect(found.isEmpty)
                    continue
                }
                try #require(found.count == 3)
                #expect(0 < found[0] && found[0] < found[1] && found[1] < found[2], "\(found)")
            }
            #expect(one.weights == three.weights)
            #expect(try Self.train(1, data, optimizer + ["logging.every_steps=3"]).weights == one.weights)
        }

        @Test func onlyOfAdaptiveRules() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = try DTrainRun.run(
                1,
                [
                    "--config", configuration, "--output", data.path("run"), "--set",
                    "optimizer={name: sgd, lr: 0.1}", "--set", "logging.effective_rates=2",
                ])
            #expect(run.exitCode == 78)
            #expect(run.standardError.contains("logging.effective_rates"), "\(run)")
        }
    }
}

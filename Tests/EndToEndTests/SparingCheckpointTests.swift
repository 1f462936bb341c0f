import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Where no rule for checkpoints is given they take little of the time.
    @Suite struct SparingCheckpoints {
        /// Checkpoints that a run says it has written.
        private func count(_ run: ProcessResult) throws -> Int {
            let line = try #require(
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix("checkpoints ") })
            return try #require(
                line.split(separator: "(").last.flatMap { Int($0.prefix { $0.isNumber }) }, "\(line)")
        }

        /// Checkpoints of at least 40 ms each, and epochs of far less: without a rule one is written at the end, one to know
        /// what it takes, and then one in a hundredfold of that time; with a rule after every epoch. The bytes are the same.
        @Test(arguments: [1, 3]) func shortEpochs(ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            func train(_ ranks: Int, _ configuration: String, _ output: String, _ more: [String] = []) throws
                -> (count: Int, most: Int)
            {
                let start = ContinuousClock.now
                let run = try DTrainRun.run(
                    ranks,
                    ["--config", configuration, "--output", data.path(output), "--epochs", "12"] + more,
                    environment: ["DTRAIN_FAULT": "checkpoint_write:0:*:slow=10"])
                try #require(run.exitCode == 0, "\(run)")
                let seconds = (ContinuousClock.now - start).components.seconds + 1
                return (try count(run), 2 + Int(seconds) / 4)
            }
            let configuration = try SameBytes.configuration(data, "mlp")
            let sparing = try train(ranks, configuration, "sparing")
            #expect(sparing.count <= sparing.most)
            let every = try train(ranks, configuration, "every", ["--set", "checkpoint.every_epochs=1"])
            #expect(every.count == 12)
            #expect(try DTrainRun.results(data.path("sparing")) == DTrainRun.results(data.path("every")))

            // The resolved configuration says the same when it is read again.
            let resolved = try String(contentsOfFile: data.path("sparing/config.yaml"), encoding: .utf8)
            #expect(resolved.contains("every_epochs: auto"))
            let again = try train(1, data.path("sparing/config.yaml"), "again")
            #expect(again.count <= again.most)
            let written = try String(contentsOfFile: data.path("again/config.yaml"), encoding: .utf8)
            #expect(written.replacingOccurrences(of: "again", with: "sparing") == resolved)
        }
    }
}

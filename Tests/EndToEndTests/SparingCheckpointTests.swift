import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Where no rule for checkpoints is given they take little of the time.
    @Suite(.serialized) struct SparingCheckpoints {
        /// Checkpoints that a run says it has written.
        private func count(_ run: ProcessResult) throws -> Int {
            let line = try #require(
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix("checkpoints ") })
            return try #require(
                line.split(separator: "(").last.flatMap { Int($0.prefix { $0.isNumber }) }, "\(line)")
        }

        /// Checkpoints of at least 40 ms each, and epochs of far less: without a rule one is written at the end, and after every
        /// hundredfold of that time; with one after every epoch. The bytes are the same.
        @Test(arguments: [1, 3]) func shortEpochs(ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let environment = ["DTRAIN_FAULT": "checkpoint_write:0:*:slow=40"]
            func train(_ output: String, _ more: [String]) throws -> ProcessResult {
                let run = try DTrainRun.run(
                    ranks,
                    ["--config", configuration, "--output", data.path(output), "--epochs", "24"] + more,
                    environment: environment)
                try #require(run.exitCode == 0, "\(run)")
                return run
            }
            let start = ContinuousClock.now
            let sparing = try train("sparing", [])
            let seconds = Double((ContinuousClock.now - start).components.seconds + 1)
            #expect(try count(sparing) <= 2 + Int(seconds / 4), "\(sparing)")
            let every = try train("every", ["--set", "checkpoint.every_epochs=1"])
            #expect(try count(every) == 24, "\(every)")
            #expect(try DTrainRun.results(data.path("sparing")) == DTrainRun.results(data.path("every")))

            // The resolved configuration says the same when it is read again.
            let resolved = try String(contentsOfFile: data.path("sparing/config.yaml"), encoding: .utf8)
            #expect(resolved.contains("every_epochs: auto"))
            let again = try DTrainRun.run(
                1, ["--config", data.path("sparing/config.yaml"), "--output", data.path("again")],
                environment: environment)
            try #require(again.exitCode == 0, "\(again)")
            #expect(try count(again) < 24, "\(again)")
            let written = try String(contentsOfFile: data.path("again/config.yaml"), encoding: .utf8)
            #expect(
                written.replacingOccurrences(of: "again", with: "sparing") == resolved)
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A run that has ended cannot be gone on with under other settings: the command that is given instead works.
    @Suite(.serialized) struct EndedRuns {
        @Test func aNewRunStartsFromItsWeights() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = data.path("run")
            let trained = try DTrainRun.run(0, ["--config", configuration, "--output", run, "--epochs", "1"])
            try #require(trained.exitCode == 0, "\(trained)")
            let resumed = try DTrainRun.run(
                2, ["--resume", run, "--epochs", "2", "--set", "training.batch=16"])
            #expect(resumed.exitCode == 78, "\(resumed)")
            #expect(
                resumed.standardError.contains(
                    "(training.epochs: 2, the run has 1; training.batch: 16, the run has "), "\(resumed)")
            let start = try #require(resumed.standardError.range(of: "since it has ended: "))
            let command = resumed.standardError[start.upperBound...].prefix { !$0.isNewline }
            let done = try ProcessRun.run(
                "bash", ["-c", String(command)], timeLimit: Promptness.patience, currentDirectory: nil)
            #expect(done.exitCode == 0, "\(command): \(done)")
            let text = try String(contentsOfFile: "\(run)-2/config.yaml", encoding: .utf8)
            #expect(
                text.contains("weights: \(run)") && text.contains("epochs: 2") && text.contains("batch: 16"),
                "\(text)")
        }

        @Test func aRunUnderWayIsContinued() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let call = ["--config", configuration, "--output", data.path("run")]
            let stopped = try DTrainRun.run(0, call + ["--steps", "2"])
            try #require(stopped.exitCode == 0, "\(stopped)")
            let resumed = try DTrainRun.run(0, call + ["--resume", "auto", "--set", "optimizer.lr=0.125"])
            #expect(resumed.exitCode == 78, "\(resumed)")
            #expect(resumed.standardError.contains("(optimizer.lr: 0.125, the run has "), "\(resumed)")
            #expect(resumed.standardError.contains("): change it back, or continue it with "), "\(resumed)")
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A run that stops and goes on ends with the bytes of one that never stopped.
    @Suite struct Resume {
        @Test(arguments: ["mlp", "cnn"])
        func acrossRankCounts(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, model)
            let whole = try DTrainRun.run(2, ["--config", configuration, "--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            // 4 → 2 → 3 → 1 ranks, twice in the middle of an epoch.
            for (ranks, steps) in [(4, "3"), (2, "5"), (3, "8")] {
                let part = try DTrainRun.run(
                    ranks,
                    [
                        "--config", configuration, "--output", data.path("parts"), "--resume", "auto",
                        "--steps", steps,
                    ])
                try #require(part.exitCode == 0, "\(part)")
            }
            let last = try DTrainRun.run(
                1, ["--config", configuration, "--output", data.path("parts"), "--resume", "auto"])
            try #require(last.exitCode == 0, "\(last)")
            #expect(try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))

            let again = try DTrainRun.run(
                2, ["--config", configuration, "--output", data.path("parts"), "--resume", "auto"])
            #expect(again.exitCode == 0 && again.standardOutput.contains("finished already"))
        }

        @Test func damagedCheckpoints() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let output = data.path("run")
            for steps in ["25", "30"] {
                let part = try DTrainRun.run(
                    0, ["--config", configuration, "--output", output, "--resume", "auto", "--steps", steps])
                try #require(part.exitCode == 0, "\(part)")
            }
            let checkpoints = try FileManager.default.contentsOfDirectory(atPath: "\(output)/checkpoints")
                .sorted()
            let newest = try "\(output)/checkpoints/\(#require(checkpoints.last))"
            let file = URL(fileURLWithPath: "\(newest)/optimizer.safetensors")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 3] ^= 1
            try bytes.write(to: file)

            let named = try DTrainRun.run(
                2, ["--config", configuration, "--output", data.path("other"), "--resume", newest])
            #expect(named.exitCode == 65, "\(named)")
            let resumed = try DTrainRun.run(
                2, ["--config", configuration, "--output", output, "--resume", "auto"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardError.contains("warning: skipped checkpoint"))
            let whole = try DTrainRun.run(3, ["--config", configuration, "--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(try DTrainRun.results(output) == DTrainRun.results(data.path("whole")))
        }
    }
}

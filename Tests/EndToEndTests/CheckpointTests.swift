import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// When checkpoints are written, which are kept, and what they survive.
    @Suite struct Checkpoints {
        private func names(_ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        }

        private func train(_ ranks: Int, _ data: TestData, _ arguments: [String], code: Int32 = 0) throws
            -> ProcessResult
        {
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = try DTrainRun.run(ranks, ["--config", configuration] + arguments)
            try #require(run.exitCode == code && !run.timedOut, "\(arguments): \(run)")
            return run
        }

        private func set(_ settings: String...) -> [String] { settings.flatMap { ["--set", $0] } }

        /// By the clock: some checkpoints more, the same bytes.
        @Test func everyMinutes() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try train(2, data, ["--output", data.path("plain")] + set("checkpoint.every_epochs=0"))
            _ = try train(
                2, data,
                ["--output", data.path("timed")]
                    + set("checkpoint={every_epochs: 0, every_minutes: 1.0e-7, keep: 1000}"))
            #expect(try names(data.path("plain/checkpoints")) == ["step-000000069"])
            #expect(try names(data.path("timed/checkpoints")).count > 1)
            #expect(try DTrainRun.results(data.path("timed")) == DTrainRun.results(data.path("plain")))
        }

        /// The newest K, and besides them the one of the best epoch.
        @Test func keepsLastAndBest() throws {
            let data = try TestData()
            defer { data.remove() }
            // So high a rate that later epochs are worse than the best.
            let settings = set(
                "data.validation={fraction: 0.3}", "optimizer.lr=0.3", "training.epochs=6",
                "checkpoint.every_steps=3", "checkpoint.every_epochs=0", "checkpoint.keep=2")
            _ = try train(3, data, ["--output", data.path("run")] + settings)
            let lines = try String(contentsOfFile: data.path("run/metrics.jsonl"), encoding: .utf8)
                .split(separator: "\n").compactMap {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                }
            let epochs = lines.filter { $0["event"] as? String == "epoch" }
            let losses = epochs.compactMap { $0["validation_loss"] as? Double }
            let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
            let step = try #require(epochs[best]["step"] as? Int)
            let last = try #require(epochs.last?["step"] as? Int)
            try #require(last - step > 6, "the best epoch is too late for this test: \(losses)")
            func folder(_ step: Int) -> String { "step-" + String(String(1_000_000_000 + step).dropFirst()) }
            let kept = try names(data.path("run/checkpoints"))
            #expect(kept.count == 3 && kept.contains(folder(step)) && kept.last == folder(last), "\(kept)")
            // It is the best epoch's: its weights are the best weights.
            let bestWeights = try Data(contentsOf: URL(fileURLWithPath: data.path("run/best.safetensors")))
            for name in ["weights", "best"] {
                let file = data.path("run/checkpoints/\(folder(step))/\(name).safetensors")
                #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == bestWeights)
            }
            _ = try train(
                3, data,
                ["--output", data.path("run"), "--overwrite"] + settings + set("checkpoint.best=false"))
            #expect(try names(data.path("run/checkpoints")).count == 2)
        }

        /// Ranks that do not see rank 0's folder send it what they hold; what resumes is the same.
        @Test func withoutSharedFiles() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["optimizer=adam", "epochs=3", "every_steps=1"]
            let whole = try ControlledRun.run(1, data, "mlp", options, output: "whole")
            var last = whole
            for (ranks, more, files) in [
                (4, ["nodes=2", "sharded=true", "hidden=true", "steps=2"], 1),
                (3, ["sharded=true", "steps=5"], 3),
                (3, ["hidden=true", "steps=7"], 1), (2, ["steps=9"], 2), (2, ["hidden=true"], 1),
            ] {
                last = try ControlledRun.run(
                    ranks, data, "mlp", options + more + ["resume=true"], output: "parts")
                let newest = try #require(try names(data.path("parts/checkpoints")).last)
                let parts = try names(data.path("parts/checkpoints/\(newest)")).filter {
                    $0.hasPrefix("optimizer")
                }
                #expect(parts.count == files, "\(more): \(parts)")
            }
            #expect(last.weights == whole.weights)
            #expect(try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))
        }

        /// SIGUSR1 to mpirun, once and twice, while checkpoints are being written: all ranks stop at one step.
        @Test(arguments: [1, 2])
        func preempted(signals: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let output = data.path("run")
            let settings = set(
                "training.epochs=4000", "training.batch=30", "checkpoint.every_steps=1", "schedule=constant")
            let command =
                (["--config", configuration, "--output", output] + settings).map { "'\($0)'" }.joined(
                    separator: " ")
            let script = """
                mpirun -n 3 --oversubscribe --mca btl_vader_single_copy_mechanism none \
                --mca mpi_yield_when_idle 1 '\(try BuiltExecutable.path("dtrain"))' \(command) &
                pid=$!
                until ls -d '\(output)'/checkpoints/step-* > /dev/null 2>&1; do kill -0 $pid || exit 9; sleep 0.01; done
                until ls -d '\(output)'/checkpoints/.step-* > /dev/null 2>&1; do kill -0 $pid || exit 9; sleep 0.001; done
                for i in $(seq \(signals)); do kill -USR1 $pid; done
                wait $pid
                """
            let run = try ProcessRun.run(
                "bash", ["-c", script],
                environment: [
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                ], timeLimit: Promptness.patience)
            try #require(run.exitCode == 0, "\(run)")
            let said = run.standardOutput.split(separator: "\n").filter { $0.contains("preempted at step") }
            #expect(said.count == 1, "\(run)")
            let words = said.first?.split(separator: " ") ?? []
            let step = try #require(words.count > 3 ? Int(words[3].dropLast()) : nil)
            // What is left goes on: the same bytes as one run of as many steps.
            let kept = try names("\(output)/checkpoints")
            #expect(kept.last.map { $0.hasSuffix("\(step)") } == true && !kept.contains { $0.hasPrefix(".") })
            let more = ["--config", configuration, "--steps", "\(step + 4)"] + settings
            let resumed = try DTrainRun.run(2, more + ["--output", output, "--resume", "auto"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardOutput.contains("resuming at step \(step) "))
            let whole = try DTrainRun.run(2, more + ["--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(try DTrainRun.results(output) == DTrainRun.results(data.path("whole")))
        }

        /// Best weights found after the checkpoint are forgotten with everything else.
        @Test func bestWeightsOfThePosition() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["patience=2", "epochs=6", "batch=8", "momentum=0.9"]
            let whole = try ControlledRun.run(2, data, "mlp", options, output: "whole")
            _ = try ControlledRun.run(3, data, "mlp", options + ["steps=18"], output: "parts")
            // As if the run had gone on for a while and been killed.
            for name in ["best.safetensors", ".best.safetensors.99.tmp"] {
                try data.write("parts/\(name)", text: "of a later epoch")
            }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: data.path("parts/metrics.jsonl")))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("{\"event\":\"step\",\"st".utf8))
            try handle.close()
            let last = try ControlledRun.run(2, data, "mlp", options + ["resume=true"], output: "parts")
            #expect(last.weights == whole.weights)
            #expect(try DTrainRun.results(data.path("parts")) == DTrainRun.results(data.path("whole")))
            let best = try ["parts", "whole"].map {
                try Data(contentsOf: URL(fileURLWithPath: data.path("\($0)/best.safetensors")))
            }
            #expect(best[0] == best[1])
            #expect(try !names(data.path("parts")).contains { $0.hasSuffix(".tmp") })
        }

        /// A run continued into another folder takes its metrics along.
        @Test func intoAnotherFolder() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try train(2, data, ["--output", data.path("whole")])
            _ = try train(2, data, ["--output", data.path("first"), "--steps", "30"])
            let from = [
                data.path("first"), data.path("first/checkpoints"),
                data.path("first/checkpoints/step-000000030"),
            ]
            for (place, source) in from.enumerated() {
                let output = data.path("next-\(place)")
                _ = try train(place + 1, data, ["--output", output, "--resume", source])
                #expect(try DTrainRun.results(output) == DTrainRun.results(data.path("whole")), "\(source)")
            }
            let nothing = try train(
                1, data, ["--output", data.path("x"), "--resume", data.path("none")], code: 65)
            #expect(
                nothing.standardError.contains(
                    "dtrain: error: there is no run and no checkpoint at \(data.path("none"))"))
        }
    }
}

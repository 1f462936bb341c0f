import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Runs that end when their minutes are over, and go on with as many again.
    @Suite(.serialized) struct TimeLimits {
        private func set(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

        private func train(
            _ ranks: Int, _ arguments: [String], fault: String? = nil
        ) throws -> ProcessResult {
            let run = try DTrainRun.run(
                ranks, arguments, environment: fault.map { ["DTRAIN_FAULT": $0] } ?? [:])
            try #require(run.exitCode == 0 && !run.timedOut, "\(arguments): \(run)")
            return run
        }

        /// The last line of a run's metrics.
        private func end(_ folder: String) throws -> [String: Any] {
            let text = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
            let last = try #require(text.split(separator: "\n").last)
            return try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
        }

        private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

        /// A budget that is over at once still takes a step. The end has weights, a checkpoint and the reason; going on, at
        /// another number of ranks, ends with the bytes of a run without a limit.
        @Test(arguments: [0, 3], ["", "delayed: true"])
        func endsAndGoesOn(_ ranks: Int, _ mode: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let modes = mode.isEmpty ? [] : ["training.delayed=true"]
            let metrics = ["evaluation.metrics=[accuracy, confusion_matrix]"]
            let base = ["--config", try SameBytes.configuration(data, "mlp")] + set(modes + metrics)
            let (run, whole) = (data.path("run"), data.path("whole"))
            _ = try train(1, base + ["--output", whole])
            #expect(try end(whole)["stopped"] == nil && end(whole)["steps"] as? Int == 69)

            let first = try train(
                ranks, base + ["--output", run] + set(["training.max_minutes=1.0e-6"]))
            #expect(
                first.standardOutput.contains(
                    "stopped at step 1: the 1e-06 minutes of training.max_minutes are over")
                    && first.standardOutput.contains("--resume auto --output \(run)"), "\(first)")
            let event = try end(run)
            #expect(
                event["event"] as? String == "end" && event["stopped"] as? String == "max_minutes"
                    && event["steps"] as? Int == 1 && event["epoch"] as? Int == 0
                    && event["test_loss"] is Double && event["confusion_matrix"] == nil
                    && event["test_confusion_matrix"] != nil, "\(event)")
            #expect(exists("\(run)/weights.safetensors") && exists("\(run)/predictions.safetensors"))
            #expect(exists("\(run)/checkpoints/step-000000001"))

            let listed = try train(0, ["runs", data.folder])
            #expect(
                listed.standardOutput.split(separator: "\n").contains {
                    $0.contains(run) && $0.contains("  stopped at step 1, max_minutes  ")
                }, "\(listed)")
            let object = try train(0, ["runs", run, "--json"])
            #expect(
                object.standardOutput.contains(#""state":"stopped","stopped":"max_minutes","step":1"#),
                "\(object)")

            // The limit stands in config.yaml, so the next part has its own minutes; then without a limit that matters.
            let second = try train(ranks == 0 ? 2 : 1, ["--resume", "auto", "--output", run])
            #expect(second.standardOutput.contains("resuming at step 1 from "), "\(second)")
            #expect(try end(run)["steps"] as? Int == 2)
            let last = try train(
                ranks, ["--resume", "auto", "--output", run] + set(["training.max_minutes=1000"]))
            #expect(last.standardOutput.contains("resuming at step 2 from "), "\(last)")
            #expect(try DTrainRun.results(run) == DTrainRun.results(whole))
            let after = try train(0, ["runs", data.folder])
            #expect(!after.standardOutput.contains("max_minutes"), "\(after)")
        }

        /// Wherever in an epoch the minutes end, with a growing path of parameters and best weights.
        @Test(arguments: [1, 3])
        func inSeveralParts(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let base =
                ["--config", try SameBytes.configuration(data, "mlp"), "--epochs", "6"]
                + set([
                    "data.validation={fraction: 0.3}", "logging.parameters=3", "evaluation.every_steps=5",
                ])
            let (run, whole) = (data.path("run"), data.path("whole"))
            _ = try train(2, base + ["--output", whole])
            let steps = try #require(end(whole)["steps"] as? Int)
            var reached = [0]
            while try reached.count == 1 || end(run)["stopped"] != nil, reached.count < 60 {
                // Steps of 30 ms: so many take longer than the 1.8 s, which begin with the process.
                let part = try train(
                    ranks,
                    base + ["--output", run, "--resume", "auto"] + set(["training.max_minutes=0.03"]),
                    fault: "step:*:*:slow=30")
                try reached.append(#require(end(run)["steps"] as? Int, "\(part)"))
            }
            #expect(reached.count > 2 && reached.last == steps, "\(reached)")
            #expect(zip(reached, reached.dropFirst()).allSatisfy(<), "\(reached)")
            #expect(try DTrainRun.results(run) == DTrainRun.results(whole))
            for name in ["path.safetensors", "best.safetensors"] {
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: "\(run)/\(name)"))
                        == Data(contentsOf: URL(fileURLWithPath: "\(whole)/\(name)")), "\(name)")
            }
        }

        /// Minutes that end during the evaluation after an epoch, each of one step.
        @Test func atTheEndOfAnEpoch() throws {
            let data = try TestData()
            defer { data.remove() }
            let settings = ["training.batch=full", "evaluation.metrics=[accuracy, confusion_matrix]"]
            let base = ["--config", try SameBytes.configuration(data, "mlp")] + set(settings)
            let (run, whole) = (data.path("run"), data.path("whole"))
            _ = try train(0, base + ["--output", whole])
            _ = try train(
                2, base + ["--output", run] + set(["training.max_minutes=0.05"]),
                fault: "evaluate:*:*:slow=4000")
            let event = try end(run)
            #expect(
                event["stopped"] as? String == "max_minutes" && event["steps"] as? Int == 1
                    && event["epoch"] as? Int == 1 && event["test_confusion_matrix"] != nil, "\(event)")
            #expect(exists("\(run)/predictions.safetensors"))
            _ = try train(
                3, base + ["--output", run, "--resume", "auto"] + set(["training.max_minutes=1000"]))
            #expect(try DTrainRun.results(run) == DTrainRun.results(whole))
        }

        /// Minutes that are over in the last step end nothing: the run has ended by itself.
        @Test func aFinishedRunIsFinished() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = data.path("run")
            _ = try train(
                2,
                [
                    "--config", try SameBytes.configuration(data, "mlp"), "--output", run, "--epochs", "1",
                ] + set(["training.batch=full", "training.max_minutes=1.0e-6"]))
            #expect(try end(run)["stopped"] == nil && end(run)["steps"] as? Int == 1)
            let again = try train(0, ["--resume", "auto", "--output", run])
            #expect(again.standardOutput.contains("the run is finished already"), "\(again)")
        }

        @Test(arguments: ["0", "-1", "1.0e8"])
        func refused(_ minutes: String) throws {
            let run = try DTrainRun.run(0, ["--set", "training.max_minutes=\(minutes)"])
            #expect(
                run.exitCode == 78
                    && run.standardError.contains(
                        "training.max_minutes=\(minutes): must be a number of minutes above 0, at most 10000000"
                    ),
                "\(run)")
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Lists of runs, and what is different between two.
    @Suite struct CompareRuns {
        private static let common = ["--overwrite", "--set", "checkpoint.every_steps=9"]

        /// A short run in a folder of `data`.
        private func train(
            _ data: TestData, _ name: String, ranks: Int = 1, _ options: [String] = [], fault: String? = nil
        ) throws -> ProcessResult {
            let arguments = [
                "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path(name),
            ]
            return try DTrainRun.run(
                ranks, arguments + Self.common + options,
                environment: fault.map { ["DTRAIN_FAULT": $0] } ?? [:])
        }

        /// What `dtrain diff` says of two runs, as lines and as JSON.
        private func diff(
            _ data: TestData, _ first: String, _ second: String
        ) throws -> (lines: [String], json: [String: Any]) {
            let arguments = ["diff", data.path(first), data.path(second)]
            let run = try DTrainRun.run(0, arguments)
            try #require(run.exitCode == 0 && run.standardError.isEmpty, "\(run)")
            let json = try DTrainRun.run(2, arguments + ["--json"])
            try #require(json.exitCode == 0, "\(json)")
            let object = try JSONSerialization.jsonObject(with: Data(json.standardOutput.utf8))
            return (
                run.standardOutput.split(separator: "\n").map(String.init),
                try #require(object as? [String: Any])
            )
        }

        /// What `dtrain runs` says of the runs below a folder, as lines and as JSON.
        private func list(_ folder: String) throws -> (lines: [Substring], json: [[String: Any]]) {
            let run = try DTrainRun.run(0, ["runs", folder])
            try #require(run.exitCode == 0 && run.standardError.isEmpty, "\(run)")
            let json = try DTrainRun.run(0, ["runs", folder, "--json"])
            let objects = try json.standardOutput.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            return (run.standardOutput.split(separator: "\n"), objects)
        }

        private func metrics(_ json: [String: Any]) throws -> [String: Any] {
            try #require(json["metrics"] as? [String: Any])
        }

        @Test func equalAndOtherSettings() throws {
            let data = try TestData()
            defer { data.remove() }
            for (name, ranks, options) in [
                ("one", 1, []), ("two", 2, []), ("rate", 1, ["--set", "optimizer.lr=0.02"]),
                ("seed", 2, ["--seed", "2"]), ("wide", 1, ["--set", "model.0.linear=34"]),
                ("rare", 1, ["--set", "logging.every_steps=10"]),
            ] as [(String, Int, [String])] {
                let run = try train(data, name, ranks: ranks, options)
                try #require(run.exitCode == 0, "\(name): \(run)")
            }
            let equal = try diff(data, "one", "two")
            #expect(
                equal.lines.first == "equal: \(data.path("one")) and \(data.path("two"))"
                    && !equal.lines.contains { $0.contains("differ") }, "\(equal)")
            #expect(equal.lines.contains("weights are equal (weights.safetensors)"), "\(equal)")
            #expect(equal.json["equal"] as? Bool == true)
            #expect(try metrics(equal.json)["common"] as? Int == 73)

            let rate = try diff(data, "one", "rate")
            #expect(
                rate.lines[0...1] == [
                    "optimizer.lr: 0.01 against 0.02", "metrics differ from step 1: lr 0.01 against 0.02",
                ])
            #expect(
                rate.lines.count == 3 && rate.lines[2].hasPrefix("weights differ from tensor 0."), "\(rate)")
            #expect(rate.lines[2].hasSuffix("(the checkpoints of step 69)"), "\(rate)")
            #expect(rate.json["equal"] as? Bool == false)
            let settings = try #require(rate.json["settings"] as? [[String: String]])
            #expect(settings == [["key": "optimizer.lr", "first": "0.01", "second": "0.02"]])

            let seed = try diff(data, "one", "seed")
            #expect(seed.lines[0] == "training.seed: 1 against 2")
            #expect(seed.lines[1].hasPrefix("metrics differ from step 1: loss "), "\(seed)")
            let wide = try diff(data, "one", "wide")
            #expect(wide.lines[0] == "model.0.linear.out: 33 against 34", "\(wide)")
            #expect(
                wide.lines.last?.hasPrefix(
                    "weights differ from tensor 0.bias on: F32 (33) against F32 (34) (") == true, "\(wide)")

            let rare = try diff(data, "one", "rare")
            #expect(
                rare.lines == [
                    "logging.every_steps: 1 against 10", "metrics are equal where both have them (10 lines)",
                    "\(data.path("one")) has 63 lines of metrics more (73 against 10)",
                    "weights are equal (the checkpoints of step 69)",
                    "weights are equal (weights.safetensors)",
                ], "\(rare)")

            let all = try list(data.folder)
            #expect(
                all.json.map { $0["run"] as? String }
                    == ["one", "rare", "rate", "seed", "two", "wide"].map(data.path))
            for (line, object) in zip(all.lines, all.json) {
                #expect(
                    line.contains("  finished") && line.contains("  3 of 3 epochs  train loss "), "\(line)")
                #expect(line.contains("  test accuracy 0.") && line.hasSuffix("  4 layers, linear to linear"))
                #expect(object["state"] as? String == "finished" && object["step"] as? Int == 69, "\(object)")
                #expect(object["epoch"] as? Int == 3 && object["epochs"] as? Int == 3, "\(object)")
                #expect(
                    (object["test_accuracy"] as? Double ?? 0) > 0 && object["seconds"] is Double, "\(object)")
            }
        }

        /// Of another optimizer the options that both have are compared, and those of one alone are named; of other layers
        /// what was put in or taken out, and what lies around it.
        @Test func otherChoices() throws {
            let data = try TestData()
            defer { data.remove() }
            let layers = "model=[{linear: 33}, {dropout: 0.25}, relu, {linear: 9}, {linear: 4}]"
            for (name, options) in [
                ("one", []), ("sgd", ["--set", "optimizer={name: sgd, lr: 0.02, weight_decay: 0.125}"]),
                ("deep", ["--set", layers]),
            ] as [(String, [String])] {
                let run = try train(data, name, options)
                try #require(run.exitCode == 0, "\(name): \(run)")
            }
            let sgd = try diff(data, "one", "sgd").lines.filter { $0.hasPrefix("optimizer.") }
            #expect(sgd.first == "optimizer.name: adam against sgd", "\(sgd)")
            for line in [
                "optimizer.lr: 0.01 against 0.02", "optimizer.weight_decay: 0 against 0.125",
                "optimizer.momentum: none against 0", "optimizer.betas: [0.9, 0.999] against none",
            ] { #expect(sgd.contains(line), "\(line): \(sgd)") }
            let deep = try diff(data, "one", "deep").lines.filter { $0.hasPrefix("model") }
            #expect(
                deep == [
                    "model.1: gelu against {dropout: {p: 0.25}}, relu, {linear: {bias: true, out: 9}}",
                    "model.2: {dropout: {p: 0.1}} against none",
                ], "\(deep)")
        }

        /// A run that was killed stands at a step, and has the lines of a whole one so far.
        @Test func killed() throws {
            let data = try TestData()
            defer { data.remove() }
            let whole = try train(data, "runs/whole")
            try #require(whole.exitCode == 0, "\(whole)")
            let killed = try train(data, "runs/killed", ranks: 2, fault: "step:1:30:kill")
            #expect(killed.exitCode != 0)
            let all = try list(data.path("runs"))
            let object = try #require(all.json.first)
            #expect(object["state"] as? String == "stopped" && object["epoch"] as? Int == 1, "\(object)")
            #expect(all.lines[0].contains("  stopped at step 29  1 of 3 epochs  "), "\(all)")
            let found = try diff(data, "runs/whole", "runs/killed")
            let lines = try #require(try metrics(found.json)["lines"] as? [Int])
            #expect(lines[0] == 73 && lines[1] == 30, "\(lines)")
            #expect(found.lines[1] == "metrics are equal where both have them (30 lines)", "\(found)")
            #expect(found.lines[2].hasSuffix(" has 43 lines of metrics more (73 against 30)"), "\(found)")
            #expect(found.json["equal"] as? Bool == false)
        }

        /// A run whose lock is held is running; one that was told to stop is stopped.
        @Test func running() throws {
            let data = try TestData()
            defer { data.remove() }
            var states: [String] = []
            let run = try MPIRun.run(
                ranks: 2, executable: try BuiltExecutable.path("training-controls"),
                arguments: ControlledRun.arguments(
                    data, "mlp", ["batch=8", "log=1", "epochs=100000"], output: data.path("runs/one"))
            ) { session, _ in
                guard states.isEmpty,
                    FileManager.default.fileExists(atPath: data.path("runs/one/metrics.jsonl")),
                    let all = try? list(data.path("runs")),
                    let object = all.json.first, object["step"] != nil, let state = object["state"] as? String
                else { return }
                states.append(state)
                #expect(all.lines.first?.contains("  running  ") == true, "\(all)")
                kill(session.id, SIGUSR1)
            }
            #expect(states == ["running"], "\(run)")
            let all = try list(data.path("runs"))
            #expect(all.json.first?["state"] as? String == "stopped", "\(all)")
            #expect(all.lines.first?.hasSuffix("  a model of training-controls") == true, "\(all)")
        }

        /// The runs of a Swift program, which leave no configuration: what their checkpoints keep is compared.
        @Test func swiftProgram() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try ControlledRun.run(1, data, "mlp", ["log=1"], output: "a")
            _ = try ControlledRun.run(3, data, "mlp", ["log=1"], output: "b")
            _ = try ControlledRun.run(1, data, "mlp", ["log=1", "momentum=0.5"], output: "c")
            _ = try ControlledRun.run(1, data, "cnn", ["log=1"], output: "d")
            #expect(try diff(data, "a", "b").json["equal"] as? Bool == true)
            let momentum = try diff(data, "a", "c").lines
            #expect(momentum[0] == "optimizer.momentum: 0 against 0.5", "\(momentum)")
            #expect(momentum[1].hasPrefix("metrics differ from step 3: loss "), "\(momentum)")
            #expect(momentum.last?.hasPrefix("keys that do not decide the results are not compared") == true)
            let model = try diff(data, "a", "d").lines
            #expect(model.contains { $0.hasPrefix("data.train.features: ") }, "\(model)")
        }

        @Test func noRuns() throws {
            let data = try TestData()
            defer { data.remove() }
            let empty = try DTrainRun.run(0, ["runs", data.folder])
            #expect(empty.exitCode == 0 && empty.standardOutput == "there are no runs in \(data.folder)\n")
            #expect(try list(data.folder).json.isEmpty)
            for arguments in [
                ["runs", data.path("nowhere")], ["diff", data.folder, data.folder],
                ["diff", data.path("nowhere"), data.folder],
            ] {
                let run = try DTrainRun.run(0, arguments)
                #expect(run.exitCode == 65 && run.standardOutput.isEmpty, "\(run)")
                #expect(run.standardError.split(separator: "\n").count == 1, "\(run)")
            }
            let usage = try DTrainRun.run(0, ["diff", data.folder])
            #expect(usage.exitCode == 64, "\(usage)")
        }
    }
}

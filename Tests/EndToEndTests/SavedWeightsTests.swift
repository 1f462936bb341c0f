import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Weights of any origin: other programs' files, unfinished runs, checkpoints.
    @Suite struct SavedWeights {
        /// A trained run with batch norm and a validation set, "run", of the configuration "cnn.yaml".
        private static func trained(_ model: String = "cnn") throws -> TestData {
            let data = try TestData()
            let configuration = try SameBytes.configuration(data, model)
            let run = try DTrainRun.run(1, ["--config", configuration, "--output", data.path("run")])
            try #require(run.exitCode == 0, "\(run)")
            return data
        }

        /// Writes the run's weights with other names and values into a folder with its normalization.
        private static func rewrite(
            _ data: TestData, to name: String, _ change: (String, inout [Float]) -> String
        ) throws -> String {
            let file = try SafetensorsFile.read(path: data.path("run/weights.safetensors"))
            var writer = SafetensorsWriter()
            for entry in file.tensors {
                guard entry.type == .float32 else {
                    var none: [Float] = []
                    try writer.add(
                        name: change(entry.name, &none), shape: entry.shape,
                        int64s: try file.int64s(named: entry.name))
                    continue
                }
                var values = try file.tensor(named: entry.name)
                let changed = change(entry.name, &values)
                try writer.add(name: changed, shape: entry.shape, floats: values)
            }
            let normalization = try String(
                contentsOfFile: data.path("run/normalization.json"), encoding: .utf8)
            try data.write("\(name)/normalization.json", text: normalization)
            try writer.write(to: data.path("\(name)/weights.safetensors"))
            return data.path("\(name)/weights.safetensors")
        }

        /// What DistributedDataParallel, torch.compile, both, and modules around the model put in front of names.
        @Test func prefixesOfAllNamesAreLeftOut() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let configuration = data.path("cnn.yaml")
            let plain = try DTrainRun.run(1, ["evaluate", data.path("run")]).standardOutput
            let dry = ["--config", configuration, "--dry-run", "--set"]
            func step(_ run: ProcessResult) -> Substring? {
                run.standardOutput.split(separator: "\n").first { $0.hasPrefix("dry run") }
            }
            let first = try DTrainRun.run(1, dry + ["init.weights=\(data.path("run/weights.safetensors"))"])
            for (place, prefix) in [
                "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "net.",
            ]
            .enumerated() {
                let file = try Self.rewrite(data, to: "other-\(place)") { name, _ in prefix + name }
                let run = try DTrainRun.run(1 + place % 2, ["evaluate", file, "--config", configuration])
                #expect(run.exitCode == 0 && run.standardOutput == plain, "\(prefix): \(run)")
                #expect(run.standardError.components(separatedBy: "begin with \"\(prefix)\"").count == 2)
                let started = try DTrainRun.run(1, dry + ["init.weights=\(file)"])
                #expect(started.exitCode == 0 && step(started) == step(first), "\(prefix): \(started)")
            }
            // Not where only some have it.
            let file = try Self.rewrite(data, to: "some") { name, _ in
                name.hasPrefix("0") ? name : "module.\(name)"
            }
            let run = try DTrainRun.run(2, ["evaluate", file, "--config", configuration])
            #expect(
                run.exitCode == 65 && run.standardError.contains("holds tensor \"module.1.bias\""), "\(run)")
        }

        /// What wrappers of parts of a model put behind the part's name.
        @Test(arguments: [
            ("_orig_mod", ["7", "1"], ""), ("module", ["0", "1"], ""), ("_orig_mod", ["7"], "module."),
            ("_fsdp_wrapped_module", ["0"], "_orig_mod."),
        ])
        func wordsInsideOfNamesAreLeftOut(_ word: String, _ wrapped: [String], _ prefix: String) throws {
            let data = try Self.trained()
            defer { data.remove() }
            let plain = try DTrainRun.run(1, ["evaluate", data.path("run")]).standardOutput
            let file = try Self.rewrite(data, to: "other") { name, _ in
                let parts = name.split(separator: ".", maxSplits: 1)
                let isWrapped = wrapped.contains(String(parts[0]))
                return prefix + (isWrapped ? "\(parts[0]).\(word).\(parts[1])" : name)
            }
            let run = try DTrainRun.run(2, ["evaluate", file, "--config", data.path("cnn.yaml")])
            #expect(run.exitCode == 0 && run.standardOutput == plain, "\(run)")
            #expect(
                run.standardError.contains("\"\(word).\"") && run.standardError.contains("left out"), "\(run)"
            )
        }

        /// Names that are no model's with or without them are told as they stand.
        @Test func wordsInsideOfForeignNamesStay() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let file = try Self.rewrite(data, to: "other") { name, _ in
                name.replacing("7.", with: "9._orig_mod.")
            }
            let run = try DTrainRun.run(2, ["evaluate", file, "--config", data.path("cnn.yaml")])
            #expect(
                run.exitCode == 65 && run.standardError.contains("holds tensor \"9._orig_mod."), "\(run)")
        }

        @Test func numbersThatAreNoneAreNamed() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let configuration = data.path("cnn.yaml")
            for (place, (tensor, element, value, says)) in [
                ("7.weight", 195, Float.nan, "tensor \"7.weight\" holds nan at element [1, 3]"),
                ("1.running_var", 11, .infinity, "tensor \"1.running_var\" holds inf at element [11]"),
                ("1.running_mean", 0, -.infinity, "tensor \"1.running_mean\" holds -inf at element [0]"),
            ].enumerated() {
                let file = try Self.rewrite(data, to: "bad-\(place)") { name, values in
                    if name == tensor { values[element] = value }
                    return name
                }
                for arguments in [
                    ["evaluate", file, "--config", configuration],
                    ["predict", file, "--config", configuration],
                    [
                        "--config", configuration, "--output", data.path("new"), "--set",
                        "init.weights=\(file)",
                    ],
                ] {
                    let run = try DTrainRun.run(1 + place, arguments)
                    #expect(run.exitCode == 65 && run.standardError.contains(says), "\(run)")
                    #expect(run.standardOutput.isEmpty, "\(run)")
                }
            }
        }

        /// Without scaling nothing of what training wrote beside the weights is needed.
        @Test func weightsAloneAreEnoughWithoutScaling() throws {
            let data = try TestData()
            defer { data.remove() }
            let kinds = ["dog", "ant", "cat"]
            let rows = (0..<60).map { "\($0 % 3).5,\(Double($0 % 7) / 7),\(kinds[$0 % 3])\n" }.joined()
            try data.write("train.csv", text: "x,y,kind\n" + rows)
            try data.write("dogs.csv", text: "x,y,kind\n0.5,0.1,dog\n0.5,0.9,dog\n")
            let table = """
                data:
                  train: {format: csv, files: train.csv, label: kind}
                  test: {format: csv, files: dogs.csv, label: kind}
                  normalize: none
                model: {name: mlp, hidden: [8]}
                optimizer: {name: adam, lr: 0.05}
                training: {epochs: 3, batch: 30}
                """
            let arrays = """
                data:
                  train: {format: npy, features: rows.npy, labels: labels.npy}
                  normalize: none
                model: {name: mlp, hidden: [8]}
                optimizer: {name: adam, lr: 0.01}
                training: {epochs: 1, batch: 30}
                """
            for (name, text) in [("table", table), ("arrays", arrays)] {
                let configuration = try data.write("\(name).yaml", text: text)
                let run = try DTrainRun.run(
                    1, ["--config", configuration, "--output", data.path(name)])
                try #require(run.exitCode == 0, "\(run)")
                let weights = [data.path("\(name)/weights.safetensors"), "--config", configuration]
                let evaluated = try DTrainRun.run(1, ["evaluate"] + weights).standardOutput
                let predicted = try DTrainRun.run(1, ["predict"] + weights).standardOutput
                try FileManager.default.removeItem(atPath: data.path("\(name)/normalization.json"))
                let alone = try DTrainRun.run(2, ["evaluate"] + weights)
                #expect(alone.exitCode == 0 && alone.standardOutput == evaluated, "\(alone)")
                let outputs = try DTrainRun.run(2, ["predict"] + weights)
                #expect(outputs.exitCode == 0 && outputs.standardOutput == predicted, "\(outputs)")
                let scaled = try DTrainRun.run(
                    2, ["evaluate"] + weights + ["--set", "data.normalize=standardize"])
                #expect(scaled.exitCode == 65, "\(scaled)")
                #expect(
                    scaled.standardError.contains("normalization.json is missing: the configuration says"))
            }
        }

        /// Of a run that has not ended: the best weights, else the newest checkpoint that is whole.
        @Test func unfinishedRuns() throws {
            let data = try Self.trained()
            defer { data.remove() }
            let run = data.path("run")
            let checkpoints = try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints")
                .filter { $0.hasPrefix("step-") }.sorted()
            try #require(checkpoints.count == 2)
            func evaluate(_ path: String, ranks: Int = 1) throws -> ProcessResult {
                try DTrainRun.run(ranks, ["evaluate", path])
            }
            let final = try evaluate(run).standardOutput
            let older = try evaluate("\(run)/checkpoints/\(checkpoints[0])", ranks: 2)
            #expect(older.exitCode == 0 && older.standardOutput != final, "\(older)")
            #expect(
                older.standardError.contains("a checkpoint of step \(Int(checkpoints[0].dropFirst(5)) ?? 0)"))
            try FileManager.default.removeItem(atPath: "\(run)/weights.safetensors")
            let best = try evaluate(run, ranks: 2)
            #expect(best.exitCode == 0 && best.standardError.contains("best so far"), "\(best)")
            #expect(best.standardError.contains("(step "), "\(best)")
            try FileManager.default.removeItem(atPath: "\(run)/best.safetensors")
            for path in [run, "\(run)/checkpoints", "\(run)/checkpoints/\(checkpoints[1])"] {
                let newest = try evaluate(path)
                #expect(newest.exitCode == 0 && newest.standardOutput == final, "\(newest)")
                #expect(newest.standardError.contains("step \(Int(checkpoints[1].dropFirst(5)) ?? 0)"))
            }
            let predicted = try DTrainRun.run(2, ["predict", run])
            #expect(predicted.standardOutput.split(separator: "\n").count == 138, "\(predicted)")
            // Damaged ones are passed over, but for the one that was named.
            let file = "\(run)/checkpoints/\(checkpoints[1])/weights.safetensors"
            try (Data(contentsOf: URL(fileURLWithPath: file)) + [0]).write(to: URL(fileURLWithPath: file))
            let passed = try evaluate(run, ranks: 2)
            #expect(passed.exitCode == 0 && passed.standardOutput == older.standardOutput, "\(passed)")
            #expect(passed.standardError.contains("dtrain: warning: skipped"), "\(passed)")
            let named = try evaluate("\(run)/checkpoints/\(checkpoints[1])", ranks: 2)
            #expect(named.exitCode == 65 && named.standardError.contains("is damaged"), "\(named)")
        }

        /// A run's folder starts another one as its file of weights does, and a line says so.
        @Test func runsStartFromRuns() throws {
            let data = try Self.trained("mlp")
            defer { data.remove() }
            func start(_ weights: String, _ output: String, ranks: Int) throws -> ProcessResult {
                try DTrainRun.run(
                    ranks,
                    [
                        "--config", data.path("mlp.yaml"), "--output", data.path(output), "--epochs", "1",
                        "--set",
                        "init.weights=\(data.path(weights))",
                    ])
            }
            let fromFile = try start("run/weights.safetensors", "a", ranks: 1)
            let fromFolder = try start("run", "b", ranks: 2)
            try #require(fromFile.exitCode == 0 && fromFolder.exitCode == 0, "\(fromFolder)")
            #expect(try DTrainRun.results(data.path("a")) == DTrainRun.results(data.path("b")))
            let says = "dtrain: starting from the weights of \(data.path("run/weights.safetensors"))\n"
            for run in [fromFile, fromFolder] { #expect(run.standardOutput.contains(says), "\(run)") }
            let missing = try start("none", "c", ranks: 3)
            #expect(
                missing.exitCode == 65 && missing.standardError.contains(": there are no weights at"),
                "\(missing)")
            #expect(missing.standardError.contains("on the command line to the current folder"))
        }
    }
}

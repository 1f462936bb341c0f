import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// A mistake is one line on standard error from one rank, the right exit code, soon.
    @Suite struct Errors {
        struct Mistake: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let arguments: [String]
            let code: Int32
            /// What the line says.
            let says: String
            var ranks = 4
        }

        /// DATA stands for the test's folder.
        static let mistakes = [
            Mistake(testDescription: "unknown flag", arguments: ["--bach", "3"], code: 64, says: "--batch"),
            Mistake(testDescription: "zero steps", arguments: ["--steps", "0"], code: 64, says: "--steps"),
            Mistake(
                testDescription: "unknown recipe", arguments: ["--recipe", "fashion-cn"], code: 78,
                says: "fashion-cnn"),
            Mistake(
                testDescription: "unknown key", arguments: ["--set", "training.bach=3"], code: 78,
                says: "batch"),
            Mistake(
                testDescription: "missing file", arguments: ["--config", "DATA/none.yaml"], code: 78,
                says: "none.yaml"),
            Mistake(
                testDescription: "broken YAML", arguments: ["--config", "DATA/broken.yaml"], code: 78,
                says: "broken.yaml"),
            Mistake(
                testDescription: "missing data", arguments: ["--set", "data.root=/nowhere"], code: 65,
                says: "/nowhere"),
            Mistake(
                testDescription: "short data",
                arguments: ["--config", "DATA/mlp.yaml", "--set", "data.train.features=DATA/short.npy"],
                code: 65,
                says: "short.npy"),
            Mistake(
                testDescription: "label out of range",
                arguments: ["--config", "DATA/mlp.yaml", "--set", "data.train.classes=2"], code: 65,
                says: "label"),
            Mistake(
                testDescription: "NaN in features",
                arguments: ["--config", "DATA/mlp.yaml", "--set", "data.train.features=DATA/nan.npy"],
                code: 65,
                says: "nan.npy"),
            Mistake(
                testDescription: "layers that do not fit",
                arguments: [
                    "--config", "DATA/cnn.yaml", "--set", "model.6.flatten=null", "--set", "model.6=relu",
                ], code: 78,
                says: "flatten"),
            Mistake(
                testDescription: "wrong number of classes",
                arguments: ["--config", "DATA/mlp.yaml", "--set", "model.3.linear=3"], code: 78,
                says: "4 classes"),
            Mistake(
                testDescription: "warm-up longer than the run",
                arguments: ["--config", "DATA/mlp.yaml", "--set", "schedule={name: cosine, warmup: 9}"],
                code: 78, says: "warmup"),
            Mistake(
                testDescription: "more ranks than shards",
                arguments: ["--config", "DATA/mlp.yaml", "--shards", "3"],
                code: 64, says: "training.shards"),
            Mistake(
                testDescription: "batch norm over one value",
                arguments: ["--config", "DATA/mlp.yaml", "--batch", "1", "--set", "model.1=batch_norm"],
                code: 78,
                says: "batch norm"),
            Mistake(
                testDescription: "used output",
                arguments: ["--config", "DATA/mlp.yaml", "--output", "DATA/used"], code: 73,
                says: "--overwrite"),
            Mistake(
                testDescription: "impossible output",
                arguments: ["--config", "DATA/mlp.yaml", "--output", "/proc/none"],
                code: 73, says: "/proc/none"),
            Mistake(
                testDescription: "missing weights",
                arguments: ["evaluate", "DATA/none", "--config", "DATA/mlp.yaml"],
                code: 65, says: "DATA/none"),
        ]

        @Test func oneLineAndTheRightCode() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try SameBytes.configuration(data, "mlp")
            _ = try SameBytes.configuration(data, "cnn")
            try data.write("broken.yaml", text: "model: [linear: 3\n  - x")
            try data.write("used/weights.safetensors", text: "")
            let rows = try Data(contentsOf: URL(fileURLWithPath: data.path("rows.npy")))
            try rows.dropLast(9).write(to: URL(fileURLWithPath: data.path("short.npy")))
            try data.write("nan.npy", shape: [137, 6], Array(repeating: 1, count: 821) + [.nan])
            for mistake in Self.mistakes {
                let arguments = mistake.arguments.map {
                    $0.replacingOccurrences(of: "DATA", with: data.folder)
                }
                let output =
                    mistake.arguments.contains("--output") || mistake.arguments.first == "evaluate"
                    ? [] : ["--output", data.path("out")]
                let (run, seconds) = try Promptness.measured(limit: 5) {
                    try DTrainRun.run(mistake.ranks, arguments + output)
                }
                let says = mistake.says.replacingOccurrences(of: "DATA", with: data.folder)
                let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
                #expect(run.exitCode == mistake.code, "\(mistake.testDescription): \(run)")
                #expect(lines.count == 1 && lines[0].contains(says), "\(mistake.testDescription): \(run)")
                #expect(seconds < 5, "\(mistake.testDescription): \(seconds)")
            }
        }

        /// Ranks that were started differently refuse to train together.
        @Test func differentConfigurations() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let dtrain = try BuiltExecutable.path("dtrain")
            let common = ["--config", configuration, "--output", data.path("run")]
            let run = try MPIRun.run(
                ranks: 2, executable: dtrain,
                arguments: common + [":", "-n", "1", dtrain] + common + ["--seed", "2"])
            #expect(run.exitCode == 76, "\(run)")
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
            #expect(lines.count == 1 && lines[0].contains("rank 2"))
        }
    }

    /// Small promises of the command line.
    @Suite struct CommandLineTests {
        @Test func helpPrintsOnce() throws {
            let help = try DTrainRun.run(3, ["--help"])
            #expect(help.exitCode == 0)
            #expect(help.standardOutput.components(separatedBy: "OVERVIEW").count == 2)
        }

        @Test func dryRunWritesNothing() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let run = try DTrainRun.run(
                3, ["--config", configuration, "--output", data.path("run"), "--dry-run"])
            #expect(run.exitCode == 0 && run.standardOutput.contains("dry run"), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: data.path("run")))
        }

        @Test func otherCommands() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let summary = try DTrainRun.run(0, ["summary", "--config", configuration])
            #expect(
                summary.exitCode == 0 && summary.standardOutput.contains("memory per shard"), "\(summary)")
            let rates = try DTrainRun.run(
                0,
                [
                    "summary", "--config", configuration, "--set",
                    "optimizer={name: sgd, lr: 0.05, momentum: 0.9, dampening: 0.5}", "--set",
                    "schedule={name: inverse}",
                ]
            ).standardOutput
            for line in [
                "learning rate    0.05, schedule inverse",
                "without end      Ση = ∞, Ση² < ∞, because it falls as 1/k",
                "the Robbins-Monro conditions, Ση = ∞ and Ση² < ∞, hold",
                "effective rate   0.25 for a constant gradient, 5 times the rate",
            ] { #expect(rates.contains(line), "\(rates)") }
            let recipes = try DTrainRun.run(2, ["recipes"])
            #expect(
                recipes.exitCode == 0
                    && recipes.standardOutput.components(separatedBy: "fashion-cnn").count == 2)
            let doctor = try DTrainRun.run(2, ["doctor"])
            #expect(doctor.exitCode == 0 && doctor.standardOutput.contains("verdict"), "\(doctor)")
        }
    }
}

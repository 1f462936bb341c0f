import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What `dtrain diagnose` promises on the command line.
    @Suite struct DiagnoseCommandLine {
        @Test func mistakes() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try DiagnoseCase("mlp").copy(to: data)
            let given = DiagnoseReport.arguments(point)
            let missing = DiagnosePoint(weights: data.path("none"), configuration: point.configuration)
            for (arguments, code, says) in [
                (["diagnose"], 64, "run-or-weights"),
                (["diagnose", point.weights], 64, "--config"),
                (given + ["--data", "trian"], 64, "trian"),
                (given + ["--batch-norm", "eval"], 64, "--batch-norm"),
                (given + ["--dropout", "half"], 64, "--dropout"),
                (given + ["--examples", "0"], 64, "--examples"),
                (given + ["--tolerance=-1"], 64, "--tolerance"),
                (given + ["--escape"], 64, "--output"),
                (DiagnoseReport.arguments(missing), 65, missing.weights),
            ] as [([String], Int32, String)] {
                let run = try DTrainRun.run(2, arguments + ["--json"])
                #expect(run.exitCode == code, "\(arguments): \(run)")
                let errors = run.standardError.split(separator: "\n").filter {
                    $0.hasPrefix("dtrain: error:")
                }
                #expect(errors.count == 1 && errors[0].contains(says), "\(arguments): \(run)")
                #expect(run.standardOutput.isEmpty, "\(arguments): \(run)")
            }
        }

        /// Nothing in the JSON depends on when, where or how often it was asked, and nothing is written beside the weights.
        @Test func nothingOfTheRunItself() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase("mlp")
            let point = try test.copy(to: data)
            func files() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: data.path(test.name)).sorted()
            }
            let before = try files()
            let report = try DiagnoseReport(point)
            #expect(try files() == before)
            #expect(!report.text.contains(data.folder) && !report.text.contains(test.name + "/"))
            for key in report.keys {
                for word in ["second", "time", "path", "file", "rank", "worker"] {
                    #expect(!key.contains(word), "\(key)")
                }
            }
            for key in [
                "verdict", "verdict_because", "loss", "gradient_norm", "lambda_max", "lambda_min",
                "minimum_ratio", "zero_ratio", "negative_ratio", "residuals", "batch_norm", "examples",
                "critical_ratio", "tolerance", "epsilon", "index",
            ] {
                #expect(report.keys.contains(key), "\(key)")
            }
            let moved = data.path("elsewhere")
            try FileManager.default.moveItem(atPath: data.path(test.name), toPath: moved)
            let again = try DiagnoseReport(
                DiagnosePoint(
                    weights: "\(moved)/weights.safetensors", configuration: "\(moved)/case.yaml"))
            #expect(again.text == report.text)
        }

        /// Without --json a person reads the verdict first.
        @Test func page() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try DiagnoseCase("saddle").copy(to: data)
            var pages: Set<String> = []
            for ranks in [0, 2] {
                let run = try DTrainRun.run(ranks, DiagnoseReport.arguments(point))
                #expect(run.exitCode == 0, "\(run)")
                let first = run.standardOutput.split(separator: "\n").first.map { $0.lowercased() }
                #expect(first?.contains("saddle") == true, "\(run)")
                pages.insert(run.standardOutput)
            }
            #expect(pages.count == 1)
        }

        /// A sample of the examples is drawn by the seed alone.
        @Test func samples() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase("mlp")
            let point = try test.copy(to: data)
            var losses: Set<Double> = []
            for seed in 1...4 {
                let options = ["--examples", "17", "--seed", "\(seed)"]
                let report = try DiagnoseReport(point, options)
                #expect(try report.count("examples") == 17)
                losses.insert(try report.number("loss"))
                let again = try DiagnoseReport(point, options, ranks: 3)
                #expect(again.text == report.text, "seed \(seed)")
            }
            #expect(losses.count > 1, "the same loss of every sample")
            let all = try DiagnoseReport(point, ["--examples", "\(test.reference.examples)"])
            try all.expect("loss", test.reference.loss, within: 1e-5 * test.reference.loss)
        }

        /// Dropout is off unless it is asked for; then masks are drawn by the seed alone.
        @Test func dropout() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase("weighted")
            let point = try test.copy(to: data)
            let off = try DiagnoseReport(point, ["--dropout", "off"])
            try off.expect("loss", test.reference.loss, within: 1e-5 * test.reference.loss)
            var losses: Set<Double> = []
            for seed in 1...2 {
                let options = ["--dropout", "on", "--seed", "\(seed)"]
                let report = try DiagnoseReport(point, options)
                losses.insert(try report.number("loss"))
                #expect(try DiagnoseReport(point, options, ranks: 2).text == report.text, "seed \(seed)")
            }
            #expect(losses.union([test.reference.loss]).count == 3, "\(losses)")
        }
    }
}

import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Saved weights give the same answers at any number of ranks, every example once.
    @Suite struct Evaluation {
        @Test func evaluateAndPredict() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let output = data.path("run")
            let trained = try DTrainRun.run(2, ["--config", configuration, "--output", output])
            try #require(trained.exitCode == 0, "\(trained)")
            let end = try #require(try DTrainRun.results(output).metrics.last)

            var lines: Set<String> = []
            var tables: Set<String> = []
            for ranks in [0, 1, 2, 3, 7] {
                let evaluated = try DTrainRun.run(ranks, ["evaluate", output])
                try #require(evaluated.exitCode == 0, "\(evaluated)")
                lines.insert(evaluated.standardOutput)
                let predicted = try DTrainRun.run(
                    ranks,
                    [
                        "predict", output, "--data", "{format: npy, features: \(data.path("images.npy"))}",
                        "--output",
                        data.path("table.csv"),
                    ])
                try #require(predicted.exitCode == 0, "\(predicted)")
                tables.insert(try String(contentsOfFile: data.path("table.csv"), encoding: .utf8))
            }
            #expect(lines.count == 1 && tables.count == 1)
            let line = try #require(lines.first)
            #expect(line.contains("\"count\":137,"))
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["data"] as? String == "test")
            let accuracy = try #require(object?["accuracy"] as? Double)
            #expect(end.contains("test_accuracy=\(accuracy)"))
            let rows = try #require(tables.first).split(separator: "\n")
            #expect(rows.count == 138 && rows[0].hasPrefix("index,class,output_0,"))
            #expect(rows.dropFirst().enumerated().allSatisfy { $1.hasPrefix("\($0),") })
            let labels = (0..<137).map { $0 * 7 % 4 }
            let correct = zip(rows.dropFirst(), labels).filter { $0.split(separator: ",")[1] == "\($1)" }
                .count
            #expect(abs(Double(correct) / 137 - accuracy) < 1e-12)
        }

        /// A part of the training set that was held out is found again: the same loss, and its examples by their numbers.
        @Test func heldOutExamples() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let output = data.path("run")
            let trained = try DTrainRun.run(
                2,
                [
                    "--config", configuration, "--output", output, "--epochs", "1", "--set",
                    "data.validation={fraction: 0.2}", "--set", "training.seed=4",
                ])
            try #require(trained.exitCode == 0, "\(trained)")
            let metrics = try String(contentsOfFile: "\(output)/metrics.jsonl", encoding: .utf8)
            let loss = try #require(metrics.firstMatch(of: /"validation_loss":([0-9.e-]+)/)?.1)
            for ranks in [1, 3] {
                let evaluated = try DTrainRun.run(ranks, ["evaluate", output, "--data", "validation"])
                #expect(
                    evaluated.exitCode == 0 && evaluated.standardOutput.contains("\"count\":27,")
                        && evaluated.standardOutput.contains("\"loss\":\(loss),")
                        && evaluated.standardOutput.contains("\"data\":\"validation\""), "\(evaluated)")
            }
            func rows(_ set: String) throws -> [Substring] {
                let predicted = try DTrainRun.run(2, ["predict", output, "--data", set])
                try #require(predicted.exitCode == 0, "\(predicted)")
                return Array(predicted.standardOutput.split(separator: "\n").dropFirst())
            }
            let (held, all) = (try rows("validation"), try rows("train"))
            #expect(held.count == 27 && all.count == 137)
            #expect(Set(held).isSubset(of: all))
        }

        /// The names, shapes and types that torch.nn.Sequential's state_dict has.
        @Test func weightsHaveTorchNames() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let trained = try DTrainRun.run(
                1, ["--config", configuration, "--output", data.path("run"), "--steps", "2"])
            try #require(trained.exitCode == 0, "\(trained)")
            let file = try SafetensorsFile.read(path: data.path("run/weights.safetensors"))
            let found = file.tensors.map { "\($0.name) \($0.type.rawValue) \($0.shape)" }
            #expect(
                found == [
                    "0.weight F32 [12, 1, 3, 3]", "1.bias F32 [12]", "1.num_batches_tracked I64 []",
                    "1.running_mean F32 [12]", "1.running_var F32 [12]", "1.weight F32 [12]",
                    "5.body.0.bias F32 [12]",
                    "5.body.0.weight F32 [12, 12, 3, 3]", "5.body.1.bias F32 [12]",
                    "5.body.1.num_batches_tracked I64 []", "5.body.1.running_mean F32 [12]",
                    "5.body.1.running_var F32 [12]", "5.body.1.weight F32 [12]", "7.bias F32 [4]",
                    "7.weight F32 [4, 192]",
                ])
            #expect(try file.int64s(named: "1.num_batches_tracked") == [2])
        }

        /// Debian's 10,000 test images at four ranks.
        @Test func fashionTestSet() throws {
            let data = try TestData()
            defer { data.remove() }
            let output = data.path("run")
            let trained = try DTrainRun.run(
                4, ["--recipe", "fashion-mlp", "--steps", "3", "--output", output])
            try #require(trained.exitCode == 0, "\(trained)")
            let lines = try [1, 4].map { try DTrainRun.run($0, ["evaluate", output]).standardOutput }
            #expect(lines[0] == lines[1] && lines[0].contains("\"count\":10000,"))
        }

        /// A run's config.yaml trains to the same bytes.
        @Test func configurationRepeatsTheRun() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let first = try DTrainRun.run(
                2, ["--config", configuration, "--output", data.path("a"), "--epochs", "1", "--seed", "9"])
            let second = try DTrainRun.run(
                1, ["--config", data.path("a/config.yaml"), "--output", data.path("b")])
            try #require(first.exitCode == 0 && second.exitCode == 0, "\(first) \(second)")
            #expect(try DTrainRun.results(data.path("a")) == DTrainRun.results(data.path("b")))
        }
    }
}

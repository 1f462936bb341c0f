import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Losses with options and every metric, from a configuration to the same bytes at any number of ranks.
    @Suite struct Losses {
        private static func configuration(
            _ data: TestData, labels: String, outputs: Int, _ lines: String
        ) throws -> String {
            try data.write(
                "loss.yaml",
                text: """
                    data:
                      train: {format: npy, features: rows.npy, labels: \(labels)}
                      test: {format: npy, features: rows.npy, labels: \(labels)}
                      validation: {fraction: 0.2}
                    model: [{linear: 9}, tanh, {linear: \(outputs)}]
                    optimizer: {name: adam, lr: 0.01}
                    training: {epochs: 1, batch: 19, shards: 8}
                    logging: {every_steps: 1}
                    \(lines)

                    """)
        }

        /// Trains on each of `ranks` ranks; the results must be equal.
        private static func train(_ ranks: [Int], _ configuration: String, _ data: TestData) throws
            -> [[String: Any]]
        {
            var first: DTrainRun.Results?
            let output = data.path("run")
            for count in ranks {
                let run = try DTrainRun.run(
                    count, ["--config", configuration, "--output", output, "--overwrite"])
                try #require(run.exitCode == 0, "\(run)")
                let results = try DTrainRun.results(output)
                if let first {
                    #expect(results == first, "-n \(count)")
                } else {
                    first = results
                }
            }
            let text = try String(contentsOfFile: "\(output)/metrics.jsonl", encoding: .utf8)
            return try text.split(separator: "\n").map { line in
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            }
        }

        @Test func weightedClassesAndTheirMetrics() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try Self.configuration(
                data, labels: "labels.npy", outputs: 4,
                """
                loss: {name: cross_entropy, label_smoothing: 0.1, class_weights: [1, 0.25, 3, 0.7]}
                evaluation: {metrics: [accuracy, top_2_accuracy, confusion_matrix, precision, recall, f1]}
                """)
            let lines = try Self.train([1, 2, 3, 4], configuration, data)
            let numbers = ["accuracy", "top_2_accuracy", "precision", "recall", "f1", "loss"]
            let epoch = try #require(lines.first { $0["event"] as? String == "epoch" })
            for name in numbers {
                #expect(epoch["test_" + name] is Double && epoch["validation_" + name] is Double, "\(name)")
            }
            #expect(epoch["test_confusion_matrix"] == nil && epoch["test_f1_per_class"] == nil)
            let end = try #require(lines.last)
            let matrix = try #require(end["test_confusion_matrix"] as? [[Int]])
            #expect(matrix.map { $0.reduce(0, +) } == [35, 34, 34, 34])
            #expect((end["test_recall_per_class"] as? [Double])?.count == 4)
            #expect((end["validation_confusion_matrix"] as? [[Int]])?.flatMap { $0 }.reduce(0, +) == 27)

            let evaluated = try [1, 3].map { try DTrainRun.run($0, ["evaluate", data.path("run")]) }
            #expect(evaluated[0].exitCode == 0 && evaluated[0].standardOutput == evaluated[1].standardOutput)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(evaluated[0].standardOutput.utf8))
                    as? [String: Any])
            #expect(object["confusion_matrix"] as? [[Int]] == matrix)
            for name in numbers { #expect(object[name] as? Double == end["test_" + name] as? Double) }
            let right = (0..<4).reduce(0) { (sum: Int, kind: Int) -> Int in sum + matrix[kind][kind] }
            let accuracy = try #require(object["accuracy"] as? Double)
            #expect(abs(accuracy - Double(right) / 137) < 1e-12)

            let table = try DTrainRun.run(0, ["evaluate", data.path("run"), "--table"])
            let rows = table.standardOutput.split(separator: "\n").map {
                $0.split(separator: " ").map(String.init)
            }
            #expect(rows.first == ["examples", "137"])
            #expect(rows.contains(["class", "precision", "recall", "f1", "examples"]))
            #expect(rows.contains(["3"] + matrix[3].map(String.init)))
        }

        @Test func valuesAndTheirMetrics() throws {
            let data = try TestData()
            defer { data.remove() }
            var targets: [Float] = []
            for example in 0..<137 {
                targets.append(Float(example % 13) / 7)
                targets.append(Float(example % 5) - 2)
            }
            try data.write("targets.npy", shape: [137, 2], targets)
            let configuration = try Self.configuration(
                data, labels: "targets.npy", outputs: 2, "loss: {name: huber, delta: 0.5}")
            let lines = try Self.train([1, 4], configuration, data)
            for line in [lines.first { $0["event"] as? String == "epoch" }, lines.last] {
                for name in ["test_r2", "test_mae", "validation_r2", "validation_mae"] {
                    #expect(line?[name] is Double, "\(name)")
                }
                #expect(line?["test_accuracy"] == nil)
            }
        }

        /// One output for two classes: its sign and its probability.
        @Test func binaryPredictions() throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("two.npy", (0..<137).map { Int64($0 % 13 > 6 ? 1 : 0) })
            let configuration = try Self.configuration(
                data, labels: "two.npy", outputs: 1,
                "loss: {name: binary_cross_entropy, pos_weight: 1.5}")
            let end = try #require(try Self.train([1, 3], configuration, data).last)
            let predicted = try DTrainRun.run(0, ["predict", data.path("run")])
            let rows = predicted.standardOutput.split(separator: "\n").map { $0.split(separator: ",") }
            #expect(rows.count == 138 && rows[0] == ["index", "class", "probability", "output_0"])
            var right = 0
            for (index, row) in rows.dropFirst().enumerated() {
                let (probability, output) = try (
                    #require(Double(String(row[2]))), #require(Double(String(row[3])))
                )
                #expect(abs(probability - 1 / (1 + exp(-output))) <= 1e-6)
                #expect((row[1] == "1") == (output > 0))
                if (row[1] == "1") == (index % 13 > 6) { right += 1 }
            }
            let accuracy = try #require(end["test_accuracy"] as? Double)
            #expect(abs(accuracy - Double(right) / 137) < 1e-12)
        }

        /// A metric that the data does not have ends the run before it starts.
        @Test func metricThatDoesNotFit() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try Self.configuration(
                data, labels: "labels.npy", outputs: 4, "evaluation: {metrics: [mae]}")
            let run = try DTrainRun.run(2, ["--config", configuration, "--output", data.path("run")])
            #expect(run.exitCode == 78)
            #expect(
                run.standardError.contains(
                    "loss.yaml:9: evaluation.metrics: mae needs numeric targets, the data has class labels")
            )
        }
    }
}

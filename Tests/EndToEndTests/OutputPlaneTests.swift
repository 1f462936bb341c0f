import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// `dtrain landscape --outputs`.
    @Suite struct OutputPlanes {
        /// y = W x with one feature and three outputs, whose weights are 2, −3 and 0.5.
        private static let outputs: [Double] = [2, -3, 0.5]
        private static let features = [1.0, -2, 0.5]
        private static let labels = [0, 2, 1]

        /// Writes weights and a configuration that names them, for the first `count` examples.
        private static func point(
            _ data: TestData, _ loss: String, end: String? = nil, count: Int = 3
        ) throws -> [String] {
            let name = "\(loss)-\(end ?? "plain")-\(count)"
            let layers = ["{linear: {out: 3, bias: false}}", end].compactMap { $0 }.joined(separator: ", ")
            let rows = features[..<count].map { "[\($0)]" }.joined(separator: ", ")
            let configuration = try data.write(
                "\(name)/case.yaml",
                text: """
                    data:
                      train: {format: inline, rows: [\(rows)], labels: \(Array(labels[..<count])), classes: 3}
                      normalize: none
                    model: [\(layers)]
                    loss: \(loss)
                    optimizer: {name: sgd, lr: 0.1}
                    training: {batch: 2, shards: 4}

                    """)
            var writer = SafetensorsWriter()
            try writer.add(name: "0.weight", shape: [3, 1], floats: outputs.map { Float($0) })
            let weights = data.path("\(name)/weights.safetensors")
            try writer.write(to: weights)
            return [weights, "--config", configuration]
        }

        private static func rows(_ folder: String) throws -> [[Double]] {
            let text = try String(contentsOfFile: "\(folder)/landscape.csv", encoding: .utf8)
            let lines = text.split(separator: "\n")
            #expect(lines.first == "a,b,loss")
            return try lines.dropFirst().map { line in
                try line.split(separator: ",").map { try #require(Double($0)) }
            }
        }

        private static func bytes(_ folder: String) throws -> [Data] {
            try ["landscape.csv", "landscape.svg"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
            }
        }

        private static func draw(
            _ arguments: [String], into folder: String, ranks: Int = 0
        ) throws -> ProcessResult {
            let run = try DTrainRun.run(ranks, ["landscape"] + arguments + ["--json", "--output", folder])
            try #require(run.exitCode == 0, "\(arguments): \(run)")
            return run
        }

        private static func softmax(_ outputs: [Double]) -> [Double] {
            let parts = outputs.map { exp($0) }
            return parts.map { $0 / parts.reduce(0, +) }
        }

        /// Cross-entropy and squared error after softmax, of outputs 0 and 2 at −10 to 10; output 1 stays −3 x.
        @Test(arguments: ["cross_entropy", "mse"])
        func lossesByHand(_ loss: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data, loss, end: loss == "mse" ? "softmax" : nil)
            var all: Set<[Data]> = []
            var spoken: Set<String> = []
            for ranks in [0, 1, 3] {
                let folder = data.path("outputs-\(ranks)")
                let run = try Self.draw(
                    point + ["--outputs", "0,2", "--points", "5"], into: folder, ranks: ranks)
                let rows = try Self.rows(folder)
                #expect(rows.map { [$0[0], $0[1]] }[5..<7] == [[-5, -10], [-5, -5]] && rows.count == 25)
                for row in rows {
                    var sum = 0.0
                    for (x, label) in zip(Self.features, Self.labels) {
                        let shares = Self.softmax([row[0], Self.outputs[1] * x, row[1]])
                        sum +=
                            loss == "mse"
                            ? shares.enumerated().reduce(0) {
                                $0 + pow($1.element - ($1.offset == label ? 1 : 0), 2)
                            } / 3 : -log(shares[label])
                    }
                    #expect(abs(row[2] - sum / 3) < 1e-6 * max(1, sum), "\(row), not \(sum / 3)")
                }
                let files = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(!files.contains("directions.safetensors"))
                try all.insert(Self.bytes(folder))
                spoken.insert(run.standardOutput)
            }
            #expect(all.count == 1 && spoken.count == 1, "\(spoken)")
            let object =
                try JSONSerialization.jsonObject(with: Data(try #require(spoken.first).utf8))
                as? [String: Any]
            #expect(object?["outputs"] as? [Double] == [0, 2] && object?["radius"] as? Double == 10)
            let means = try #require(object?["mean_outputs"] as? [Double])
            #expect(abs(means[0] + 1.0 / 3) < 1e-6 && abs(means[1] + 0.25 / 3) < 1e-6)
            #expect(object?["outputs_before"] as? String == (loss == "mse" ? "softmax" : nil))
            let picture = try LandscapeFiles.picture(data.path("outputs-0"))
            for word in ["Loss over two outputs", "a: output 0", "b: output 2", "3 examples"] {
                #expect(picture.contains(word), "\(word)")
            }
            // The control: another output shows.
            let other = data.path("other")
            _ = try Self.draw(point + ["--outputs", "0,1", "--points", "5"], into: other)
            #expect(try Self.bytes(other) != Self.bytes(data.path("outputs-0")))
        }

        /// At the outputs of the only example the loss is that of an evaluation, which a mark in the picture names.
        @Test func ownOutputs() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data, "cross_entropy", count: 1)
            let folder = data.path("outputs")
            _ = try Self.draw(
                point + ["--outputs", "1,0", "--range=-3,4,2,5", "--points", "2"], into: folder)
            let rows = try Self.rows(folder)
            #expect(rows.map { [$0[0], $0[1]] } == [[-3, 2], [-3, 5], [4, 2], [4, 5]])
            #expect(try rows[0][2] == LandscapeFiles.evaluated(point + ["--data", "train"]))
            #expect(try LandscapeFiles.picture(folder).contains("weights"))
        }

        /// A trained network with batch norm, at any number of ranks, and what was left out after points of another call.
        @Test func ofANetwork() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                0,
                [
                    "--config", try SameBytes.configuration(data, "cnn"), "--epochs", "1", "--quiet",
                    "--output", data.path("run"),
                ])
            try #require(run.exitCode == 0, "\(run)")
            let arguments = [
                data.path("run"), "--outputs", "3,1", "--points", "4", "--radius", "2", "--examples", "50",
            ]
            var all: Set<[Data]> = []
            for ranks in [0, 1, 2, 4] {
                _ = try Self.draw(arguments, into: data.path("ranks-\(ranks)"), ranks: ranks)
                try all.insert(Self.bytes(data.path("ranks-\(ranks)")))
            }
            #expect(all.count == 1)
            let folder = data.path("part")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let lines = try String(contentsOfFile: data.path("ranks-0/landscape.jsonl"), encoding: .utf8)
                .split(separator: "\n")
            #expect(lines.count == 2 + 16)
            try lines[..<7].joined(separator: "\n").appending("\n").write(
                toFile: "\(folder)/landscape.jsonl", atomically: true, encoding: .utf8)
            let rest = try Self.draw(arguments, into: folder, ranks: 3)
            #expect(rest.standardError.contains("going on after 5 of 16 points"), "\(rest)")
            #expect(try Self.bytes(folder) == Self.bytes(data.path("ranks-0")))
            let other = try DTrainRun.run(
                0, ["landscape"] + arguments + ["--range=-1,1,-1,1", "--output", folder])
            #expect(other.exitCode == 73 && other.standardError.contains("--overwrite"), "\(other)")
        }

        @Test func failures() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.point(data, "cross_entropy")
            for (arguments, code, words) in [
                (["--outputs", "0,3"], 78, "--outputs 0,3: the model has outputs 0 to 2: give two of these"),
                (["--outputs", "1,1"], 64, "must be two different outputs"),
                (["--outputs", "0"], 64, "such as 0,1"), (["--outputs", "0,a"], 64, "such as 0,1"),
                (["--outputs", "0,1", "--along", "plane"], 64, "a plane of its own"),
                (["--outputs", "0,1", "--path", "x"], 64, "a plane of its own"),
                (["--outputs", "0,1", "--taylor"], 64, "--taylor"),
                (["--outputs", "0,1", "--batch-norm", "training"], 64, "--batch-norm"),
                (["--outputs", "0,1", "--range=0,1"], 64, "--range"),
                (["--outputs", "0,1", "--points", "256"], 64, "--points"),
            ] as [([String], Int32, String)] {
                let run = try DTrainRun.run(
                    0, ["landscape"] + point + arguments + ["--output", data.path("none")])
                #expect(run.exitCode == code && run.standardError.contains(words), "\(arguments): \(run)")
            }
            let single = try DiagnosePoint(
                data, "single", model: "[{linear: {out: 1, bias: false}}]",
                weights: [("0.weight", [1, 1], [1])], features: [[1]], targets: [1])
            let run = try DTrainRun.run(
                2,
                [
                    "landscape", single.weights, "--config", single.configuration, "--outputs", "0,1",
                    "--output", data.path("single-plane"),
                ])
            #expect(run.exitCode == 78 && run.standardError.contains("a single output"), "\(run)")
        }
    }
}

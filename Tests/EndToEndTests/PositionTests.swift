import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Sequences with a label for each position, of unlike lengths.
    @Suite struct Positions {
        private static let examples = 40
        private static let steps = 6
        private static let lengths = (0..<examples).map { Int64($0 * 5 % steps + 1) }

        private static func isInside(_ place: Int) -> Bool { place % steps < lengths[place / steps] }

        /// Tokens from 0 to 8, with `garbage` behind lengths.
        private static func tokens(garbage: Int64) -> [Int64] {
            (0..<examples * steps).map { place in
                isInside(place) ? Int64((place * 7 + place / 6 * 5 + place / 11) % 9) : garbage
            }
        }

        /// The sum of a token and the one in front of it, modulo 3; every fourth and all of example 3 do not count.
        private static func labels(garbage: Int64, ignored: Int64 = -100) -> [Int64] {
            let tokens = tokens(garbage: 0)
            return tokens.indices.map { place in
                guard isInside(place) else { return garbage }
                if place % 4 == 1 || place / steps == 3 { return ignored }
                return (tokens[place] + (place % steps > 0 ? tokens[place - 1] : 0)) % 3
            }
        }

        private static let models = [
            "lstm": """
            - embedding: {num_embeddings: 9, embedding_dim: 7}
            - lstm: {hidden_size: 10, num_layers: 2, bidirectional: true, dropout: 0.2}
            - linear: 3
            """,
            "transformer": """
            - embedding: {num_embeddings: 9, embedding_dim: 8}
            - positional_embedding: 6
            - transformer_encoder: {nhead: 2, num_layers: 1, dim_feedforward: 20, causal: true}
            - linear: 3
            """,
            "convolution": """
            - embedding: {num_embeddings: 9, embedding_dim: 8}
            - transpose
            - conv1d: {out: 6, kernel: 3, padding: 1}
            - relu
            - conv1d: {out: 3, kernel: 1}
            """,
        ]

        private func configuration(
            _ data: TestData, _ model: String, garbage: Int64 = 77, loss: String = "cross_entropy",
            ignored: Int64 = -100
        ) throws -> String {
            let shape = [Self.examples, Self.steps]
            try data.write("tokens.npy", Self.tokens(garbage: garbage), shape: shape)
            try data.write("labels.npy", Self.labels(garbage: garbage, ignored: ignored), shape: shape)
            try data.write("lengths.npy", Self.lengths)
            return try data.write(
                "\(model).yaml",
                text: """
                    data:
                      train: {format: npy, features: tokens.npy, labels: labels.npy, lengths: lengths.npy}
                      test: {format: npy, features: tokens.npy, labels: labels.npy, lengths: lengths.npy}
                      normalize: none
                    model:
                    \(Self.models[model] ?? "")
                    loss: \(loss)
                    optimizer: {name: adam, lr: 0.02}
                    training: {epochs: 2, batch: 11, shards: 8, seed: 1}
                    evaluation: {metrics: [accuracy, perplexity, f1]}
                    logging: {every_steps: 1}
                    """)
        }

        @Test(arguments: models.keys.sorted())
        func sameBytes(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, model)
            var first: DTrainRun.Results?
            for ranks in [1, 2, 3, 4, 7] {
                let folder = data.path("\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", file, "--output", folder])
                try #require(run.exitCode == 0, "\(run)")
                let results = try DTrainRun.results(folder)
                #expect(results == first ?? results, "\(ranks) ranks")
                first = first ?? results
            }
            let folder = data.path("stopped")
            let stopped = try DTrainRun.run(2, ["--config", file, "--output", folder, "--steps", "6"])
            try #require(stopped.exitCode == 0, "\(stopped)")
            let resumed = try DTrainRun.run(3, ["--resume", folder])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(try DTrainRun.results(folder) == first)
        }

        /// Grouped by length too, with labels of positions and with one of each sequence, and features of either order.
        @Test(arguments: models.keys.sorted())
        func bucketedBytes(_ model: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, model)
            let settings = ["--set", "data.bucket=true", "--set", "training.batch=3"]
            var first: DTrainRun.Results?
            for ranks in [1, 2, 3, 4] {
                let folder = data.path("\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", file, "--output", folder] + settings)
                try #require(run.exitCode == 0, "\(run)")
                let results = try DTrainRun.results(folder)
                #expect(results == first ?? results, "\(ranks) ranks")
                first = first ?? results
            }
            let folder = data.path("stopped")
            let stopped = try DTrainRun.run(
                2, ["--config", file, "--output", folder, "--steps", "16"] + settings)
            try #require(stopped.exitCode == 0, "\(stopped)")
            let resumed = try DTrainRun.run(3, ["--resume", folder])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(try DTrainRun.results(folder) == first)
            let plain = try DTrainRun.run(
                2, ["--config", file, "--output", data.path("plain"), "--set", "training.batch=3"])
            try #require(plain.exitCode == 0, "\(plain)")
            #expect(try DTrainRun.results(data.path("plain")).weights != first?.weights)
        }

        @Test func bucketsNeedLengths() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "lstm")
            let run = try DTrainRun.run(
                1,
                [
                    "--config", file, "--output", data.path("run"), "--set", "data.bucket=true", "--set",
                    "data.train.lengths=null", "--set", "data.test=null",
                ])
            #expect(run.exitCode == 78 && run.standardError.contains("has no lengths"), "\(run)")
        }

        /// What stands behind lengths changes nothing, nor does the number that says that a position does not count.
        @Test(
            arguments: [
                (5, "cross_entropy", -100), (77, "{name: cross_entropy, ignore_index: 31}", 31),
            ] as [(Int64, String, Int64)])
        func paddingNeverCounts(_ garbage: Int64, _ loss: String, _ ignored: Int64) throws {
            let data = try TestData()
            defer { data.remove() }
            func weights(_ garbage: Int64, _ loss: String, _ ignored: Int64) throws -> Data {
                let folder = data.path("\(garbage)")
                let file = try configuration(data, "lstm", garbage: garbage, loss: loss, ignored: ignored)
                let run = try DTrainRun.run(2, ["--config", file, "--output", folder])
                try #require(run.exitCode == 0, "\(run)")
                return try Data(contentsOf: URL(filePath: "\(folder)/weights.safetensors"))
            }
            #expect(
                try weights(0, "cross_entropy", -100) == weights(garbage, loss, ignored))
        }

        /// Accumulated mini-batches are one: each is divided by the positions that count in all of them.
        @Test func accumulation() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "convolution")
            var losses: [[Double]] = []
            for settings in [["training.batch=20"], ["training.batch=10", "training.accumulate=2"]] {
                let folder = data.path(settings[0])
                let run = try DTrainRun.run(
                    2, ["--config", file, "--output", folder] + settings.flatMap { ["--set", $0] })
                try #require(run.exitCode == 0, "\(run)")
                let metrics = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
                losses.append(metrics.matches(of: /"loss":([0-9.]+)/).compactMap { Double($0.1) })
            }
            #expect(losses[0].count == 4 && losses[1].count == 4)
            for (one, other) in zip(losses[0], losses[1]) { #expect(abs(one - other) < 2e-5 * one) }
        }

        /// Mini-batches of which nothing counts change nothing, and are counted.
        @Test func nothingCounts() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "lstm")
            var skipped: [Int] = []
            for settings in [[], ["training.delayed=true"]] {
                let folder = data.path("run\(settings.count)")
                // Example 3 is alone in one of its mini-batches.
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", file, "--output", folder, "--epochs", "1", "--set", "training.batch=1",
                        "--set", "training.shards=2",
                    ] + settings.flatMap { ["--set", $0] })
                try #require(run.exitCode == 0, "\(run)")
                let metrics = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
                skipped.append(
                    metrics.matches(of: /"skipped_steps":([0-9]+)/).compactMap { Int($0.1) }.max() ?? 0)
                #expect(!metrics.contains("nan") && metrics.contains(#""loss":null"#), "\(metrics)")
            }
            let counts = Self.labels(garbage: -100).indices.filter { Self.labels(garbage: -100)[$0] >= 0 }
            let empty = Self.examples - Set(counts.map { $0 / Self.steps }).count
            #expect(empty > 0 && skipped == [empty, empty], "\(skipped)")
        }

        /// Predictions have a row for each position that counts, and evaluation agrees with the run.
        @Test func predictions() throws {
            let data = try TestData()
            defer { data.remove() }
            for model in ["convolution", "transformer"] {
                let folder = data.path(model)
                let run = try DTrainRun.run(
                    2, ["--config", try configuration(data, model), "--output", folder])
                try #require(run.exitCode == 0, "\(run)")
                let predicted = try DTrainRun.run(3, ["predict", folder])
                try #require(predicted.exitCode == 0, "\(predicted)")
                let lines = predicted.standardOutput.split(separator: "\n")
                #expect(lines.first == "index,position,class,output_0,output_1,output_2")
                #expect(lines.count == 1 + Int(Self.lengths.reduce(0, +)))
                let labels = Self.labels(garbage: -100)
                var (right, count) = (0, 0)
                for line in lines.dropFirst() {
                    let fields = line.split(separator: ",")
                    let (example, position) = (Int(fields[0]) ?? 0, Int(fields[1]) ?? 0)
                    let label = labels[example * Self.steps + position]
                    guard label >= 0 else { continue }
                    count += 1
                    if Int64(fields[2]) == label { right += 1 }
                }
                let metrics = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
                let last = metrics.split(separator: "\n").last ?? ""
                let accuracy = last.firstMatch(of: /"test_accuracy":([0-9.]+)/).flatMap { Double($0.1) }
                #expect(abs((accuracy ?? 0) - Double(right) / Double(count)) < 1e-12, "\(last)")
                let loss = last.firstMatch(of: /"test_loss":([0-9.]+)/).flatMap { Double($0.1) }
                let perplexity = last.firstMatch(of: /"test_perplexity":([0-9.]+)/).flatMap { Double($0.1) }
                #expect(abs((perplexity ?? 0) - exp(loss ?? 0)) < 1e-9, "\(last)")
            }
        }

        /// Features are normalized by themselves over the positions that count; behind them they are 0, whatever stood there.
        @Test(arguments: ["steps", "channels"])
        func normalization(_ layout: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let (scales, centers) = ([1.0, 1000, 0.01], [0.0, -500, 7])
            var inside: [[Double]] = [[], [], []]
            var results: [DTrainRun.Results] = []
            var last = ""
            for garbage in [0.0, .nan] {
                inside = [[], [], []]
                var values = Array(repeating: garbage, count: Self.examples * Self.steps * 3)
                for place in 0..<Self.examples * Self.steps where Self.isInside(place) {
                    for feature in 0..<3 {
                        let value = Double(
                            Float(sin(Double(place * 3 + feature)) * scales[feature] + centers[feature]))
                        inside[feature].append(value)
                        let (example, step) = place.quotientAndRemainder(dividingBy: Self.steps)
                        let index =
                            layout == "steps"
                            ? place * 3 + feature : (example * 3 + feature) * Self.steps + step
                        values[index] = value
                    }
                }
                let shape = layout == "steps" ? [Self.steps, 3] : [3, Self.steps]
                try data.write("x.npy", shape: [Self.examples] + shape, values.map { Float($0) })
                try data.write("y.npy", (0..<Self.examples).map { Int64($0 % 2) })
                try data.write("lengths.npy", Self.lengths)
                let file = try data.write(
                    "run.yaml",
                    text: """
                        data:
                          train: {format: npy, features: x.npy, labels: y.npy, lengths: lengths.npy}
                          normalize: standardize
                        model:
                        \(layout == "steps" ? "- gru: 4" : "- conv1d: {out: 4, kernel: 2}\n- transpose")
                        - sequence_pool: mean
                        - linear: 2
                        training: {epochs: 1, batch: 8, seed: 1}
                        """)
                last = data.path("\(garbage)")
                let run = try DTrainRun.run(2, ["--config", file, "--output", last])
                try #require(run.exitCode == 0, "\(run)")
                results.append(try DTrainRun.results(last))
            }
            #expect(results[0] == results[1])
            let text = try String(contentsOfFile: "\(last)/normalization.json", encoding: .utf8)
            func numbers(_ key: String) -> [Double] {
                let list = text.split(separator: "\"\(key)\" : [").last?.split(separator: "]").first ?? ""
                return list.split(separator: ",").compactMap {
                    Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
                }
            }
            for feature in 0..<3 {
                let (values, n) = (inside[feature], Double(inside[feature].count))
                let mean = values.reduce(0, +) / n
                let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
                #expect(abs(numbers("center")[feature] - mean) < 1e-9 * max(1, abs(mean)))
                #expect(abs(numbers("factor")[feature] * deviation - 1) < 1e-9)
            }
        }

        /// Lengths and labels out of range are one line.
        @Test(
            arguments: [
                ("lengths.npy", 0, "the length of example 2 is 0, expected 1 to 6"),
                ("lengths.npy", 7, "the length of example 2 is 7, expected 1 to 6"),
                ("labels.npy", -2, "the label of position 0 of example 2 is -2"),
                ("labels.npy", 3, "the data has 4 classes"),
            ] as [(String, Int64, String)])
        func outOfRange(_ name: String, _ value: Int64, _ says: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try configuration(data, "lstm")
            if name == "lengths.npy" {
                var lengths = Self.lengths
                lengths[2] = value
                try data.write(name, lengths)
            } else {
                var labels = Self.labels(garbage: 0)
                labels[2 * Self.steps] = value
                try data.write(name, labels, shape: [Self.examples, Self.steps])
            }
            let run = try DTrainRun.run(2, ["--config", file, "--output", data.path("run")])
            #expect([65, 78].contains(run.exitCode) && run.standardError.contains(says), "\(run)")
            let lines = run.standardError.split(separator: "\n").filter { $0.contains("dtrain: error") }
            #expect(lines.count == 1, "\(run)")
        }
    }
}

import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Newton's method: out of saddles, the same bytes at any number of ranks and from a checkpoint, and what goes beside it.
    @Suite struct Newton {
        /// (1 − w₁w₂)² from 0.1 and 0.05, near the saddle at the origin.
        private static func twoWeights(_ data: TestData) throws -> String {
            try data.write("x.npy", shape: [1, 1], [1])
            try data.write("y.npy", shape: [1, 1], [1])
            var start = SafetensorsWriter()
            try start.add(name: "0.weight", shape: [1, 1], floats: [0.1])
            try start.add(name: "1.weight", shape: [1, 1], floats: [0.05])
            try start.write(to: data.path("start.safetensors"))
            return try data.write(
                "two.yaml",
                text: """
                    data:
                      train: {format: npy, features: x.npy, labels: y.npy}
                      normalize: none
                    model: [{linear: {out: 1, bias: false}}, {linear: {out: 1, bias: false}}]
                    loss: mse
                    init: {weights: start.safetensors}
                    optimizer: newton_cg
                    training: {epochs: 20, batch: full, shards: 4}
                    """)
        }

        private static func run(_ ranks: Int, _ arguments: [String]) throws -> ProcessResult {
            let run = try DTrainRun.run(ranks, arguments)
            try #require(run.exitCode == 0, "\(ranks) ranks \(arguments): \(run)")
            return run
        }

        private static func weights(_ folder: String) throws -> [Float] {
            let file = try SafetensorsFile.read(path: "\(folder)/weights.safetensors")
            return try ["0.weight", "1.weight"].flatMap { try file.tensor(named: $0) }
        }

        private static func steps(_ folder: String) throws -> [[String: Any]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
                .compactMap { line in
                    let object =
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                    return object["event"] as? String == "step" ? object : nil
                }
        }

        private static func predictions(_ folder: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: "\(folder)/predictions.safetensors"))
        }

        @Test func saddlesAreLeft() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.twoWeights(data)
            func train(_ ranks: Int, _ output: String, _ way: String) throws -> DTrainRun.Results {
                _ = try Self.run(
                    ranks,
                    [
                        "--config", configuration, "--output", data.path(output), "--set",
                        "optimizer.negative_curvature=\(way)",
                    ])
                return try DTrainRun.results(data.path(output))
            }
            for way in ["follow", "ignore"] {
                let alone = try train(1, "\(way)-1", way)
                for ranks in 2...4 {
                    #expect(try train(ranks, "\(way)-\(ranks)", way) == alone, "\(way) \(ranks)")
                }
            }
            let (followed, ignored) = try (
                Self.weights(data.path("follow-1")), Self.weights(data.path("ignore-1"))
            )
            #expect(abs(followed[0] * followed[1] - 1) < 1e-6, "\(followed)")
            #expect(abs(ignored[0]) < 1e-4 && abs(ignored[1]) < 1e-4, "\(ignored)")
            // Every step says what it did.
            let steps = try Self.steps(data.path("follow-1"))
            #expect(steps.count == 20)
            #expect(steps.allSatisfy { $0["radius"] is Double && $0["products"] is Int && $0["lr"] == nil })
            #expect(try #require(steps[0]["negative_curvature"] as? Double) < -1)
            let plain = try Self.steps(data.path("ignore-1"))
            #expect(plain.allSatisfy { $0["radius"] == nil && $0["products"] as? Int == 2 })
        }

        private static let network = """
            model:
              - conv2d: {out: 4, kernel: 3}
              - batch_norm
              - tanh
              - flatten
              - dropout: 0.2
              - linear: 4
            data:
              train: {format: npy, features: images.npy, labels: labels.npy}
              test: {format: npy, features: images.npy, labels: labels.npy}
            optimizer: {name: newton_cg, cg_iterations: 8, radius: 5, weight_decay: 0.001}
            training: {epochs: 4, batch: full, shards: 8, seed: 3}
            """

        /// Full batches and mini-batches, accumulated ones, with batch norm, dropout, random changes of images, weights of
        /// classes, steps that are not taken: weights, predictions, metrics; and from checkpoints of other numbers of ranks.
        @Test(arguments: [
            [], ["training.batch=32", "data.augment=[flip, {crop: 1}]", "logging.noise_scale=true"],
            [
                "training.batch=20", "training.accumulate=3",
                "loss={name: cross_entropy, class_weights: [1, 2, 0.5, 1]}",
            ],
            ["optimizer.negative_curvature=ignore", "optimizer.cg_iterations=4"],
        ])
        func sameBytes(_ settings: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: Self.network)
            let arguments = ["--config", configuration] + settings.flatMap { ["--set", $0] }
            func train(_ ranks: Int, _ output: String, _ more: [String] = []) throws {
                _ = try Self.run(ranks, arguments + ["--output", data.path(output)] + more)
            }
            try train(1, "alone")
            let alone = try DTrainRun.results(data.path("alone"))
            let predictions = try Self.predictions(data.path("alone"))
            for ranks in 2...4 {
                try train(ranks, "ranks", ranks == 2 ? ["--set", "training.workers=2"] : ["--overwrite"])
                #expect(try DTrainRun.results(data.path("ranks")) == alone, "\(ranks) ranks")
                #expect(try Self.predictions(data.path("ranks")) == predictions, "\(ranks) ranks")
            }
            for (ranks, steps) in [(4, "1"), (2, "3")] {
                try train(ranks, "parts", ["--resume", "auto", "--steps", steps])
            }
            try train(3, "parts", ["--resume", "auto"])
            #expect(try DTrainRun.results(data.path("parts")) == alone)
            #expect(try Self.predictions(data.path("parts")) == predictions)
        }

        /// Nodes that stand apart, messages alone, small buckets.
        @Test(arguments: [
            ("mlp", ["full=true", "epochs=5"]), ("cnn", ["batch=24", "decay=0.01", "no_decay=true"]),
        ])
        func onNodes(_ model: String, _ options: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let all = options + ["optimizer=newton_cg"]
            let alone = try ControlledRun.run(1, data, model, all, output: "alone")
            for (ranks, more) in [
                (2, []), (4, ["nodes=2"]), (3, ["transport=point_to_point", "bucket=1"]), (1, ["workers=2"]),
            ] as [(Int, [String])] {
                let run = try ControlledRun.run(ranks, data, model, all + more, output: "run")
                #expect(run.weights == alone.weights, "\(more)")
                #expect(
                    try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("alone")),
                    "\(more)")
            }
        }

        /// The radius of a checkpoint is what goes on: with another one the rest of the run is another.
        @Test func theRadiusIsOfTheRun() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: Self.network)
            let arguments = ["--config", configuration, "--output", data.path("run")]
            _ = try Self.run(2, arguments + ["--steps", "2"])
            let other = try DTrainRun.run(
                2, arguments + ["--resume", "auto", "--set", "optimizer.radius=2"])
            #expect(other.exitCode == 78 && other.standardError.contains("optimizer.radius: 2"), "\(other)")
            _ = try Self.run(2, arguments + ["--resume", "auto"])
            let radii = try Self.steps(data.path("run")).map { try #require($0["radius"] as? Double) }
            #expect(radii.count == 4 && radii[0] == 5 && Set(radii).count > 1, "\(radii)")
        }

        /// What does not go beside it is refused in one line with the reason.
        @Test(arguments: [
            ("optimizer.lr=0.1", "optimizer.lr", "no learning rate"),
            ("optimizer.momentum=0.9", "optimizer.momentum", "no momentum"),
            ("schedule=cosine", "schedule", "neither a learning rate nor a momentum"),
            ("schedule={name: constant, warmup: 1}", "schedule", "neither a learning rate"),
            (
                "schedule={name: constant, momentum: {from: 0.5, to: 0.9, epochs: 1}}", "schedule",
                "nor a momentum"
            ),
            ("training.clip={norm: 1}", "training.clip", "optimizer.radius bounds"),
            ("training.delayed=true", "training.delayed", "at the same weights"),
            ("optimizer.lookahead={k: 2}", "optimizer.lookahead", "where a step ends"),
            ("optimizer.sharded=true", "optimizer.sharded", "no state to spread"),
            ("training.exchange=bfloat16", "training.exchange", "would drown"),
            ("logging.curvature=2", "logging.curvature", "no learning rate"),
            ("optimizer.radius=200", "optimizer.radius", "at most max_radius"),
        ])
        func conflicts(_ setting: String, _ key: String, _ reason: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try DTrainRun.run(
                2,
                [
                    "--config", try Self.twoWeights(data), "--output", data.path("run"), "--set", setting,
                ])
            #expect(run.exitCode == 78, "\(run)")
            let errors = run.standardError.split(separator: "\n").filter { $0.contains("dtrain: error:") }
            #expect(errors.count == 1 && errors[0].contains(key) && errors[0].contains(reason), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: data.path("run")))
        }

        /// A dry run, the summary, a diagnosis of what it leaves, a plateau, early stopping, a report.
        @Test func whatGoesBesideIt() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try data.write("run.yaml", text: Self.network)
            let dry = try Self.run(2, ["--config", configuration, "--dry-run"])
            #expect(dry.standardOutput.contains("dry run: one step of 137 examples"), "\(dry)")
            let summary = try Self.run(0, ["summary", "--config", configuration]).standardOutput
            #expect(summary.contains("a step takes up to 8"), "\(summary)")
            #expect(summary.contains("Hessian products") && summary.contains("per shard beside"))
            let folder = data.path("run")
            _ = try Self.run(
                2,
                [
                    "--config", configuration, "--output", folder, "--set", "training.epochs=12", "--set",
                    "training.on_plateau={patience: 2, min_delta: 0.05}", "--set",
                    "data.validation={fraction: 0.2}", "--set", "training.early_stopping={patience: 4}",
                    "--set", "training.batch_growth={every: 3}", "--set", "training.batch=40", "--set",
                    "logging.csv=true", "--profile",
                ])
            let header = try String(contentsOfFile: "\(folder)/steps.csv", encoding: .utf8).prefix {
                $0 != "\n"
            }
            #expect(header.contains("radius,products,negative_curvature") && !header.contains(",lr,"))
            let found = try Self.run(2, ["diagnose", folder, "--json"]).standardOutput
            #expect(found.contains("\"verdict\"") && !found.contains("stable_rate"), "\(found)")
            #expect(!found.contains("\"learning_rate\""), "\(found)")
            let report = data.path("report.html")
            _ = try Self.run(0, ["report", folder, "--output", report])
            let page = try String(contentsOfFile: report, encoding: .utf8)
            #expect(page.contains("Radius of the trust region") && !page.contains("Learning rate</"))
        }
    }
}

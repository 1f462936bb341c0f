import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// What a run does when its training loss no longer falls.
    @Suite struct Plateaus {
        /// y = w₁w₂x from w₁ = w₂ = 0, a saddle with the eigenvalues ± 2 E[xy], where every gradient is 0.
        private static func saddle(_ data: TestData) throws -> String {
            let x = (0..<24).map { 0.5 + Float($0 * 7 % 24) / 24 }
            try data.write("x.npy", shape: [24, 1], x)
            try data.write("y.npy", shape: [24, 1], x)
            var zeros = SafetensorsWriter()
            for name in ["0.weight", "1.weight"] { try zeros.add(name: name, shape: [1, 1], floats: [0]) }
            try zeros.write(to: data.path("zeros.safetensors"))
            return try data.write(
                "saddle.yaml",
                text: """
                    data:
                      train: {format: npy, features: x.npy, labels: y.npy}
                      normalize: none
                    model: [{linear: {out: 1, bias: false}}, {linear: {out: 1, bias: false}}]
                    loss: mse
                    init: {weights: zeros.safetensors}
                    optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
                    schedule: {name: constant}
                    training: {epochs: 30, batch: 8, shards: 4, seed: 3}
                    logging: {every_steps: 5}
                    """)
        }

        private static func events(_ folder: String, _ event: String) throws -> [[String: Any]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
                .compactMap { line in
                    let object =
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                    return object["event"] as? String == event ? object : nil
                }
        }

        private static func loss(_ epoch: [String: Any]?) throws -> Double {
            try #require(epoch?["train_loss"] as? Double)
        }

        private static func weights(_ path: String) throws -> [Float] {
            let file = try SafetensorsFile.read(path: path)
            return try ["0.weight", "1.weight"].flatMap { try file.tensor(named: $0) }
        }

        /// Stuck without, free with; the same bytes at any number of ranks, from a checkpoint before, at and after the
        /// escape.
        @Test(arguments: [
            [],
            [
                "optimizer={name: sgd, lr: 0.02, momentum: 0.9, sharded: true}",
                "training.transport=point_to_point",
            ],
            ["training.delayed=true"],
            ["optimizer={name: adam, lr: 0.02, lookahead: {k: 3}}", "training.accumulate=2"],
        ])
        func aSaddleIsLeft(_ settings: [String]) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.saddle(data)
            func run(_ ranks: Int, _ output: String, _ more: [String]) throws -> DTrainRun.Results {
                let output = data.path(output)
                let sets = settings.flatMap { ["--set", $0] }
                let run = try DTrainRun.run(
                    ranks, ["--config", configuration, "--output", output] + sets + more)
                try #require(run.exitCode == 0, "\(run)")
                return try DTrainRun.results(output)
            }
            _ = try run(2, "stuck", [])
            let losses = try Self.events(data.path("stuck"), "epoch").map(Self.loss)
            let stuck = try #require(losses.last)
            #expect(stuck > 1 && losses[0] == stuck)
            #expect(try Self.weights(data.path("stuck/weights.safetensors")) == [0, 0])

            let escaping = ["--set", "training.on_plateau=escape"]
            let whole = try run(1, "whole", escaping)
            let found = try Self.events(data.path("whole"), "escape")
            try #require(found.count == 1, "\(found)")
            // The first epoch has the lowest loss, three more are no lower.
            let steps = settings.contains("training.accumulate=2") ? 2 : 3
            #expect(found[0]["epoch"] as? Int == 4 && found[0]["step"] as? Int == 4 * steps)
            #expect(found[0]["verdict"] as? String == "saddle")
            let (before, after) = try (
                #require(found[0]["loss"] as? Double), #require(found[0]["loss_after"] as? Double)
            )
            #expect(abs(before - stuck) < 1e-6 && after < 0.5 * before)
            let curvature = try #require(found[0]["lambda_min"] as? Double)
            #expect(abs(curvature + 2 * before) < 1e-4)
            #expect(try Self.loss(Self.events(data.path("whole"), "epoch").last) < 0.01 * stuck)
            let weights = try Self.weights(data.path("whole/weights.safetensors"))
            #expect(abs(weights[0] * weights[1] - 1) < 0.1)
            for ranks in [2, 3, 4] {
                #expect(try run(ranks, "ranks-\(ranks)", escaping) == whole, "\(ranks) ranks")
            }
            var last = whole
            for (ranks, stop) in [(3, 2), (2, 4 * steps), (4, 4 * steps + 1), (1, 6 * steps)] {
                last = try run(ranks, "parts", escaping + ["--resume", "auto", "--steps", "\(stop)"])
            }
            last = try run(2, "parts", escaping + ["--resume", "auto"])
            #expect(last == whole)
        }

        /// Adam counts its steps from 1 again: the first ones have the size of the rate, which those of old second moments
        /// have not.
        @Test func theOptimizerStartsAnew() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let rate: Float = 0.001
            let run = try DTrainRun.run(
                2,
                [
                    "--config", try Self.saddle(data), "--output", data.path("run"), "--steps", "15", "--set",
                    "optimizer={name: adam, lr: \(rate)}", "--set", "training.on_plateau=escape", "--set",
                    "checkpoint={every_steps: 1, keep: 4}",
                ])
            try #require(run.exitCode == 0, "\(run)")
            #expect(try Self.events(data.path("run"), "escape").map { $0["step"] as? Int } == [12])
            let places = try (13...15).map {
                try Self.weights(data.path("run/checkpoints/step-0000000\($0)/weights.safetensors"))
            }
            for (before, after) in zip(places, places.dropFirst()) {
                for (a, b) in zip(before, after) {
                    #expect(abs(abs(b - a) - rate) < 0.05 * rate, "\(places)")
                }
            }
        }

        /// A run whose loss falls is none that is looked at.
        @Test func steadyRunsAreLeftAlone() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "mlp"), "--set",
                "training={epochs: 8, batch: full, seed: 1}", "--set", "optimizer={name: sgd, lr: 0.05}",
                "--set", "model=[{linear: 8}, tanh, {linear: 4}]",
            ]
            let plain = try DTrainRun.run(2, arguments + ["--output", data.path("plain")])
            let watched = try DTrainRun.run(
                2,
                arguments + [
                    "--output", data.path("watched"), "--set",
                    "training.on_plateau={patience: 1, min_delta: 1e-6}",
                ])
            try #require(plain.exitCode == 0 && watched.exitCode == 0, "\(plain) \(watched)")
            let losses = try Self.events(data.path("plain"), "epoch").map(Self.loss)
            #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 > $1 })
            #expect(try DTrainRun.results(data.path("plain")) == DTrainRun.results(data.path("watched")))
            // It is another run all the same: what was not looked for cannot be gone on with.
            let other = try DTrainRun.run(
                2, arguments + ["--output", data.path("watched"), "--resume", "auto"])
            #expect(
                other.exitCode == 78 && other.standardError.contains("training.on_plateau: none"), "\(other)")
        }

        /// At a minimum nothing is changed: the bytes are those of a run that does not look, and it says what it found.
        @Test func aMinimumIsNamed() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let x = (0..<24).map { Float($0 * 7 % 24) / 24 }
            try data.write("x.npy", shape: [24, 1], x)
            try data.write("y.npy", shape: [24, 1], x.enumerated().map { 2 * $1 + Float($0 % 3) / 4 })
            let configuration = try data.write(
                "line.yaml",
                text: """
                    data:
                      train: {format: npy, features: x.npy, labels: y.npy}
                      normalize: none
                    model: [{linear: 1}]
                    loss: mse
                    optimizer: {name: sgd, lr: 0.5, momentum: 0.5}
                    schedule: {name: constant}
                    training: {epochs: 90, batch: full, shards: 4, seed: 3}
                    """)
            func run(_ ranks: Int, _ output: String, _ more: [String] = []) throws -> ProcessResult {
                let run = try DTrainRun.run(
                    ranks, ["--config", configuration, "--output", data.path(output)] + more)
                try #require(run.exitCode == 0, "\(run)")
                return run
            }
            let looks = ["--set", "training.on_plateau={action: escape, patience: 5}"]
            _ = try run(1, "plain")
            let said = try run(3, "looked", looks).standardOutput
            #expect(said.contains("has not fallen for 5 epochs: local_minimum"), "\(said)")
            let events = try Self.events(data.path("looked"), "plateau")
            #expect(!events.isEmpty && events.allSatisfy { $0["verdict"] as? String == "local_minimum" })
            #expect(events.allSatisfy { $0["loss_after"] == nil && $0["loss"] is Double })
            #expect(try Self.events(data.path("looked"), "escape").isEmpty)
            // Epochs count anew after each.
            let epochs = try events.map { try #require($0["epoch"] as? Int) }
            #expect(zip(epochs, epochs.dropFirst()).allSatisfy { $1 - $0 >= 5 })
            let (plain, looked) = try (
                DTrainRun.results(data.path("plain")), DTrainRun.results(data.path("looked"))
            )
            #expect(plain.weights == looked.weights)
            #expect(plain.metrics == looked.metrics.filter { !$0.contains("event=plateau") })
            _ = try run(2, "again", looks)
            #expect(try DTrainRun.results(data.path("again")) == looked)
        }

        /// Batch norm's moments are those of the epoch's mini-batches, and running statistics stay: the same bytes at any
        /// number of ranks.
        @Test func withBatchNorm() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "cnn"), "--set", "training.epochs=3", "--set",
                "training.on_plateau={patience: 1, min_delta: 0.9}", "--set", "optimizer.lr=0.001",
            ]
            var runs: [DTrainRun.Results] = []
            for ranks in [1, 3] {
                let output = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, arguments + ["--output", output])
                try #require(run.exitCode == 0, "\(run)")
                runs.append(try DTrainRun.results(output))
            }
            #expect(runs[0] == runs[1])
            #expect(try Self.events(data.path("run-1"), "plateau").count == 1)
        }

        /// Nodes that stand apart, and slices of the optimizer's state on one rank each.
        @Test func onNodes() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let x = (0..<24).map { 0.5 + Float($0 * 7 % 24) / 24 }
            try data.write("product.npy", shape: [24, 1], x)
            try data.write("product-targets.npy", shape: [24, 1], x)
            let options = ["plateau=2", "epochs=6", "momentum=0.9"]
            let alone = try ControlledRun.run(1, data, "product", options, output: "alone")
            #expect(try Self.events(data.path("alone"), "escape").count == 1)
            for way in StepModes.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, "product", options + way.options, output: "run")
                #expect(run.weights == alone.weights, "\(way)")
                #expect(
                    try DTrainRun.results(data.path("run")) == DTrainRun.results(data.path("alone")), "\(way)"
                )
            }
        }

        /// What batch re-normalization holds constant in a step is constant around a point.
        @Test func batchRenormalizationIsLookedAt() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run"), "--set",
                "model=[flatten, {linear: 8}, batch_renorm, tanh, {linear: 4}]", "--set",
                "training.on_plateau=escape", "--set",
            ]
            #expect(try DTrainRun.run(2, arguments + ["logging.curvature=5"]).exitCode == 0)
        }
    }
}

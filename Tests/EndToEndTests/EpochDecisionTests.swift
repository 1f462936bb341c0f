import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What is decided at the ends of epochs: to stop with the best weights, to take larger batches, to give up.
    @Suite struct EpochDecisions {
        /// Noisy labels, so that a rate that is too high soon makes validation worse.
        private static func configuration(_ data: TestData) throws -> String {
            try data.write(
                "rows.yaml",
                text: """
                    data:
                      train: {format: npy, features: images.npy, labels: labels.npy}
                      validation: {fraction: 0.25}
                    model: [flatten, {linear: 32}, tanh, {linear: 4}]
                    optimizer: {name: sgd, lr: 0.05}
                    schedule: {name: constant}
                    training: {epochs: 12, batch: 16, seed: 3}
                    """)
        }

        /// The events of a run of one sort, with their numbers.
        private static func events(_ folder: String, _ event: String) throws -> [[String: Double]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
                .compactMap { line in
                    let object =
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                    guard object["event"] as? String == event else { return nil }
                    return object.compactMapValues { ($0 as? NSNumber)?.doubleValue }
                }
        }

        private static func bytes(_ path: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: path))
        }

        /// Validation accuracy is watched, at most two epochs may be no better; all ranks stop at the same epoch.
        @Test(arguments: [true, false])
        func earlyStopping(restores: Bool) throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try Self.configuration(data), "--set", "optimizer.lr=1.5", "--set",
                "model=[flatten, {linear: 32}, batch_norm, tanh, {linear: 4}]", "--set",
                "training.early_stopping={metric: validation_accuracy, patience: 2, restore_best: \(restores)}",
            ]
            var runs: [DTrainRun.Results] = []
            for ranks in [1, 2, 4] {
                let output = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, arguments + ["--output", output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("early stop: validation_accuracy was best in epoch"))
                runs.append(try DTrainRun.results(output))
            }
            #expect(runs[0] == runs[1] && runs[0] == runs[2])
            let output = data.path("run-2")
            let accuracies = try Self.events(output, "epoch").map {
                try #require($0["validation_accuracy"])
            }
            // It ended two epochs behind the best one, before the last that was allowed.
            let best = try #require(accuracies.max())
            let bestEpoch = try #require(accuracies.firstIndex(of: best)) + 1
            #expect(accuracies.count == bestEpoch + 2 && accuracies.count < 12, "\(accuracies)")
            let end = try #require(try Self.events(output, "end").last)
            #expect(end["best_epoch"] == Double(bestEpoch))
            #expect(end["validation_accuracy"] == (restores ? best : accuracies.last))
            // The weights that the run ends with are the best epoch's, or the last one's.
            let weights = try Self.bytes("\(output)/weights.safetensors")
            let kept = try Self.bytes("\(output)/best.safetensors")
            #expect((weights == kept) == restores)
            // They are what a run over just so many epochs would have had.
            let shorter = try DTrainRun.run(
                3, arguments + ["--steps", "\(7 * bestEpoch)", "--output", data.path("shorter")])
            try #require(shorter.exitCode == 0, "\(shorter)")
            #expect(try Self.bytes(data.path("shorter/weights.safetensors")) == kept)
        }

        @Test func batchesGrowAsTold() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try Self.configuration(data)
            for (name, growth, batches) in [
                ("epochs", "{epochs: [1, 3], factor: 2}", [16.0, 32, 32, 64, 64]),
                ("every", "{every: 2, factor: 3, max: 48}", [16, 16, 48, 48, 48]),
            ] {
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", configuration, "--epochs", "5", "--output", data.path(name), "--set",
                        "training.batch_growth=\(growth)",
                    ])
                try #require(run.exitCode == 0, "\(run)")
                let epochs = try Self.events(data.path(name), "epoch")
                #expect(epochs.map { $0["batch"] } == batches)
                // 103 of 137 examples are trained on; steps are as many as such batches need.
                var steps = 0.0
                for (epoch, batch) in zip(epochs, batches) {
                    steps += (103 / batch).rounded(.up)
                    #expect(epoch["step"] == steps)
                }
            }
        }

        /// Labels that have nothing to do with the images leave gradients all noise: batches grow. True ones do not.
        @Test func batchesGrowWithTheNoise() throws {
            let data = try TestData()
            defer { data.remove() }
            let noisy = (0..<137).map { (example: Int) -> Int64 in
                let mixed: Int = example * 2_654_435_761 % (1 << 32)
                return Int64(mixed >> 13 & 3)
            }
            try data.write("noise.npy", noisy)
            let configuration = try Self.configuration(data)
            let arguments = [
                "--config", configuration, "--epochs", "6", "--batch", "8", "--set",
                "training.batch_growth={noise: true, factor: 2, max: 64}", "--set",
                "logging={every_steps: 1, noise_scale: true}", "--set", "schedule.by=epoch",
            ]
            let still = try DTrainRun.run(2, arguments + ["--output", data.path("still")])
            try #require(still.exitCode == 0, "\(still)")
            #expect(try Self.events(data.path("still"), "epoch").allSatisfy { $0["batch"] == 8 })
            let run = try DTrainRun.run(
                2,
                arguments + [
                    "--set", "data.train.labels=\(data.path("noise.npy"))", "--output", data.path("run"),
                ])
            try #require(run.exitCode == 0, "\(run)")
            let epochs = try Self.events(data.path("run"), "epoch")
            let steps = try Self.events(data.path("run"), "step")
            for (epoch, next) in zip(epochs, epochs.dropFirst()) {
                let batch = try #require(epoch["batch"])
                let noise =
                    try #require(steps.last { $0["step"] == epoch["step"] })["noise_scale"] ?? .infinity
                // The batch grows exactly where the noise scale is above it; null is infinite.
                #expect(next["batch"] == (noise > batch ? min(64, 2 * batch) : batch), "noise \(noise)")
            }
            #expect(epochs.last?["batch"] == 64)
        }

        /// One pass over the data, each example once.
        @Test func online() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try Self.configuration(data), "--set", "training.online=true", "--output",
                data.path("run"),
            ]
            let refused = try DTrainRun.run(2, arguments + ["--epochs", "2"])
            #expect(
                refused.exitCode == 78 && refused.standardError.contains("beside online: true"), "\(refused)")
            let run = try DTrainRun.run(2, arguments + ["--epochs", "1"])
            #expect(run.exitCode == 0, "\(run)")
            #expect(try Self.events(data.path("run"), "end").last?["steps"] == 7)
        }

        /// Numbers that a loss cannot use are named with their example.
        @Test(arguments: [("binary_cross_entropy", "from 0.0 to 1.0"), ("hinge", "from -1.0 to 1.0")])
        func targetsThatTheLossCannotUse(_ loss: String, _ says: String) throws {
            let data = try TestData()
            defer { data.remove() }
            try data.write("prices.npy", shape: [137, 1], (0..<137).map { $0 == 5 ? 7 : 0.5 })
            let run = try DTrainRun.run(
                2,
                [
                    "--config", try Self.configuration(data), "--output", data.path("run"), "--set",
                    "model=[flatten, {linear: 1}]", "--set", "data.train.labels=\(data.path("prices.npy"))",
                    "--set", "loss=\(loss)",
                ])
            #expect(run.exitCode == 65, "\(run)")
            #expect(run.standardError.contains("target 0 of example 5 is 7.0"), "\(run)")
            #expect(run.standardError.contains(says), "\(run)")
        }

        /// A mini-batch whose loss is a spike changes nothing, at any number of ranks and across a resume; where one is too
        /// many the run ends.
        @Test func lossSpikes() throws {
            let data = try TestData()
            defer { data.remove() }
            // The nine examples of the sixth mini-batch are a thousand times as large.
            let rows = (0..<137 * 6).map { place -> Float in
                let (example, feature) = place.quotientAndRemainder(dividingBy: 6)
                let value = Float(example % 4 == feature ? 1 : 0) + Float(place * 7919 % 97) / 97
                return (45..<54).contains(example) ? 1000 * value : value
            }
            try data.write("spiked.npy", shape: [137, 6], rows)
            let configuration = try data.write(
                "spiked.yaml",
                text: """
                    data:
                      train: {format: npy, features: spiked.npy, labels: labels.npy}
                      normalize: none
                      shuffle: none
                    model: [{linear: 16}, relu, {linear: 4}]
                    optimizer: {name: adam, lr: 0.01}
                    schedule: {name: constant}
                    training: {epochs: 2, batch: 9, seed: 3, skip_spikes: {sigma: 6, window: 8}}
                    """)
            func run(_ ranks: Int, _ output: String, _ more: [String] = []) throws -> DTrainRun.Results {
                let output = data.path(output)
                let run = try DTrainRun.run(ranks, ["--config", configuration, "--output", output] + more)
                try #require(run.exitCode == 0, "\(run)")
                return try DTrainRun.results(output)
            }
            let whole = try run(1, "run-1")
            #expect(whole.metrics.last?.contains("skipped_steps=2") == true, "\(whole.metrics)")
            for ranks in 2...4 { #expect(try run(ranks, "run-\(ranks)") == whole) }
            _ = try run(2, "parts", ["--steps", "9"])
            #expect(try run(3, "parts", ["--resume", "auto"]) == whole)
            #expect(try run(2, "free", ["--set", "training.skip_spikes=null"]).weights != whole.weights)

            let strict = try DTrainRun.run(
                2,
                [
                    "--config", configuration, "--output", data.path("strict"), "--set",
                    "training.max_skipped_steps=1",
                ])
            #expect(strict.exitCode == 79, "\(strict)")
            #expect(strict.standardError.contains("was far above the recent ones, and 1 step in a row"))
        }

        /// A gradient that is not finite changes nothing; three in a row are the end.
        @Test func divergence() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                3,
                [
                    "--config", try Self.configuration(data), "--output", data.path("run"), "--set",
                    "optimizer.lr=1e38", "--set", "training.max_skipped_steps=3", "--set",
                    "loss=mse",
                ])
            let lines = run.standardError.split(separator: "\n").filter { $0.hasPrefix("dtrain: error:") }
            #expect(run.exitCode == 79 && lines.count == 1, "\(run)")
            #expect(lines.first?.contains("the gradient was not finite 3 steps in a row") == true, "\(run)")
        }
    }
}

import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// How far steps move what layers read, in metrics.jsonl.
    @Suite struct CovariateShifts {
        private static let features: [[Double]] = [
            [1, 0.5], [-0.3, 2], [0.7, -1.2], [2, 1], [-1.5, 0.2],
        ]

        private static func train(_ ranks: Int, _ arguments: [String], to folder: String) throws -> (
            steps: [[String: Any]], weights: Data
        ) {
            let run = try DTrainRun.run(ranks, arguments + ["--output", folder])
            try #require(run.exitCode == 0, "\(run)")
            let lines = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(
                separator: "\n")
            let steps = try lines.compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }.filter { $0["event"] as? String == "step" }
            return (steps, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/weights.safetensors")))
        }

        private static func shifts(_ steps: [[String: Any]]) -> [[String: Double]] {
            steps.map { $0["covariate_shift"] as? [String: Double] ?? [:] }
        }

        /// What the second layer reads, at a row of a run's path.
        private static func read(_ path: SafetensorsFile, row: Int, normalizes: Bool) throws -> [[Double]] {
            func values(_ name: String, _ count: Int) throws -> [Double] {
                try path.tensor(named: name)[row * count..<(row + 1) * count].map(Double.init)
            }
            let (weight, bias) = (try values("0.weight", 4), try values("0.bias", 2))
            let sums = features.map { x in
                (0..<2).map { weight[2 * $0] * x[0] + weight[2 * $0 + 1] * x[1] + bias[$0] }
            }
            guard normalizes else { return sums }
            let (scale, shift) = (try values("1.weight", 2), try values("1.bias", 2))
            let found = (0..<2).map { moments(sums, $0) }
            return sums.map { row in
                (0..<2).map { unit in
                    let variance = found[unit].deviation * found[unit].deviation
                    let value = (row[unit] - found[unit].mean) / (variance + 1e-5).squareRoot()
                    return tanh(value * scale[unit] + shift[unit])
                }
            }
        }

        private static func moments(_ rows: [[Double]], _ unit: Int) -> (mean: Double, deviation: Double) {
            let values = rows.map { $0[unit] }
            let mean = values.reduce(0, +) / Double(values.count)
            let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (mean, (square / Double(values.count)).squareRoot())
        }

        /// The formula of the documentation, of the weights before and after each step.
        @Test(arguments: [false, true])
        func byHand(_ normalizes: Bool) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let layers =
                normalizes
                ? "[{linear: 2}, batch_norm, tanh, {linear: 1}]" : "[{linear: 2}, {linear: 1}]"
            let file = try data.write(
                "case.yaml",
                text: """
                    data:
                      train: {format: inline, rows: \(Self.features), labels: [[1.0], [0.2], [-1.0], [2.0], [0.3]]}
                      normalize: none
                    model: \(layers)
                    loss: mse
                    optimizer: {name: sgd, lr: 0.1}
                    training: {epochs: 2, batch: 5, shards: 1}
                    logging: {parameters: 1, covariate_shift: 1}

                    """)
            let folder = data.path("run")
            let found = try Self.shifts(Self.train(0, ["--config", file], to: folder).steps)
            let path = try SafetensorsFile.read(path: "\(folder)/path.safetensors")
            try #require(found.count == 2)
            for step in 0..<2 {
                let before = try Self.read(path, row: step, normalizes: normalizes)
                let after = try Self.read(path, row: step + 1, normalizes: normalizes)
                var (moved, spread) = (0.0, 0.0)
                for unit in 0..<2 {
                    let (old, new) = (Self.moments(before, unit), Self.moments(after, unit))
                    moved += pow(new.mean - old.mean, 2) + pow(new.deviation - old.deviation, 2)
                    spread += pow(old.deviation, 2)
                }
                let expected = (moved / spread).squareRoot()
                let name = normalizes ? "3.weight" : "1.weight"
                #expect(found[step].count == 1)
                let shift = try #require(found[step][name])
                #expect(expected > 1e-3 && abs(shift - expected) < 1e-4 * expected, "\(shift), \(expected)")
            }
        }

        /// The same numbers at any number of ranks and over an interruption, and the same weights without them.
        @Test(arguments: [
            ("mlp", []), ("cnn", []), ("mlp", ["training.delayed=true"]),
            ("mlp", ["optimizer={name: adam, lr: 0.01, sharded: true}"]),
        ])
        func theSameAtAnyNumberOfRanks(_ name: String, _ more: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let plain =
                ["--config", try SameBytes.configuration(data, name)]
                + (more + ["logging.every_steps=3"]).flatMap { ["--set", $0] }
            let arguments = plain + ["--set", "logging.covariate_shift=2"]
            let one = try Self.train(1, arguments + ["--steps", "6"], to: data.path("one"))
            let three = try Self.train(3, arguments + ["--steps", "6"], to: data.path("three"))
            #expect(one.steps.compactMap { $0["step"] as? Int } == [2, 3, 4, 6])
            #expect(Self.shifts(one.steps) == Self.shifts(three.steps))
            for (step, found) in zip([2, 3, 4, 6], Self.shifts(one.steps)) {
                #expect(found.isEmpty == (step == 3) && found.values.allSatisfy { $0 > 0 && $0 < 100 })
            }
            for (step, found) in zip(one.steps, Self.shifts(one.steps)) where !found.isEmpty {
                let mean = try #require(step["covariate_shift_mean"] as? Double)
                #expect(abs(mean - found.values.reduce(0, +) / Double(found.count)) < 1e-12 * mean)
            }
            #expect(one.weights == three.weights)
            let without = try Self.train(1, plain + ["--steps", "6"], to: data.path("without"))
            #expect(without.weights == one.weights)
            #expect(Self.shifts(without.steps).allSatisfy { $0.isEmpty })
            _ = try Self.train(2, arguments + ["--steps", "3"], to: data.path("parts"))
            let parts = try Self.train(
                1, arguments + ["--steps", "6", "--resume", "auto"], to: data.path("parts"))
            #expect(Self.shifts(parts.steps) == Self.shifts(one.steps) && parts.weights == one.weights)
        }

        @Test func oneLayer() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                2,
                [
                    "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
                    "--set", "model=[flatten, {linear: 4}]", "--set", "logging.covariate_shift=2",
                ])
            #expect(run.exitCode == 78 && run.standardError.contains("logging.covariate_shift"), "\(run)")
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// The curvature of the loss in the metrics: the same numbers at any number of ranks, and nothing else is changed.
    @Suite struct CurvatureLogging {
        private static let fields = [
            "lambda_max", "gradient_curvature", "gradient_over_rate", "norm_test", "inner_product_test",
            "gradient_snr",
        ]

        /// A run's lines without what depends on time.
        private static func lines(_ folder: String) throws -> [[String: String]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n").map
            {
                let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
                var line: [String: String] = [:]
                for (key, value) in object where key != "seconds" && !key.hasSuffix("_per_second") {
                    let norms = value as? [String: Any]
                    line[key] =
                        norms?.keys.sorted().map { "\($0) \(norms?[$0] ?? "")" }.joined(separator: " ")
                        ?? "\(value)"
                }
                return line
            }
        }

        private static func step(_ line: [String: String]) -> Int {
            line["event"] == "step" ? line["step"].flatMap { Int($0) } ?? 0 : 0
        }

        /// With batch norm, dropout, random changes of images, clipping and the noise scale, where every fourth step is
        /// logged anyway.
        @Test func changesNothingElse() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "cnn"), "--set",
                "data.augment=[flip, {crop: 1}]", "--set", "checkpoint={every_epochs: 1}",
            ]
            let logging = "every_steps: 4, noise_scale: true, layers: true"
            func run(_ ranks: Int, _ output: String, _ curvature: String, _ more: [String] = []) throws {
                let run = try DTrainRun.run(
                    ranks,
                    arguments + [
                        "--output", data.path(output), "--set", "logging={\(logging)\(curvature)}",
                    ] + more)
                try #require(run.exitCode == 0, "\(run)")
            }
            try run(1, "plain", "")
            let plain = try Self.lines(data.path("plain"))
            let weights = try DTrainRun.results(data.path("plain")).weights
            var first: [[String: String]]?
            for (ranks, more) in [(1, []), (2, ["--set", "training.workers=2"]), (3, []), (4, [])] {
                let output = "measured-\(ranks)"
                try run(ranks, output, ", curvature: 3", more)
                let lines = try Self.lines(data.path(output))
                #expect(try DTrainRun.results(data.path(output)).weights == weights, "\(ranks) ranks")
                #expect(first == nil || lines == first, "\(ranks) ranks")
                first = first ?? lines
                // Every third step has the numbers, and all that other logged steps have.
                let measured = lines.filter { Self.step($0) > 0 && Self.step($0) % 3 == 0 }
                #expect(measured.map(Self.step) == [3, 6, 9])
                for line in measured {
                    #expect(Self.fields.allSatisfy { line[$0].flatMap { Double($0) } != nil }, "\(line)")
                    for name in ["loss", "lr", "gradient_norm", "clip_ratio", "gradient_norms", "epoch"] {
                        #expect(line[name] != nil, "\(name)")
                    }
                    let numbers = line.compactMapValues { Double($0) }
                    let (norm, rate) = try (
                        #require(numbers["gradient_norm"]), #require(numbers["lr"])
                    )
                    let quotient = try #require(numbers["gradient_over_rate"])
                    #expect(abs(quotient - norm * norm / rate) <= 1e-12 * quotient)
                    // Along no direction is there more curvature than the largest, to a hundredth.
                    let (along, largest) = try (
                        #require(numbers["gradient_curvature"]), #require(numbers["lambda_max"])
                    )
                    #expect(along > 0 && along <= 1.02 * largest * norm * norm)
                    let (all, inner) = try (
                        #require(numbers["norm_test"]), #require(numbers["inner_product_test"])
                    )
                    #expect(inner >= 0 && inner <= all * (1 + 1e-6))
                }
                // Without them it is the run that measures none.
                let rest = lines.filter { Self.step($0) % 3 != 0 || Self.step($0) % 4 == 0 }.map { line in
                    line.filter { !Self.fields.contains($0.key) }
                }
                #expect(rest == plain, "\(ranks) ranks")
            }
            // A run may begin or stop to measure where it is gone on with.
            try run(2, "parts", ", curvature: 2", ["--steps", "5"])
            try run(3, "parts", "", ["--resume", "auto"])
            #expect(try DTrainRun.results(data.path("parts")).weights == weights)
        }

        /// Nodes that stand apart, slices of the optimizer's state on one rank each, messages alone.
        @Test func onNodes() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["log=2", "batch=16", "epochs=2", "momentum=0.9"]
            let plain = try ControlledRun.run(1, data, "cnn", options, output: "plain")
            let alone = try ControlledRun.run(1, data, "cnn", options + ["curvature=3"], output: "alone")
            #expect(alone.weights == plain.weights)
            #expect(try Self.lines(data.path("alone")).count { $0["lambda_max"] != nil } == 6)
            for way in StepModes.ways {
                let run = try ControlledRun.run(
                    way.ranks, data, "cnn", options + ["curvature=3"] + way.options, output: "run")
                #expect(run.weights == alone.weights, "\(way)")
                #expect(try Self.lines(data.path("run")) == Self.lines(data.path("alone")), "\(way)")
            }
        }

        /// Larger mini-batches than the first are planned for.
        @Test func batchesGrow() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = ["grow_every=1", "batch=8", "epochs=3", "curvature=4"]
            let alone = try ControlledRun.run(1, data, "mlp", options, output: "alone")
            let three = try ControlledRun.run(3, data, "mlp", options, output: "three")
            #expect(three.weights == alone.weights)
            #expect(try Self.lines(data.path("three")) == Self.lines(data.path("alone")))
        }

        @Test func whatCannotBeMeasuredIsRefused() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            for setting in ["training.accumulate=2", "training.delayed=true"] {
                let run = try DTrainRun.run(
                    2,
                    [
                        "--config", configuration, "--output", data.path("run"), "--set",
                        "logging.curvature=5", "--set", setting,
                    ])
                #expect(
                    run.exitCode == 78 && run.standardError.contains("is measured in single mini-batches"),
                    "\(run)")
            }
        }
    }
}

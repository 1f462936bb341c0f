import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// `dtrain lr-find`.
    @Suite struct RateSearches {
        private func find(_ ranks: Int, _ arguments: [String], code: Int32 = 0) throws -> ProcessResult {
            let run = try DTrainRun.run(ranks, ["lr-find"] + arguments)
            try #require(run.exitCode == code && !run.timedOut, "\(arguments): \(run)")
            return run
        }

        private func object(_ run: ProcessResult) throws -> [String: Any] {
            #expect(run.standardOutput.split(separator: "\n").count == 1, "\(run)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any])
        }

        private func set(_ settings: String...) -> [String] { settings.flatMap { ["--set", $0] } }

        /// L = mean (w x − 5 x)² with x = ±s has the one curvature 2 s²: plain descent is stable up to 2/(2 s²).
        @Test(arguments: [0.1, 1, 10]) func belowTheLargestStableRate(_ size: Double) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let features = (0..<12).map { Float($0 % 2 == 0 ? size : -size) }
            try data.write("line-x.npy", shape: [12, 1], features)
            try data.write("line-y.npy", shape: [12, 1], features.map { 5 * $0 })
            let path = try data.write(
                "line.yaml",
                text: """
                    data:
                      train: {format: npy, features: line-x.npy, labels: line-y.npy}
                      normalize: none
                    model: [{linear: {out: 1, bias: false}}]
                    loss: mse
                    optimizer: {name: sgd, lr: 0.01}
                    training: {batch: full, shards: 8, seed: 0}

                    """)
            // 1/s² is 100 at most, so that the end of the range is above it.
            let options = ["--config", path, "--max-lr", "1000", "--json"]
            let found = try object(find(2, options))
            let (rate, limit) = try (#require(found["suggestion"] as? Double), 1 / (size * size))
            #expect(rate < limit && rate > 0.02 * limit, "\(found)")
            #expect(found["basis"] as? String == "steepest_descent" && found["batch"] as? Int == 12)
            // Training at that rate comes to the least; at 1.05 times the limit it does not.
            for (factor, converges) in [(rate / limit, true), (1.05, false)] {
                let output = data.path("run-\(converges)")
                let run = try DTrainRun.run(
                    0,
                    ["--config", path, "--epochs", "300", "--output", output]
                        + set("optimizer.lr=\(factor * limit)"))
                #expect(run.exitCode == (converges ? 0 : 79) || !converges, "\(run)")
                let metrics = try String(contentsOfFile: "\(output)/metrics.jsonl", encoding: .utf8)
                let losses = metrics.matches(of: /"event":"step".*?"loss":([0-9.e+-]+)/).compactMap {
                    Double($0.1)
                }
                let (first, last) = try (#require(losses.first), #require(losses.last))
                #expect(converges ? last < 1e-6 * first : last > first, "\(losses)")
            }
        }

        /// Page, JSON, table and picture have the same bytes at any number of ranks, with batch norm over ranks, dropout,
        /// momentum, clipping and augmentation.
        @Test func theSameAtAnyNumberOfRanks() throws {
            let data = try TestData()
            defer { data.remove() }
            let options =
                ["--config", try SameBytes.configuration(data, "cnn"), "--steps", "60"]
                + set("data.augment=[flip]")
            var first: [String] = []
            for ranks in [0, 2, 3] {
                let folder = data.path("found-\(ranks)")
                let page = try find(ranks, options + ["--output", folder])
                var texts = [
                    page.standardOutput.replacing(folder, with: "DIR"),
                    try find(ranks, options + ["--json"]).standardOutput,
                ]
                for name in ["lr-find.csv", "lr-find.svg"] {
                    texts.append(try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
                }
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                        == ["lr-find.csv", "lr-find.svg"])
                if first.isEmpty { first = texts }
                #expect(texts == first, "\(ranks) ranks")
            }
            for part in [
                "optimizer   sgd, 27 examples a step\n", "\nsuggestion  ", "\nfiles       DIR/lr-find.svg",
            ] {
                #expect(first[0].contains(part), "\(first[0])")
            }
            #expect(first[2].hasPrefix("step,lr,loss,smoothed_loss\n1,1e-07,"), "\(first[2])")
            #expect(first[3].hasPrefix("<?xml") && first[3].contains("learning rate, "))
            #expect(first[3].hasSuffix("</svg>\n") && first[3].contains("least loss "))
            // Control: another momentum is another test.
            let other = try find(1, options + ["--json"] + set("optimizer.momentum=0"))
            #expect(other.standardOutput != first[1])
        }

        /// The steps are a run's own but for their rate, whatever its rate and schedule; nothing of a run is written.
        @Test func trainsAsARunWould() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "mlp")
            let run = data.path("run")
            let trained = try DTrainRun.run(
                0, ["--config", configuration, "--output", run, "--steps", "1"])
            try #require(trained.exitCode == 0, "\(trained)")
            let metrics = try String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8)
            let loss = try #require(metrics.firstMatch(of: /"loss":([0-9.e+-]+)/)).1
            func contents() throws -> [String] {
                try FileManager.default.subpathsOfDirectory(atPath: run).sorted().map { name in
                    "\(name) \(FileManager.default.contents(atPath: "\(run)/\(name)")?.hashValue ?? 0)"
                }
            }
            let before = try contents()
            let found = try find(1, ["--config", "\(run)/config.yaml", "--json"])
            #expect(try contents() == before)
            let object = try object(found)
            #expect(try #require(object["loss"] as? [Double]).first == Double(loss), "\(found)")
            let curve = try #require(object["curve"] as? [[Double]])
            let rates = curve.map { $0[0] }
            #expect(curve.allSatisfy { $0.count == 2 } && object["because"] is String, "\(found)")
            #expect(rates.first == 1e-7 && object["optimizer"] as? String == "adam")
            #expect(
                zip(rates, rates.dropFirst()).allSatisfy { abs($1 / $0 - pow(1e8, 1 / 99.0)) < 1e-9 },
                "\(rates)")

            let other = try find(
                1,
                ["--config", configuration, "--json"]
                    + set(
                        "optimizer.lr=7", "schedule={name: cosine, warmup: 1}", "training.epochs=1",
                        "output=\(data.path("none"))", "evaluation.every_steps=2",
                        "training.max_minutes=1.0e-6"))
            #expect(other.standardOutput == found.standardOutput)
            #expect(!FileManager.default.fileExists(atPath: data.path("none")))
            let large = try self.object(find(2, ["--config", configuration, "--json", "--batch", "64"]))
            #expect(large["batch"] as? Int == 64)
            // From a run's weights instead of first values.
            let later = try self.object(
                find(1, ["--config", configuration, "--json"] + set("init.weights=\(run)")))
            #expect(try #require(later["loss"] as? [Double]).first != Double(loss))
        }

        @Test func mistakes() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = ["--config", try SameBytes.configuration(data, "mlp")]
            for (ranks, arguments, code, says) in [
                (
                    2, set("optimizer={name: newton_cg}", "training.batch=full"), 78,
                    "newton_cg has no learning rate to look for: choose another optimizer, such as sgd or adam"
                ),
                (0, ["--min-lr", "1", "--max-lr", "0.1"], 64, "--max-lr must be above --min-lr"),
                (0, ["--steps", "3"], 64, "--steps must be from 50 to 100000, is 3"),
                (0, ["--smoothing", "-1"], 64, "--smoothing must be at least 0 and below 1"),
                (3, ["--output", "/proc/nowhere"], 73, "choose another --output"),
                (
                    2,
                    set(
                        "loss=mse", "model=[{linear: 1}]",
                        "init.default={weight: {name: constant, val: 1.0e+30}}"), 79,
                    "is not finite at the weights that training starts from"
                ),
            ] as [(Int, [String], Int32, String)] {
                // Classes are no targets of mse.
                let more =
                    code == 79
                    ? set(
                        "data.train.labels=\(data.path("rows.npy"))", "data.test=null", "model=[{linear: 6}]")
                    : []
                let run = try find(ranks, configuration + arguments + more, code: code)
                let errors = run.standardError.split(separator: "\n").filter { $0.contains("error: ") }
                #expect(errors.count == 1 && errors[0].contains(says), "\(run)")
                #expect(run.standardOutput.isEmpty, "\(run)")
            }
        }

        /// A range that begins beyond what is stable says so, and is no error.
        @Test func beyondWhatIsStable() throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = ["--config", try SameBytes.configuration(data, "mlp")]
            let run = try find(
                2, configuration + ["--min-lr", "1000", "--max-lr", "1e6"] + set("optimizer={name: sgd}"))
            #expect(
                run.standardOutput.contains("suggestion  none: the loss grew within "), "\(run)")
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// `training.batch: auto`.
    @Suite struct BatchSearches {
        private func set(_ settings: String...) -> [String] { settings.flatMap { ["--set", $0] } }

        /// A configuration of examples x (n, 1) with targets y (n, K), and its path.
        private func configuration(
            _ data: TestData, _ x: [Float], _ y: [Float], model: String
        ) throws -> String {
            try data.write("x.npy", shape: [x.count, 1], x)
            try data.write("y.npy", shape: [x.count, y.count / x.count], y)
            return try data.write(
                "case.yaml",
                text: """
                    data:
                      train: {format: npy, features: x.npy, labels: y.npy}
                      normalize: none
                    model: \(model)
                    loss: mse
                    optimizer: {name: sgd, lr: 1.0e-4}
                    training: {batch: auto, epochs: 1, shards: 8, seed: 0}

                    """)
        }

        /// The gradients of (w x − 5 x)² with x of 0 or 1 are 2 (w − 5) x²: where a share p of the examples has x = 1, the
        /// noise scale is Var(x²)/mean(x²)² = (1 − p)/p at any w. Here it is 11.
        private func twelfth(_ data: TestData) throws -> String {
            let x = (0..<4092).map { Float($0 % 12 == 0 ? 1 : 0) }
            return try configuration(
                data, x, x.map { 5 * $0 }, model: "[{linear: {out: 1, bias: false}}]")
        }

        /// 256 targets of ±1000 each for one and the same input: no gradient stands out from their noise.
        private func noise(_ data: TestData, count: Int, hidden: String = "") throws -> String {
            var state: UInt64 = 1
            let targets = (0..<256 * count).map { _ -> Float in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state >> 63 == 0 ? 1000 : -1000
            }
            return try configuration(
                data, Array(repeating: 1, count: count), targets,
                model: "[\(hidden){linear: {out: 256, bias: false}}]")
        }

        private func choice(_ folder: String) throws -> [String: Any] {
            let metrics = try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8)
            let lines = metrics.split(separator: "\n")
            #expect(lines.filter { $0.contains(#""event":"batch""#) }.count == 1, "\(metrics)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        }

        private func train(
            _ ranks: Int, _ file: String, _ folder: String, _ more: [String] = []
        ) throws -> ProcessResult {
            let run = try DTrainRun.run(
                ranks, ["--config", file, "--output", folder, "--steps", "3"] + more)
            try #require(run.exitCode == 0, "\(run)")
            return run
        }

        /// The noise scale decides, as its formula says, and everything that is written is the same at any number of ranks
        /// and workers.
        @Test func belowTheNoiseScale() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let file = try twelfth(data)
            var first: (DTrainRun.Results, String)?
            for (ranks, workers) in [(0, 2), (1, 1), (2, 1), (3, 1)] {
                let folder = data.path("run-\(ranks)")
                let run = try train(ranks, file, folder, set("training.workers=\(workers)"))
                let found = try choice(folder)
                #expect(found["batch"] as? Int == 8 && found["batch_limit"] as? String == "noise_scale")
                let noise = try #require(found["noise_scale"] as? Double)
                #expect(abs(noise - 11) < 3, "\(found)")
                let line = try #require(
                    run.standardOutput.split(separator: "\n").first { $0.contains("note: mini") })
                #expect(
                    line.contains("mini-batches of 8 examples, the largest power of two below the gradient"))
                #expect(line.contains("was not changed: dtrain lr-find"), "\(line)")
                let text = try String(contentsOfFile: "\(folder)/config.yaml", encoding: .utf8)
                #expect(text.contains("\n  batch: 8\n"), "\(text)")
                let all = (
                    try DTrainRun.results(folder),
                    text.replacing(folder, with: "").replacing("workers: \(workers)", with: "")
                )
                if first == nil { first = all }
                #expect(first?.0 == all.0 && first?.1 == all.1, "\(ranks) ranks")
            }
            // Neither the optimizer nor its rate plays a part, and range tests have the same mini-batch.
            let other = ["--config", file] + set("optimizer={name: adam, lr: 3}")
            let check = try DTrainRun.run(2, ["check"] + other)
            #expect(
                check.exitCode == 0 && check.standardOutput.contains("mini-batches of 8 in 8 shards"),
                "\(check)")
            let rates = try DTrainRun.run(2, ["lr-find", "--json"] + other)
            #expect(rates.exitCode == 0 && rates.standardOutput.contains(#""batch":8,"#), "\(rates)")
            let summary = try DTrainRun.run(0, ["summary", "--no-timing"] + other)
            #expect(summary.standardOutput.contains("of at most 1 example, batch 8\n"), "\(summary)")
            // With accumulation a step's examples lie below.
            let parts = try DTrainRun.run(0, ["check"] + other + set("training.accumulate=4"))
            #expect(parts.standardOutput.contains("mini-batches of 2 in 8 shards"), "\(parts)")
        }

        /// A noise scale of 1, (1 − p)/p for p = ½, does not leave shards empty.
        @Test func noFewerThanShards() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let x = (0..<4096).map { Float($0 % 2) }
            let file = try configuration(
                data, x, x.map { 5 * $0 }, model: "[{linear: {out: 1, bias: false}}]")
            let run = try train(2, file, data.path("run"))
            let found = try choice(data.path("run"))
            #expect(
                found["batch"] as? Int == 8 && found["batch_limit"] as? String == "noise_scale", "\(found)")
            #expect(run.standardOutput.contains("as many examples in a step as shards"), "\(run)")
        }

        /// Where no gradient stands out, the examples decide, or those that the noise was measured with.
        @Test(arguments: [(300, 256, "data"), (9000, 4096, "noise_scale")])
        func noMoreThanThereAre(_ count: Int, _ batch: Int, _ limit: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let file = try noise(data, count: count)
            _ = try train(2, file, data.path("run"))
            let found = try choice(data.path("run"))
            #expect(found["batch"] as? Int == batch && found["batch_limit"] as? String == limit, "\(found)")
            #expect(found["noise_scale"] == nil && found["measured_examples"] as? Int == 5120)
        }

        /// A smaller memory makes smaller mini-batches, down to where nothing fits.
        @Test func withinMemory() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let file = try noise(data, count: 9000, hidden: "{linear: 4096}, tanh, ")
            var sizes: [Int] = []
            for memory in ["64 GiB", "250 MB", "170 MiB"] {
                let folder = data.path("run-\(sizes.count)")
                let run = try train(sizes.count + 1, file, folder, set("training.memory=\(memory)"))
                let found = try choice(folder)
                sizes.append(try #require(found["batch"] as? Int))
                #expect((found["batch_limit"] as? String == "memory") == (sizes.count > 1), "\(found)")
                guard sizes.count > 1 else { continue }
                let needed = try #require(found["needed_bytes"] as? Int)
                let had = try #require(found["memory_bytes"] as? Int)
                #expect(needed * 5 > had * 4, "\(found)")
                #expect(run.standardOutput.contains("that fits into memory: twice as many take"), "\(run)")
            }
            #expect(sizes[0] == 4096 && sizes[1] < 4096 && sizes[2] < sizes[1] && sizes[2] > 1, "\(sizes)")
            let little = try DTrainRun.run(2, ["check", file] + set("training.memory=20 MiB"))
            #expect(
                little.exitCode == 71 && little.standardError.contains("raise training.memory"), "\(little)")
        }

        /// A resumed run keeps its mini-batch where another would be chosen, and comes to the same bytes.
        @Test func resumedRunsKeepIt() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let file = try twelfth(data)
            let whole = data.path("whole")
            _ = try train(1, file, whole, ["--steps", "20"])
            let folder = data.path("run")
            _ = try train(2, file, folder, ["--steps", "9"])
            let options = ["--config", file, "--output", folder, "--steps", "20", "--resume", "auto"]
            let run = try DTrainRun.run(1, options + set("training.memory=1 KiB"))
            #expect(run.exitCode == 0 && run.standardOutput.contains("resuming at step 9"), "\(run)")
            #expect(!run.standardOutput.contains("note: mini-batches"), "\(run)")
            let found = try choice(folder)
            #expect(found["batch"] as? Int == 8)
            let (results, expected) = try (DTrainRun.results(folder), DTrainRun.results(whole))
            #expect(results == expected)
            // Its own configuration has the number.
            let again = try DTrainRun.run(
                2, ["--output", folder, "--steps", "25", "--resume", "auto"])
            #expect(again.exitCode == 0 && again.standardOutput.contains("resuming at step 20"), "\(again)")
        }

        @Test(arguments: [
            ("training.shards=1", "set training.shards to 2 or more"),
            ("training.batch_growth={every: 1}", "must be a number beside batch_growth"),
            (
                "training.memory=8 parsecs",
                "expected the name of an amount of memory as 8 GiB, found 8 parsecs"
            ),
            ("optimizer={name: delta_bar_delta}", "must be full beside optimizer delta_bar_delta"),
        ])
        func refused(_ setting: String, _ says: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let run = try DTrainRun.run(0, ["check", try noise(data, count: 20)] + set(setting))
            #expect(run.exitCode == 78 && run.standardError.contains(says), "\(run)")
        }
    }
}

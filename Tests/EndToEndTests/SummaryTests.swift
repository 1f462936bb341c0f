import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What `dtrain summary` predicts.
    @Suite struct Summaries {
        private func object(_ run: ProcessResult) throws -> [String: Any] {
            try #require(run.exitCode == 0 && !run.timedOut, "\(run)")
            #expect(run.standardOutput.split(separator: "\n").count == 1, "\(run)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any])
        }

        private func bytes(_ summary: [String: Any]) throws -> Double {
            Double(try #require(summary["memory_per_rank_bytes"] as? Int))
        }

        /// The largest rank's memory is within a fifth of the peak that a run comes to with its first steps, its evaluation
        /// and its checkpoint.
        @Test(arguments: ["fashion-mlp", "fashion-mlp-big", "fashion-cnn", "fashion-resnet20"], [1, 2])
        func memory(_ recipe: String, _ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let settings = ["--recipe", recipe, "--set", "training.batch=256"]
            let summary = try object(
                DTrainRun.run(ranks, ["summary", "--no-timing", "--json"] + settings))
            #expect(summary["ranks"] as? Int == ranks && summary["epoch_seconds"] == nil, "\(summary)")
            let run = try DTrainRun.run(
                ranks, settings + ["--steps", "2", "--output", data.path("run")])
            try #require(run.exitCode == 0, "\(run)")
            let timing = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: data.path("run/timing.json"))))
            let all = try #require((timing as? [String: Any])?["ranks"] as? [[String: Any]])
            let peaks = all.compactMap { $0["peakMemoryBytes"] as? Int }
            let peak = Double(try #require(peaks.max()))
            #expect(peaks.count == ranks)
            let predicted = try bytes(summary)
            #expect((0.8...1.2).contains(predicted / peak), "predicted \(predicted), was \(peaks)")
            // Four times the examples take more than what the run has had, where activations count.
            if recipe == "fashion-resnet20" {
                let larger = try object(
                    DTrainRun.run(
                        ranks,
                        [
                            "summary", "--no-timing", "--json", "--recipe", recipe, "--set",
                            "training.batch=1024",
                        ]
                    ))
                let more = try bytes(larger)
                #expect(more > 1.5 * peak, "\(more), \(peak)")
            }
        }

        /// Ranks that do not run are told of as those that do, but for their libraries and cores.
        @Test func otherRanks() throws {
            let data = try TestData()
            defer { data.remove() }
            let options = [
                "summary", "--config", try SameBytes.configuration(data, "cnn"), "--json", "--set",
                "training.workers=1",
            ]
            let three = try object(DTrainRun.run(3, options + ["--no-timing"]))
            let told = try object(DTrainRun.run(0, options + ["--ranks", "3"]))
            let (own, other) = try (bytes(three), bytes(told))
            #expect(abs(own / other - 1) < 0.1, "\(three), \(told)")
            #expect(told["ranks"] as? Int == 3 && told["epoch_seconds"] == nil, "\(told)")
            let node = try #require(told["memory_per_node_bytes"] as? Int)
            #expect(Double(node) > other && Double(node) < 3 * other, "\(told)")
            let many = try DTrainRun.run(0, options + ["--ranks", "9"])
            #expect(
                many.exitCode == 64 && many.standardError.contains("training.shards to at least 9"), "\(many)"
            )
            let none = try DTrainRun.run(0, options + ["--ranks", "0"])
            #expect(none.exitCode == 64, "\(none)")
        }

        /// The steps that tell the time are taken by all ranks on a copy: nothing is written.
        @Test(arguments: [0, 2]) func time(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            let configuration = try SameBytes.configuration(data, "cnn")
            let before = try FileManager.default.subpathsOfDirectory(atPath: data.folder).sorted()
            let options = ["summary", "--config", configuration, "--set", "output=\(data.path("run"))"]
            let found = try object(DTrainRun.run(ranks, options + ["--json"]))
            let all = try ["epoch_seconds", "training_seconds", "evaluation_seconds", "samples_per_second"]
                .map {
                    try #require(found[$0] as? Double)
                }
            #expect(all.allSatisfy { $0 > 0 } && abs(all[0] - all[1] - all[2]) < 1e-9 * all[0], "\(found)")
            #expect(abs(all[1] * all[3] - 110) < 1e-6, "\(found)")
            let page = try DTrainRun.run(ranks, options)
            #expect(page.exitCode == 0 && page.standardOutput.contains("\ntime per epoch   "), "\(page)")
            #expect(page.standardOutput.contains("\nmemory per rank  "), "\(page)")
            let after = try FileManager.default.subpathsOfDirectory(atPath: data.folder).sorted()
            #expect(after == before)
        }
    }
}

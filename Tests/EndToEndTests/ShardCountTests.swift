import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// The number of shards of runs that are not told it.
    @Suite struct ShardCounts {
        private func configuration(_ data: TestData, _ training: String) throws -> String {
            try data.write(
                "run.yaml",
                text: """
                    model: [{linear: 20}, batch_norm, tanh, {linear: 4}]
                    data:
                      train: {format: npy, features: rows.npy, labels: labels.npy}
                      test: {format: npy, features: rows.npy, labels: labels.npy}
                    training: {epochs: 4, seed: 3, \(training)}
                    logging: {every_steps: 1}

                    """)
        }

        private func train(_ ranks: Int, _ options: [String]) throws -> ProcessResult {
            let run = try DTrainRun.run(ranks, options)
            try #require(run.exitCode == 0, "\(run)")
            return run
        }

        private func recorded(_ folder: String) throws -> String? {
            let text = try String(contentsOfFile: "\(folder)/config.yaml", encoding: .utf8)
            return text.split(separator: "\n").first { $0.hasPrefix("  shards: ") }.map(String.init)
        }

        /// The mini-batch says it, whether the settings, the data or a measurement say the mini-batch, and config.yaml
        /// records it, the same at any number of ranks.
        @Test(arguments: [
            ("batch: 320", "10"), ("batch: 40", "8"), ("batch: 320, shards: 8", "8"), ("batch: full", "20"),
            ("batch: full, accumulate: 2", "10"),
        ])
        func recorded(_ training: String, _ count: String) throws {
            let data = try TestData(count: 640)
            defer { data.remove() }
            let file = try configuration(data, training)
            var first: DTrainRun.Results?
            for ranks in [1, 3] {
                let folder = data.path("run-\(ranks)")
                _ = try train(ranks, ["--config", file, "--output", folder])
                #expect(try recorded(folder) == "  shards: \(count)")
                let found = try DTrainRun.results(folder)
                if first == nil { first = found }
                #expect(first == found, "\(ranks) ranks")
            }
            let given = data.path("given")
            _ = try train(2, ["--config", file, "--output", given, "--shards", count])
            #expect(try DTrainRun.results(given) == first)
            let check = try train(1, ["check", "--config", file])
            #expect(check.standardOutput.contains(" in \(count) shards"), "\(check)")
            let summary = try train(2, ["summary", "--no-timing", "--json", "--config", file])
            #expect(summary.standardOutput.contains("\"shards\":\(count),"), "\(summary)")
        }

        /// A resumed run keeps the number that it was started with, also where its configuration is given again and
        /// would lead to another; another mini-batch is refused as ever.
        @Test(arguments: ["batch: 160", "batch: full"]) func resumed(_ training: String) throws {
            let data = try TestData(count: 640)
            defer { data.remove() }
            let file = try configuration(data, training)
            let (whole, folder) = (data.path("whole"), data.path("run"))
            _ = try train(1, ["--config", file, "--shards", "9", "--output", whole])
            _ = try train(2, ["--config", file, "--shards", "9", "--output", folder, "--steps", "2"])
            let options = ["--config", file, "--output", folder, "--resume", "auto"]
            let other = try DTrainRun.run(1, options + ["--batch", "320"])
            #expect(other.exitCode == 78 && other.standardError.contains("training.batch"), "\(other)")
            #expect(!other.standardError.contains("training.shards"), "\(other)")
            let shards = try DTrainRun.run(1, options + ["--shards", "8"])
            #expect(shards.exitCode == 78 && shards.standardError.contains("training.shards"), "\(shards)")
            _ = try train(3, options)
            #expect(try recorded(folder) == "  shards: 9")
            #expect(try DTrainRun.results(folder) == DTrainRun.results(whole))
        }

        /// More ranks than a small mini-batch has shards, and as many as a large one has.
        @Test func moreRanks() throws {
            let data = try TestData(count: 640)
            defer { data.remove() }
            let file = try configuration(data, "batch: full")
            let options = ["summary", "--no-timing", "--json", "--config", file, "--ranks"]
            let many = try DTrainRun.run(1, options + ["21"])
            #expect(
                many.exitCode == 64 && many.standardError.contains("training.shards to at least 21"),
                "\(many)")
            _ = try train(1, options + ["20"])
            let small = try DTrainRun.run(1, options + ["9", "--set", "training.batch=64"])
            #expect(
                small.exitCode == 64 && small.standardError.contains("training.shards to at least 9"),
                "\(small)")
            _ = try train(9, ["--config", file, "--output", data.path("run"), "--steps", "1"])
        }
    }
}

import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Searches: who is stopped, who gets to the end, and what is written.
    @Suite struct SearchStudies {
        /// Rows of four classes, and a search among rates of which one is hopeless.
        private static func search(_ data: TestData) throws -> String {
            try data.write(
                "rows.yaml",
                text: """
                    data: {train: {format: npy, features: rows.npy, labels: labels.npy}, validation: {fraction: 0.2}}
                    model: [{linear: 16}, relu, {linear: 4}]
                    optimizer: {name: sgd, lr: 0.01}
                    schedule: cosine
                    training: {epochs: 4, batch: 32, max_skipped_steps: 2}
                    """)
            return try data.write(
                "search.yaml",
                text: """
                    title: Rates and batches
                    base: {config: rows.yaml}
                    vary:
                      optimizer.lr: {choices: [0.01, 0.05, 0.2, 1.0e+30]}
                      training.batch: {integer: [16, 40]}
                      training.seed: {integer: [0, 1000]}
                    trials: 7
                    seed: 1
                    search: {metric: validation_accuracy, eta: 2}
                    report: {metrics: [outcome, validation_loss, validation_accuracy]}
                    """)
        }

        private static func rows(_ folder: String) throws -> [[String: String]] {
            let lines = try String(contentsOfFile: "\(folder)/study.csv", encoding: .utf8)
                .split(separator: "\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                }
            return lines.dropFirst().map { Dictionary(zip(lines[0], $0)) { first, _ in first } }
        }

        private static func bytes(_ folder: String, _ names: [String]) throws -> [Data] {
            try names.map { try Data(contentsOf: URL(filePath: "\(folder)/\($0)")) }
        }

        private static let files = ["study.csv", "study.svg", "best.yaml"]

        @Test func halvesAndKeepsTheBest() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try Self.search(data)
            var found: [[Data]] = []
            for ranks in [1, 3] {
                let output = data.path("search-\(ranks)")
                let run = try DTrainRun.run(ranks, ["study", file, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("best         \(output)/best.yaml"), "\(run)")
                #expect(run.standardOutput.contains("--config \(output)/best.yaml"), "\(run)")
                // No line of an epoch.
                #expect(!run.standardOutput.contains("train loss"), "\(run)")
                found.append(try Self.bytes(output, Self.files))
            }
            #expect(found[0] == found[1], "the same at any number of ranks")

            let folder = data.path("search-1")
            let rows = try Self.rows(folder)
            #expect(rows.count == 7 && rows.map { $0["rank"] ?? "" }.sorted() == (1...7).map(String.init))
            // One epoch of seven trials, two of three, all four of one.
            let ended = rows.filter { $0["outcome"] == "finished" }
            let best = try #require(ended.first)
            #expect(ended.count == 1 && best["rank"] == "1" && best["rung"] == "3" && best["epochs"] == "4")
            #expect(rows.filter { $0["rung"] == "2" && $0["epochs"] == "2" }.count == 2)
            let stopped = rows.filter { $0["outcome"] == "stopped" && $0["rung"] == "1" }
            #expect(stopped.allSatisfy { $0["epochs"] == "1" && Double($0["validation_loss"] ?? "") != nil })
            // The hopeless rate is drawn, and ranks behind all that did not diverge.
            let diverged = rows.filter { $0["outcome"] == "diverged" }
            #expect(!diverged.isEmpty && stopped.count + diverged.count == 4)
            for row in diverged {
                #expect(row["optimizer.lr"] == "1.0e+30" && row["validation_accuracy"] == "")
                #expect((row["rank"].flatMap { Int($0) } ?? 0) > 7 - diverged.count)
            }
            // Within the first rung a better accuracy is a better rank.
            let ranked = stopped.sorted { (Int($0["rank"] ?? "") ?? 0) < (Int($1["rank"] ?? "") ?? 0) }
            let values = ranked.compactMap { Double($0["validation_accuracy"] ?? "") }
            #expect(values.count == stopped.count && values == values.sorted(by: >))

            // The configuration of the best trains to the bytes that the trial has, which was stopped twice.
            let name = try #require(best["run"])
            let yaml = try String(contentsOfFile: "\(folder)/best.yaml", encoding: .utf8)
            #expect(yaml.hasPrefix("# The best of 7 trials: \(name), validation_accuracy "))
            let again = try DTrainRun.run(
                2, ["--config", "\(folder)/best.yaml", "--output", data.path("again")])
            try #require(again.exitCode == 0, "\(again)")
            let weights = ["weights.safetensors"]
            #expect(
                try Self.bytes(data.path("again"), weights) == Self.bytes("\(folder)/\(name)", weights))
            // A trial of the first rung has other weights than it would end with.
            let early = try #require(stopped.first?["run"])
            let whole = try DTrainRun.run(
                1, ["--config", "\(folder)/\(early)/config.yaml", "--output", data.path("whole")])
            try #require(whole.exitCode == 0, "\(whole)")
            #expect(
                try Self.bytes(data.path("whole"), weights) != Self.bytes("\(folder)/\(early)", weights))

            // Gone on with, as if stopped in the last rung: what is missing comes to the same.
            for name in Self.files + [name] {
                try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
            let resumed = try DTrainRun.run(2, ["study", file, "--output", folder])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(try Self.bytes(folder, Self.files) == found[0], "\(resumed)")
            let finished = try DTrainRun.run(1, ["study", file, "--output", folder])
            #expect(try finished.exitCode == 0 && Self.bytes(folder, Self.files) == found[0], "\(finished)")
        }

        /// Stopped by a signal in a rung, the same command goes on to the same bytes.
        @Test func goesOnAfterASignal() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try Self.search(data)
            let set = ["--set", "training.epochs=400"]
            let whole = try DTrainRun.run(1, ["study", file, "--output", data.path("whole")] + set)
            try #require(whole.exitCode == 0, "\(whole)")
            let stopped = try ProcessRun.run(
                "bash",
                [
                    "-c",
                    """
                    '\(try BuiltExecutable.path("dtrain"))' study search.yaml --output stopped --set training.epochs=400 &
                    until ls -d stopped/trial-00[3-7]/checkpoints/step-* > /dev/null 2>&1; do kill -0 $! || exit 9; sleep 0.01; done
                    kill -USR1 $!
                    wait $!
                    """,
                ], timeLimit: Promptness.patience, currentDirectory: data.folder)
            try #require(stopped.exitCode == 0, "\(stopped)")
            #expect(stopped.standardOutput.contains("preempted at step "), "\(stopped)")
            #expect(!FileManager.default.fileExists(atPath: data.path("stopped/study.csv")))
            let again = try DTrainRun.run(3, ["study", file, "--output", data.path("stopped")] + set)
            try #require(again.exitCode == 0, "\(again)")
            #expect(
                try Self.bytes(data.path("stopped"), Self.files) == Self.bytes(data.path("whole"), Self.files)
            )
        }
    }
}

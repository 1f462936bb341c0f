import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Data in the configuration, samples of data, draws with replacement, and notes on examples.
    @Suite struct InlineData {
        private func notes(_ run: ProcessResult) -> [Substring] {
            (run.standardOutput + run.standardError).split(separator: "\n").filter {
                $0.hasPrefix("dtrain: note: ")
            }
        }

        private func write(_ data: TestData, _ sets: String, _ rest: String) throws -> String {
            try data.write("toy.yaml", text: "data:\n\(sets)\n  normalize: none\n\(rest)\n")
        }

        private static let sizes = """
            model: [{linear: 3}, tanh, {linear: 1}]
            loss: mse
            optimizer: {name: sgd, lr: 0.1}
            """
        private static let words = """
              train: {format: inline, rows: [[0, 1], [1, 0], [0.1, 1], [1, 0.1], [0.2, 1]], labels: [no, yes, no, yes, no]}
              test: {format: inline, rows: [[0, 0.9], [0.9, 0]], labels: [no, yes]}
            """

        /// Fewer examples than shards and ranks, down to one.
        @Test(arguments: [
            ("[[2.0]]", "[[0.5]]", "1"), ("[[2.0]]", "[[0.5]]", "full"),
            ("[[1.0], [2.0], [0.1]]", "[[1], [2], [3]]", "2"),
        ]) func theSameBytesOfFewExamples(_ rows: String, _ labels: String, _ batch: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try write(
                data, "  train: {format: inline, rows: \(rows), labels: \(labels)}",
                Self.sizes + "\ntraining: {epochs: 3, batch: \(batch)}")
            var all: [DTrainRun.Results] = []
            for ranks in [1, 2, 3] {
                let folder = data.path("run-\(ranks)")
                let run = try DTrainRun.run(ranks, ["--config", file, "--output", folder])
                try #require(run.exitCode == 0, "\(run)")
                all.append(try DTrainRun.results(folder))
            }
            #expect(all[1] == all[0] && all[2] == all[0])
        }

        /// What is done with a run afterwards reads the data from the run's config.yaml.
        @Test func aRunHoldsItsData() throws {
            let data = try TestData()
            defer { data.remove() }
            let rest =
                "model: [{linear: 2}]\noptimizer: {name: adam, lr: 0.1}\ntraining: {epochs: 4, batch: 2}"
            let file = try write(data, Self.words, rest)
            let (whole, run) = (data.path("whole"), data.path("run"))
            let first = try DTrainRun.run(1, ["--config", file, "--output", whole])
            try #require(first.exitCode == 0, "\(first)")
            #expect(notes(first).isEmpty, "\(first)")
            let part = try DTrainRun.run(2, ["--config", file, "--output", run, "--steps", "5"])
            try #require(part.exitCode == 0, "\(part)")
            let rested = try DTrainRun.run(
                1, ["--config", "\(run)/config.yaml", "--output", run, "--resume", "auto"])
            try #require(rested.exitCode == 0, "\(rested)")
            #expect(try DTrainRun.results(run).weights == DTrainRun.results(whole).weights)
            for command in ["evaluate", "predict", "diagnose", "landscape"] {
                let line = ["--along", "gradient", "--points", "3", "--output", data.path("landscape")]
                let done = try DTrainRun.run(0, [command, whole] + (command == "landscape" ? line : []))
                #expect(done.exitCode == 0, "\(command): \(done)")
            }
            let predicted = try DTrainRun.run(
                0, ["predict", whole, "--data", "{format: inline, rows: [[0, 1], [1, 0]]}"])
            #expect(
                predicted.exitCode == 0 && predicted.standardOutput.contains("yes")
                    && predicted.standardOutput.contains("no"), "\(predicted)")
            let folder = try DTrainRun.run(0, ["evaluate", whole, "--data", data.folder])
            #expect(folder.exitCode == 78, "\(folder)")
            let strange = try DTrainRun.run(
                0, ["evaluate", whole, "--data", "{format: inline, rows: [[0, 1]], labels: [perhaps]}"])
            #expect(strange.exitCode == 65 && strange.standardError.contains("\"perhaps\""), "\(strange)")
            // Other rows are another run.
            let other = try DTrainRun.run(
                1,
                [
                    "--config", file, "--output", whole, "--resume", whole, "--epochs", "5", "--set",
                    "data.train.rows.0=[0, 2]",
                ])
            #expect(other.exitCode != 0 && other.standardError.contains("data.train.rows"), "\(other)")
            for command in [["runs", data.folder], ["diff", whole, run]] {
                let done = try DTrainRun.run(0, command)
                #expect(
                    done.exitCode == 0
                        && done.standardOutput.split(separator: "\n").allSatisfy { $0.count < 300 },
                    "\(done)")
            }
        }

        @Test func aStudySetsItsData() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try write(data, Self.words, Self.sizes + "\ntraining: {epochs: 1, batch: 1}")
            let file = try data.write(
                "study.yaml",
                text: """
                    base: {config: toy.yaml}
                    set:
                      data.train: {format: inline, rows: [[1], [2]], labels: [[1], [2]]}
                      data.test: {format: inline, rows: [[3]], labels: [[3]]}
                    vary: {optimizer.lr: [0.05, 0.1]}
                    report: {against: epoch, metrics: [train_loss]}
                    output: study
                    """)
            let run = try DTrainRun.run(2, ["study", file, "--output", data.path("study")])
            #expect(run.exitCode == 0 && run.standardOutput.contains("lr-0.05"), "\(run)")
        }

        /// A sample is that of the seed, at any number of ranks, and other commands look at the same one.
        @Test func samples() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try SameBytes.configuration(data, "mlp")
            var all: [DTrainRun.Results] = []
            for ranks in [1, 3] {
                let folder = data.path("run-\(ranks)")
                let run = try DTrainRun.run(
                    ranks,
                    ["--config", file, "--output", folder] + ["--set", "data.train.limit=50"]
                        + ["--set", "evaluation.train=true"])
                try #require(run.exitCode == 0, "\(run)")
                all.append(try DTrainRun.results(folder))
            }
            #expect(all[0] == all[1])
            let evaluated = try DTrainRun.run(0, ["evaluate", data.path("run-1"), "--data", "train"])
            #expect(evaluated.standardOutput.contains("\"count\":50"), "\(evaluated)")
            let predicted = try DTrainRun.run(0, ["predict", data.path("run-1"), "--data", "train"])
            #expect(predicted.standardOutput.split(separator: "\n").count == 51, "\(predicted)")
            let more = try DTrainRun.run(
                0, ["--config", file, "--output", data.path("more"), "--set", "data.train.limit=5000"])
            #expect(
                more.exitCode == 0 && notes(more).contains { $0.contains("data.train.limit is 5000") },
                "\(more)")
            // Another sample is another run.
            let other = try DTrainRun.run(
                0,
                [
                    "--config", file, "--output", data.path("run-1"), "--resume", data.path("run-1"),
                    "--epochs", "9", "--set", "data.train.limit=51",
                ])
            #expect(other.exitCode != 0 && other.standardError.contains("data.train.limit"), "\(other)")
        }

        /// Draws with replacement go on in the middle of an epoch, at another number of ranks.
        @Test func replacementGoesOn() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try SameBytes.configuration(data, "mlp")
            let settings = ["--config", file, "--set", "data.shuffle=replacement", "--output"]
            let (whole, parts) = (data.path("whole"), data.path("parts"))
            let first = try DTrainRun.run(2, settings + [whole])
            try #require(first.exitCode == 0, "\(first)")
            for (ranks, steps) in [(3, ["--steps", "3"]), (1, [])] {
                let run = try DTrainRun.run(ranks, settings + [parts, "--resume", "auto"] + steps)
                try #require(run.exitCode == 0, "\(run)")
            }
            #expect(try DTrainRun.results(parts).weights == DTrainRun.results(whole).weights)
            let usual = try DTrainRun.run(1, ["--config", file, "--output", data.path("usual")])
            try #require(usual.exitCode == 0, "\(usual)")
            #expect(try DTrainRun.results(data.path("usual")).weights != DTrainRun.results(whole).weights)
        }

        @Test func repetitionsAreNoted() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try write(
                data,
                "  train: {format: inline, rows: [[1], [2], [1], [1], [3], [4]], labels: [[1], [2], [1], [0], [3], [4]]}",
                Self.sizes + "\ntraining: {epochs: 1, batch: 2}")
            for ranks in [1, 2] {
                let run = try DTrainRun.run(ranks, ["--config", file, "--output", data.path("run-\(ranks)")])
                try #require(run.exitCode == 0, "\(run)")
                #expect(
                    notes(run) == [
                        "dtrain: note: 1 of 6 training examples (16.7 %) repeats another one, the inline data; 1 more has the features of another one with another label"
                    ], "\(run)")
            }
        }

        @Test(arguments: [
            ("0, 0, 1, 1", "none", 2, true), ("1, 1, 0, 0", "none", 2, true),
            ("0, 0, 1, 1", "epoch", 2, false),
            ("0, 1, 0, 1", "none", 2, false), ("0, 0, 1, 1", "none", 4, false),
            ("0, 1, 2, 3", "none", 2, false),
        ]) func sortedLabelsAreNoted(_ labels: String, _ shuffle: String, _ batch: Int, _ isNoted: Bool)
            throws
        {
            let data = try TestData()
            defer { data.remove() }
            let file = try write(
                data,
                "  train: {format: inline, rows: [[1], [2], [3], [4]], labels: [\(labels)]}\n  shuffle: \(shuffle)",
                "model: [{linear: \(labels.contains("3") ? 4 : 2)}]\ntraining: {epochs: 1, batch: \(batch)}")
            let run = try DTrainRun.run(0, ["--config", file, "--output", data.path("run")])
            try #require(run.exitCode == 0, "\(run)")
            #expect(
                notes(run).count { $0.contains("sorted by their 2 classes") } == (isNoted ? 1 : 0), "\(run)")
        }
    }
}

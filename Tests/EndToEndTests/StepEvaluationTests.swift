import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Evaluations within epochs: they tell more and change nothing, unless they are what is watched.
    @Suite struct StepEvaluations {
        /// 103 training examples, so that an epoch has 7 steps, with statistics and random masks that an evaluation
        /// might touch.
        private static func configuration(_ data: TestData) throws -> String {
            try data.write(
                "rows.yaml",
                text: """
                    data:
                      train: {format: npy, features: images.npy, labels: labels.npy}
                      test: {format: npy, features: images.npy, labels: labels.npy}
                      validation: {fraction: 0.25}
                    model: [flatten, {linear: 32}, batch_norm, tanh, {dropout: 0.2}, {linear: 4}]
                    optimizer: {name: adam, lr: 0.05}
                    training: {epochs: 3, batch: 16, seed: 3}
                    evaluation: {every_steps: 3}
                    logging: {every_steps: 1}
                    """)
        }

        private static func lines(_ folder: String, _ event: String) throws -> [[String: Double]] {
            try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
                .compactMap { line in
                    let object =
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                    guard object["event"] as? String == event else { return nil }
                    return object.compactMapValues { ($0 as? NSNumber)?.doubleValue }
                }
        }

        private static func run(
            _ ranks: Int, _ data: TestData, _ name: String, _ set: [String] = [], _ options: [String] = [],
            environment: [String: String] = [:]
        ) throws -> ProcessResult {
            try DTrainRun.run(
                ranks,
                ["--config", try configuration(data), "--output", data.path(name)] + options
                    + set.flatMap { ["--set", $0] }, environment: environment)
        }

        /// Weights are those without them, lines the same at any number of ranks, and no step is evaluated twice.
        @Test func changesNothing() throws {
            let data = try TestData()
            defer { data.remove() }
            var runs: [DTrainRun.Results] = []
            for ranks in [1, 2, 3] {
                let run = try Self.run(ranks, data, "run-\(ranks)", ["logging.csv=true"])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("step 3, in epoch 1/3  train loss "), "\(run)")
                runs.append(try DTrainRun.results(data.path("run-\(ranks)")))
            }
            #expect(runs[0] == runs[1] && runs[0] == runs[2])
            for every in ["0", "7"] {
                let plain = try Self.run(
                    1, data, "plain", ["evaluation.every_steps=\(every)"], ["--overwrite"])
                try #require(plain.exitCode == 0, "\(plain)")
                #expect(try DTrainRun.results(data.path("plain")).weights == runs[0].weights)
                #expect(try Self.lines(data.path("plain"), "evaluation").isEmpty)
                #expect(try Self.lines(data.path("plain"), "epoch").count == 3)
            }
            let folder = data.path("run-3")
            let found = try Self.lines(folder, "evaluation")
            #expect(found.map { $0["step"] } == [3, 6, 9, 12, 15, 18])
            #expect(found.map { $0["epoch"] } == [1, 1, 2, 2, 3, 3])
            #expect(found.allSatisfy { $0["test_accuracy"] != nil && $0["validation_loss"] != nil })
            #expect(Set(found.map { $0["test_loss"] }).count == found.count)
            // The mean of the epoch's steps so far, whose mini-batches are equally large here.
            let losses = try Self.lines(folder, "step").compactMap { $0["loss"] }
            let mean = losses[7..<9].reduce(0, +) / 2
            #expect(abs((found[2]["train_loss"] ?? 0) - mean) < 1e-6)
            let table = try String(contentsOfFile: data.path("run-3/evaluations.csv"), encoding: .utf8)
            #expect(table.split(separator: "\n").count == 7 && table.hasPrefix("step,epoch,train_loss,"))
            let report = try DTrainRun.run(0, ["report", folder, "--output", data.path("page.html")])
            #expect(report.exitCode == 0, "\(report)")
            let list = try DTrainRun.run(0, ["runs", data.path("")])
            #expect(list.exitCode == 0 && list.standardOutput.contains("finished"), "\(list)")
        }

        /// A run that is stopped or killed between evaluations, at one, or at another number of ranks, goes on to the
        /// same lines.
        @Test(arguments: [
            [], ["training.watch={metric: validation_loss, by: step}", "checkpoint.best=true"],
        ])
        func goesOn(_ watch: [String]) throws {
            let data = try TestData()
            defer { data.remove() }
            let whole = try Self.run(2, data, "whole", watch)
            try #require(whole.exitCode == 0, "\(whole)")
            let results = try DTrainRun.results(data.path("whole"))
            for (place, steps) in ["4", "6", "9"].enumerated() {
                let stopped = try Self.run(3, data, "stopped\(place)", watch, ["--steps", steps])
                try #require(stopped.exitCode == 0, "\(stopped)")
                let resumed = try Self.run(1, data, "stopped\(place)", watch, ["--resume", "auto"])
                try #require(resumed.exitCode == 0, "\(resumed)")
                #expect(resumed.standardOutput.contains("resuming at step \(steps)"), "\(resumed)")
                #expect(try DTrainRun.results(data.path("stopped\(place)")) == results)
            }
            let saving = watch + ["checkpoint.every_steps=4"]
            let killed = try Self.run(
                2, data, "killed", saving, environment: ["DTRAIN_FAULT": "step:0:12:kill"])
            #expect(killed.exitCode != 0, "\(killed)")
            let resumed = try Self.run(3, data, "killed", saving, ["--resume", "auto"])
            try #require(resumed.exitCode == 0, "\(resumed)")
            #expect(resumed.standardOutput.contains("resuming at step "), "\(resumed)")
            #expect(try DTrainRun.results(data.path("killed")) == results)
        }

        /// Where evaluations are watched, patience counts them, and the weights of the best step come back.
        @Test func stopsWithinAnEpoch() throws {
            let data = try TestData()
            defer { data.remove() }
            let set = [
                "optimizer={name: sgd, lr: 1.5}", "training.epochs=12", "evaluation.every_steps=2",
                "training.watch={metric: validation_accuracy, by: step}",
                "training.early_stopping={patience: 3}",
            ]
            var runs: [DTrainRun.Results] = []
            for ranks in [1, 3] {
                let run = try Self.run(ranks, data, "run-\(ranks)", set)
                try #require(run.exitCode == 0, "\(run)")
                #expect(
                    run.standardOutput.contains("early stop: validation_accuracy was best at step "), "\(run)"
                )
                #expect(run.standardOutput.contains(", 3 evaluations ago"), "\(run)")
                runs.append(try DTrainRun.results(data.path("run-\(ranks)")))
            }
            #expect(runs[0] == runs[1])
            let folder = data.path("run-3")
            let looks =
                try (Self.lines(folder, "evaluation") + Self.lines(folder, "epoch")).sorted {
                    ($0["step"] ?? 0) < ($1["step"] ?? 0)
                }
            let end = try #require(try Self.lines(folder, "end").first)
            let accuracies = looks.compactMap { $0["validation_accuracy"] }
            let place = try #require(accuracies.firstIndex(of: accuracies.max() ?? 0))
            #expect(accuracies.count == looks.count && place == looks.count - 4)
            let best = looks[place]
            let step = Int(best["step"] ?? 0)
            #expect(end["best_step"] == best["step"] && end["best_epoch"] == best["epoch"])
            #expect(end["best_value"] == best["validation_accuracy"])
            #expect(end["restored_step"] == best["step"] && end["steps"] == looks.last?["step"])
            #expect(end["validation_loss"] == best["validation_loss"])
            // The weights are those of a run that ends there.
            let shorter = try Self.run(1, data, "shorter", set, ["--steps", "\(step)"])
            try #require(shorter.exitCode == 0, "\(shorter)")
            #expect(try DTrainRun.results(data.path("shorter")).weights == runs[0].weights)
            let again = try Self.run(2, data, "run-3", set, ["--resume", "auto"])
            #expect(again.standardOutput.contains("the run is finished already"), "\(again)")
        }

        /// Evaluation would apply the delayed update at once.
        @Test func notBesideDelayedUpdates() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.run(0, data, "run", ["training.delayed=true"])
            #expect(run.exitCode == 78, "\(run)")
            #expect(
                run.standardError.contains("evaluation.every_steps")
                    && run.standardError.contains("training.delayed: true"), "\(run)")
        }

        /// A run that diverges says so in its metrics, also after an epoch, and in lists and reports.
        @Test func divergedRunsAreNamed() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.run(
                2, data, "run",
                [
                    "optimizer={name: sgd, lr: 0.05}",
                    "schedule={name: multi_step, milestones: [1], gamma: 1e38}",
                    "training.max_skipped_steps=2", "loss=mse",
                ])
            #expect(run.exitCode == 79, "\(run)")
            let found = try Self.lines(data.path("run"), "diverged")
            #expect(found.count == 1 && found[0]["epoch"] == 2 && found[0]["step"] ?? 0 > 7)
            let last = try String(contentsOfFile: data.path("run/metrics.jsonl"), encoding: .utf8)
                .split(separator: "\n").last
            #expect(last?.contains("\"reason\":\"the gradient was not finite 2 steps in a row\"") == true)
            let list = try DTrainRun.run(0, ["runs", data.path("")])
            #expect(list.standardOutput.contains("diverged at step \(Int(found[0]["step"] ?? 0))"), "\(list)")
            let report = try DTrainRun.run(
                0, ["report", data.path("run"), "--output", data.path("page.html")])
            #expect(report.exitCode == 0, "\(report)")
            let page = try String(contentsOfFile: data.path("page.html"), encoding: .utf8)
            #expect(page.contains("The run diverged at step"))
        }
    }
}

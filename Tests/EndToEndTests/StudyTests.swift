import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Sweeps through the command line: the table, the file, what diverges, and what goes on.
    @Suite struct Studies {
        /// Rows of four classes, and a sweep over rates of which one is hopeless.
        private static func study(_ data: TestData) throws -> String {
            try data.write(
                "rows.yaml",
                text: """
                    data: {train: {format: npy, features: rows.npy, labels: labels.npy}, test: {format: npy, features: rows.npy, labels: labels.npy}}
                    model: [{linear: 16}, relu, {linear: 4}]
                    optimizer: {name: sgd, lr: 0.01}
                    training: {epochs: 3, batch: 32}
                    """)
            return try data.write(
                "rates.yaml",
                text: """
                    title: Rates, and one that is hopeless
                    base: {config: rows.yaml}
                    set: {training.epochs: 2, training.max_skipped_steps: 2}
                    vary: {optimizer.lr: [0.05, 0.1]}
                    runs:
                      hopeless: {optimizer: {name: sgd, lr: 1.0e+30}}
                      adam: {optimizer: {name: adam}}
                    report: {against: epoch, metrics: [train_loss, test_accuracy]}
                    output: rates
                    """)
        }

        private static func csv(_ folder: String) throws -> [String] {
            try String(contentsOfFile: "\(folder)/study.csv", encoding: .utf8).split(separator: "\n").map(
                String.init)
        }

        @Test func tableAndFile() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try Self.study(data)
            var files: Set<[String]> = []
            for ranks in [1, 3] {
                let output = data.path("rates-\(ranks)")
                let run = try DTrainRun.run(ranks, ["study", file, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("Rates, and one that is hopeless"))
                #expect(run.standardOutput.contains("hopeless: the gradient was not finite"), "\(run)")
                let header = run.standardOutput.split(separator: "\n").first {
                    $0.hasPrefix("train_loss at epoch")
                }
                #expect(
                    header?.split(separator: " ").suffix(4) == ["lr-0.05", "lr-0.1", "hopeless", "adam"])
                files.insert(try Self.csv(output))
            }
            // The same numbers at any number of ranks; a run without numbers has a line, too.
            let lines = try #require(files.first)
            #expect(files.count == 1)
            let starts: [String] = lines.map { line in
                line.split(separator: ",", omittingEmptySubsequences: false).prefix(3).joined(separator: ",")
            }
            let expected = [
                "run,optimizer.lr,epoch", "lr-0.05,0.05,1", "lr-0.05,0.05,2", "lr-0.1,0.1,1", "lr-0.1,0.1,2",
                "hopeless,,", "adam,,1", "adam,,2",
            ]
            #expect(starts == expected)
            // What the file says is what the run itself wrote.
            let metrics = try DTrainRun.results(data.path("rates-1/adam")).metrics
            let loss = try #require(
                metrics.last { $0.contains("event=epoch") }?.split(separator: " ").first {
                    $0.hasPrefix("train_loss=")
                })
            let reported = try #require(
                lines.last.flatMap {
                    Double($0.split(separator: ",", omittingEmptySubsequences: false)[3])
                })
            #expect(Double(loss.dropFirst("train_loss=".count)).map { abs($0 - reported) < 1e-12 } == true)
        }

        @Test func weightsAreDiagnosed() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try Self.study(data)
            // Without a first value that tells units apart the layers' products make a saddle.
            let file = try data.write(
                "points.yaml",
                text: """
                    base: {config: rows.yaml}
                    set: {training.epochs: 1}
                    runs:
                      trained: {}
                      zeros:
                        optimizer: {name: sgd, lr: 0}
                        model: [{linear: 16}, tanh, {linear: 4}]
                        init: {default: {weight: zeros, bias: zeros}}
                        training.batch: full
                    report: {against: run, metrics: [verdict, diagnosed_loss, lambda_min], diagnose: 20}
                    """)
            var files: Set<[String]> = []
            for ranks in [1, 3] {
                let output = data.path("points-\(ranks)")
                let run = try DTrainRun.run(ranks, ["study", file, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                files.insert(try Self.csv(output))
            }
            #expect(files.count == 1, "the same at any number of ranks")
            let rows = try #require(files.first)
            let lines: [[String]] = rows.map { $0.split(separator: ",").map(String.init) }
            #expect(lines[0] == ["run", "verdict", "diagnosed_loss", "lambda_min"])
            #expect(lines[1].prefix(2) == ["trained", "not_critical"])
            // The last layer's bias alone has a gradient, as classes are not equally many in the sample.
            #expect(lines[2][0] == "zeros" && Double(lines[2][2]).map { abs($0 - log(4)) < 1e-6 } == true)
            #expect(Double(lines[2][3]).map { $0 < -0.01 } == true)
        }

        @Test func picturesAndTimes() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try Self.study(data)
            let file = try data.write(
                "pictures.yaml",
                text: """
                    base: {config: rows.yaml}
                    set: {training.epochs: 9, evaluation.train: true, logging: {every_steps: 1, parameters: 2}}
                    vary: {training.seed: [0, 1]}
                    runs: {hopeless: {optimizer: {name: sgd, lr: 1.0e+30}, training.max_skipped_steps: 2}}
                    quick: {training.epochs: 3, vary: {training.seed: [0]}}
                    report:
                      metrics: [outcome, generalization_gap, test_loss, train_eval_loss, parameters, reach_epoch, step_seconds]
                      reach: {metric: test_accuracy, value: 0.0}
                    pictures:
                      loss: {curves: [test_loss, train_eval_loss], against: epoch}
                      points: {scatter: [parameters, test_loss]}
                      path: {landscape: seed-0, path: [seed-0], points: 3, examples: 8}
                    """)
            var found: [[String: Data]] = []
            for ranks in [1, 3] {
                let output = data.path("pictures-\(ranks)")
                let run = try DTrainRun.run(ranks, ["study", file, "--quick", "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                #expect(run.standardOutput.contains("\(output)/path/landscape.svg"), "\(run)")
                let files = [
                    "study.csv", "study.svg", "loss.svg", "points.svg", "path/landscape.svg",
                    "path/landscape.csv",
                ]
                var bytes: [String: Data] = [:]
                for name in files { bytes[name] = try Data(contentsOf: URL(filePath: "\(output)/\(name)")) }
                found.append(bytes)
                let times = try String(contentsOfFile: "\(output)/times.csv", encoding: .utf8)
                let cells = times.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
                #expect(cells[0] == ["run", "step_seconds"] && cells[1][0] == "seed-0", "\(times)")
                #expect(Double(cells[1][1]).map { $0 > 0 && $0 < 100 } == true, "\(times)")
            }
            #expect(found[0] == found[1], "the same at any number of ranks")
            let rows = try Self.csv(data.path("pictures-1")).map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            #expect(
                rows[0].prefix(3) == ["run", "training.seed", "outcome"] && rows[0].last == "reach_epoch")
            #expect(rows.count == 3 && rows[2] == ["hopeless", "", "diverged", "", "", "", "", ""])
            #expect(rows[1][1...2] == ["0", "finished"] && rows[1].last == "1")
            let numbers = rows[1][3...5].compactMap { Double($0) }
            #expect(numbers.count == 3 && numbers[0] == numbers[1] - numbers[2], "\(rows[1])")
            // The table's picture has its words and numbers, and no times.
            let table = String(decoding: found[0]["study.svg"] ?? Data(), as: UTF8.self)
            for text in ["hopeless", "diverged", "seed-0", "generalization_gap", "reach_epoch"] {
                #expect(table.contains(">\(text)</text>"), "\(text)")
            }
            #expect(!table.contains("step_seconds"))
            let picture = String(decoding: found[0]["loss.svg"] ?? Data(), as: UTF8.self)
            #expect(picture.contains("seed-0 test_loss") && picture.contains("class=\"curve dashed c0\""))
            #expect(!String(decoding: found[0]["points.svg"] ?? Data(), as: UTF8.self).contains("<polyline"))
        }

        /// Values of any form have names and columns; numbers of classes have a column each.
        @Test func listsAndClasses() throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try Self.study(data)
            let file = try data.write(
                "classes.yaml",
                text: """
                    base: {config: rows.yaml}
                    set: {training.epochs: 1, evaluation.metrics: [accuracy, recall]}
                    vary: {model: [[{linear: 8}, relu, {linear: 4}], [{linear: 4}]]}
                    report: {metrics: [test_recall_per_class, test_recall, test_recall_per_class.2]}
                    """)
            let output = data.path("classes")
            for _ in 0..<2 {
                // Made before, its numbers are those of the files.
                let run = try DTrainRun.run(2, ["study", file, "--output", output])
                try #require(run.exitCode == 0, "\(run)")
                let lines = try Self.csv(output)
                #expect(
                    lines[0]
                        == "run,model,test_recall_per_class.0,test_recall_per_class.1,test_recall_per_class.2,"
                        + "test_recall_per_class.3,test_recall,test_recall_per_class.2")
                #expect(
                    lines[1].hasPrefix("model-linear-8-relu-linear-4,\"[{linear: 8}, relu, {linear: 4}]\","))
                #expect(lines[2].hasPrefix("model-linear-4,[{linear: 4}],"), "\(lines)")
                let numbers = lines[2].split(separator: ",").dropFirst(2).compactMap { Double($0) }
                try #require(numbers.count == 6, "\(lines)")
                #expect(abs(numbers[0..<4].reduce(0, +) / 4 - numbers[4]) < 1e-9 && numbers[5] == numbers[2])
            }
        }

        @Test func goesOnWhereItWasStopped() throws {
            let data = try TestData()
            defer { data.remove() }
            let file = try Self.study(data)
            let output = data.path("rates")
            // One of the runs stands there finished, and one is under way.
            for (name, epochs) in [("lr-0.05", "2"), ("lr-0.1", "1")] {
                let part = try DTrainRun.run(
                    2,
                    [
                        "--config", data.path("rows.yaml"), "--epochs", "2", "--set",
                        "optimizer.lr=\(name.dropFirst(3))", "--set", "training.max_skipped_steps=2",
                        "--output", "\(output)/\(name)", "--steps", epochs == "2" ? "10" : "5",
                    ])
                try #require(part.exitCode == 0, "\(part)")
            }
            let run = try DTrainRun.run(2, ["study", file, "--output", output])
            try #require(run.exitCode == 0, "\(run)")
            #expect(run.standardOutput.contains("lr-0.1: resumed at step 5, "), "\(run)")
            let fresh = try DTrainRun.run(1, ["study", file, "--output", data.path("fresh")])
            #expect(try fresh.exitCode == 0 && Self.csv(output) == Self.csv(data.path("fresh")), "\(run)")
            // Made anew, other numbers take the place of the old.
            let again = try DTrainRun.run(
                2, ["study", file, "--output", output, "--overwrite", "--set", "training.seed=9"])
            #expect(try again.exitCode == 0 && Self.csv(output) != Self.csv(data.path("fresh")), "\(again)")
        }

        @Test func listsAndPrintsAndRefuses() throws {
            let list = try DTrainRun.run(3, ["study"])
            let names = list.standardOutput.split(separator: "\n").map { $0.prefix { $0 != " " } }
            #expect(list.exitCode == 0 && Set(names).count == names.count)
            #expect(Set(["optimizers", "critical-points"]).isSubset(of: names.map(String.init)))
            let printed = try DTrainRun.run(2, ["study", "warmup", "--print"])
            #expect(printed.exitCode == 0)
            #expect(printed.standardOutput.components(separatedBy: "base: {recipe:").count == 2)
            let unknown = try DTrainRun.run(2, ["study", "optimisers"])
            #expect(unknown.exitCode == 78 && unknown.standardError.contains("\"optimizers\""), "\(unknown)")
            let data = try TestData()
            defer { data.remove() }
            let wrong = try data.write("wrong.yaml", text: "base: {recipe: fashion-mlp}\nvari: {a: [1]}\n")
            let refused = try DTrainRun.run(2, ["study", wrong])
            #expect(refused.exitCode == 78 && refused.standardError.contains("\"vary\""), "\(refused)")
            #expect(refused.standardError.contains("wrong.yaml:2:"), "\(refused)")
        }
    }
}
